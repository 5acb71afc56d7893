from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.choices import Choices, is_consent_string, is_id
from firsthand.rules.consent import gate
from firsthand.rules.cookies import split
from firsthand.rules.standins import StandIns
from tests.factories import make_hit
from tests.rules.consent.sources.examples import Examples, all_examples, policy_of
from tests.rules.consent.writer import header, tc

AT = 1_795_514_400_000
CHOICES = Choices(StandIns(b"a key that no file holds, of 32 b"), AT)
UUID = "5b2f8e14-7c3d-4a90-b6e1-0f9d2c8a7e35"


@pytest.mark.parametrize(("key", "each"), all_examples().items(), ids=list(all_examples()))
def test_every_platform_is_read_as_before(key: str, each: Examples) -> None:
    policy = policy_of(key, each.groups)
    for told in (each.granted, each.denied, each.analytics):
        cookies = split(told)
        made = {name: tuple(map(CHOICES.cookie, texts)) for name, texts in cookies.items()}
        before, after = (gate.verdict(make_hit(cookies=each), policy) for each in (cookies, made))
        assert (before.analytics, before.marketing) == (after.analytics, after.marketing)
        assert (before.explicit, before.problems) == (after.explicit, after.problems)


# Forms as the platforms write them; each with an id, an address or a time of the visitor in it.
@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (f"consentId={UUID}&groups=C0001%3A1%2CC0002%3A0&isGpcEnabled=0", UUID),
        (quote(f"consentId={UUID}&landingPath=https://shop.example.com/?fbclid=IwAR0abc"), "IwAR0"),
        ("{stamp:'kJh8fG3dsAqWzXcVbNmPlK==',necessary:true,utc:1793613612345}", "kJh8fG3dsAqW"),
        ("{stamp:'kJh8fG3dsAqWzXcVbNmPlK==',necessary:true,utc:1793613612345}", "1793613612345"),
        ("consentid:bVpEcVhRS3BGc0dqS2k5,consent:yes,necessary:yes", "bVpEcVhRS3BGc0dqS2k5"),
        (f'{{"user_id":"{UUID}","created":"2026-11-02T10:17:31.500Z"}}', "10:17:31"),
        ('{"who":"jane.doe@mail.example","ok":true}', "jane.doe"),
        ("2026-11-02T10:17:31.500Z", "17:31"),
        ("member-4711223344", "4711223344"),
    ],
)
def test_who_answered_is_gone(text: str, gone: str) -> None:
    made = CHOICES.cookie(text)
    assert gone not in made
    assert gone not in CHOICES.cookie(quote(text))


@given(
    st.uuids(),
    st.sampled_from(["{}", "id={}&a=1", '{{"a":{{"id":"{}"}}}}', "%7B%22i%22%3A%22{}%22%7D"]),
)
def test_no_uuid_survives(uuid: object, form: str) -> None:
    made = CHOICES.cookie(form.format(uuid))
    assert str(uuid) not in made
    assert not [piece for piece in str(uuid).split("-") if len(piece) > 4 and piece in made]


def test_words_numbers_and_consent_strings_stay() -> None:
    for text in ("C0001:1,C0002:0", "1.a1m1.1795399200.fh", tc(), f"{header(2)}~{tc()}", "1YNN"):
        assert CHOICES.cookie(text) == text


def test_consent_strings_are_told_from_ids() -> None:
    assert is_consent_string(tc())
    assert is_consent_string("1~7.12.35")
    assert not is_consent_string(UUID)
    assert [is_id(each) for each in ("interactionCount", "C0004", "x9k2m4p7", "123456789")] == [
        False,
        False,
        True,
        True,
    ]
