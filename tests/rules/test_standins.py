import re
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from firsthand.convert import birth_date, email, gender_initial, phone_plus, public_ip, sha256_hex
from firsthand.rules.addresses import is_personal
from firsthand.rules.standins import StandIns, coarse

KEY = b"a key that no file holds, of 32 b"
AT = 1_795_514_400_000  # 2026-11-24T10:00:00Z
DRAWN = StandIns(KEY)
FBC = r"fb\.[0-2]\.1[0-9]{12}\.[A-Za-z0-9_-]{6,500}"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def has(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def usable(convert: Callable[[str], str | None]) -> Callable[[str], bool]:
    return lambda text: convert(text) is not None


@given(st.text(alphabet=st.characters(categories=["Ll", "Lu", "Nd"]), min_size=6, max_size=80))
def test_nothing_of_a_token_is_left_and_it_is_always_the_same(token: str) -> None:
    made = DRAWN.text(token)
    assert made == DRAWN.text(token)
    assert not {token[at : at + 6] for at in range(len(token) - 5)} & {
        made[at : at + 6] for at in range(len(made) - 5)
    }


def test_another_key_draws_others() -> None:
    assert DRAWN.text("jane.doe") != StandIns(b"another key of some thirty bytes!").text("jane.doe")


def test_the_form_of_a_hash_does_not_tell_where_its_letters_stand() -> None:
    hashes = [f"{number:064x}"[::-1].replace("0", "a", 3) for number in range(10**60, 10**60 + 40)]
    forms = {re.sub("[0-9]", "0", re.sub("[a-f]", "a", DRAWN.text(each))) for each in hashes}
    assert len(forms) == len(hashes)
    assert all(sha256_hex(DRAWN.text(each)) for each in hashes)


# What looks like contact data still does, for the rules that look for it; the rest does not.
def test_contact_data_stays_recognisable() -> None:
    kinds = {
        "jane.doe@shop.example": email,
        "+49 151 23456789": phone_plus,
        "19840229": birth_date,
        "f": gender_initial,
    }
    for text, convert in kinds.items():
        made = DRAWN.text(text, usable(convert))
        assert convert(made) is not None
        assert is_personal(made) == is_personal(text)
    card = DRAWN.text("4111 1111 1111 1111")
    assert is_personal(card)
    assert "1111" not in card
    assert not is_personal(DRAWN.text("blue shirt, size 40"))


def test_an_id_keeps_its_vendors_form_and_the_day_of_its_time() -> None:
    value = "fb.1.1795499999123.IwY2xjawTeSt_id-77"
    made = DRAWN.id(value, has(FBC), at=AT)
    assert re.fullmatch(FBC, made)
    assert made.startswith("fb.1.1795478400000.")
    assert "_id-" not in made
    assert "-77" not in made
    assert "TeSt" not in made
    assert "jawT" not in made
    uuid = "5b2f8e14-7c3d-4a90-b6e1-0f9d2c8a7e35"
    assert re.fullmatch(UUID, DRAWN.id(uuid, has(UUID), at=AT))
    assert uuid[:8] not in DRAWN.id(uuid, has(UUID), at=AT)


def test_an_id_within_a_cookie_is_the_one_in_the_address() -> None:
    click = "IwY2xjawTeSt_id-77"
    inner = DRAWN.id(click, has(r"[\w-]{6,}"), at=AT)
    assert DRAWN.id(f"fb.1.1795400333444.{click}", has(FBC), at=AT).endswith(f".{inner}")


def test_addresses_are_those_for_documentation() -> None:
    assert DRAWN.address("81.2.69.142").startswith("203.0.113.")
    assert DRAWN.address("2001:67c:2e8::1").startswith("2001:db8::")
    assert public_ip(DRAWN.address("81.2.69.142"))
    assert DRAWN.address("10.1.2.3") == "127.0.0.1"
    assert DRAWN.address("no address") == ""


def test_times() -> None:
    cases = {
        "1795514399123": "1795514340000",
        "1795514399": "1795514340",
        "1790000000000": "",
        "81726354463728190": "",
        "17955143991": "",
        "x": "",
    }
    assert {text: coarse(text, at=AT) for text in cases} == cases
    assert coarse("1790000000000", at=AT, far=True) == "1789948800000"
    assert coarse("1234567890", at=AT, far=True) == ""
    assert all(one != two for one, two in pairwise([coarse("1795514399", at=AT), ""]))
