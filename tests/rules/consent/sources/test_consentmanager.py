from dataclasses import replace

import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
    NEITHER,
    NOTHING,
    OVERSIZED,
    Examples,
    answer,
    ask,
    is_broken,
    says,
)
from tests.rules.consent.test_customids import compressed
from tests.rules.consent.writer import NOV_2

OWN = Groups(analytics=("52",), marketing=("53", "54"))
CHOSEN = "__s94_s65_c6085_s1409_U__"


def cookies(purposes: str, vendors: str = CHOSEN) -> str:
    return f"__cmpcc=1; __cmpcvcx8604={vendors}; __cmpcpcx8604={purposes}"


EXAMPLES = Examples(
    granted=cookies("__51_52_53_54__"),
    denied=cookies("__51__"),
    analytics=cookies("__51_52__"),
    groups=OWN,
)


# consentmanager's help, "Cookies set by the CMP", read 2026-11-24; cookies seen in public code.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (cookies("____"), NEITHER, True),
        (cookies("__51_52_53__"), ANALYTICS, True),
        (cookies("__51_52_53_54__", "__U__"), BOTH, True),
        (cookies("__51_52_53_54__", "__s23_s24__"), BOTH, False),
        (cookies("__51_52_53_54__", "____"), BOTH, False),
        ("__cmpcpcu6055=__52_53_54__", BOTH, False),
        ("__cmpcpc=__52_53_54__; __cmpcvc=__s1_U__", BOTH, True),
        (f"{EXAMPLES.granted}; __cmpcpc=__52__", ANALYTICS, True),
        (f"{EXAMPLES.granted}; __cmpcvcu1=__s1__", BOTH, False),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("consentmanager", header, OWN)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


def test_without_a_map_it_says_nothing() -> None:
    assert says(ask("consentmanager", EXAMPLES.granted)) == NOTHING


@pytest.mark.parametrize(
    "purposes",
    [
        "",
        "_",
        "52_53_54",
        "__52_53_54_",
        "__52_x__",
        "__52 53__",
        "__-52__",
        OVERSIZED,
        "__1234567__",
    ],
)
def test_what_cannot_be_read_is_an_error(purposes: str) -> None:
    assert is_broken(ask("consentmanager", cookies(purposes), OWN))


@pytest.mark.parametrize("vendors", ["", "U", "__s1_u__", "__s1__U", "__x1_U__", OVERSIZED])
def test_broken_vendors_are_an_error(vendors: str) -> None:
    assert is_broken(ask("consentmanager", cookies("__52_53_54__", vendors), OWN))
    many = "; ".join(["__cmpcpc=__52__"] * 17)
    assert is_broken(ask("consentmanager", many, OWN), Fault.COPIES)


def test_vendors_alone_say_nothing() -> None:
    assert answer("consentmanager", f"__cmpcvcx8604={CHOSEN}", OWN) is None


def short(purposes: list[int], *, chosen: bool = True, vendors: tuple[int, ...] = (23,)) -> str:
    ids = [(each, each) for each in purposes]
    return compressed(ids, [(each, each) for each in vendors], [(37910, 37910)], chosen=chosen)


# consentmanager's help, "Compressed Custom IDs Format", read 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (f"__cmpcccu8604={short([51, 52, 53, 54])}", BOTH, True),
        (f"__cmpcccx8604={short([51, 52])}", ANALYTICS, True),
        (f"__cmpcccs8604={short([51])}", NEITHER, True),
        (f"__cmpcccx8604={short([])}", NEITHER, True),
        (f"__cmpcccx8604={short([51, 52, 53, 54], chosen=False)}", BOTH, False),
        (f"__cmpcccx8604={short([52, 53, 54])}; __cmpcccu1={short([52])}", ANALYTICS, True),
        (f"__cmpcccx8604={short([52, 53, 54])}; {EXAMPLES.denied}", NEITHER, True),
    ],
)
def test_the_compressed_form(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("consentmanager", f"__cmpccx=1; {header}", OWN)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)
    assert said.decided_at == NOV_2


@pytest.mark.parametrize("value", ["", "x", "aC", "1", short([52])[:-2], short([52]) + "%20"])
def test_a_broken_compressed_form_is_an_error(value: str) -> None:
    said = ask("consentmanager", f"{EXAMPLES.granted}; __cmpcccx8604={value}", OWN)
    assert is_broken(said)
    later = short([52]).replace("aC", "aE", 1)
    assert is_broken(ask("consentmanager", f"__cmpcccx1={later}", OWN), Fault.VERSION)


@pytest.mark.parametrize(
    ("header", "without"),
    [
        (f"__cmpcccx8604={short([52, 53, 54])}", ("tiktok",)),
        (f"__cmpcccx8604={short([52, 53, 54], vendors=(23, 905))}", ()),
        (cookies("__52_53_54__", "__s23_s905_U__"), ("meta",)),
        (cookies("__52_53_54__", "__s23_s905_c37910_U__"), ()),
        ("__cmpcpcx8604=__52_53_54__", ("meta", "tiktok")),
    ],
)
def test_vendors_one_by_one(header: str, without: tuple[str, ...]) -> None:
    asked = replace(OWN, vendors={"meta": ("s23", "c37910"), "tiktok": ("s905",)})
    assert ask("consentmanager", header, asked).without == without
