import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.consent_mode import SOURCE
from firsthand.rules.consent.statement import Fault, Say, Statement

GRANTED, UNKNOWN, DENIED = Say.GRANTED, Say.UNKNOWN, Say.DENIED


def read(gcs: str = "", gcd: str = "") -> Statement | None:
    return SOURCE.read({"gcs": (gcs,), "gcd": (gcd,)}, Policy())


def says(gcs: str = "", gcd: str = "") -> tuple[Say, Say] | None:
    said = read(gcs, gcd)
    return (said.analytics, said.marketing) if said and not said.error else None


# The community's decoding (S. Ahava and M. Baersch, read 2026-11-20), and recorded beacons.
@pytest.mark.parametrize(
    ("gcs", "gcd", "expected"),
    [
        ("G111", "", (GRANTED, GRANTED)),
        ("G100", "", (DENIED, DENIED)),
        ("G101", "", (GRANTED, DENIED)),
        ("G110", "", (DENIED, GRANTED)),
        ("G1--", "", (UNKNOWN, UNKNOWN)),
        ("G1-1", "", (GRANTED, UNKNOWN)),
        ("", "13l3l3l3l1l1", (UNKNOWN, UNKNOWN)),
        ("", "13l3l3l3l1", (UNKNOWN, UNKNOWN)),
        ("", "11l1l1l1l1", (UNKNOWN, UNKNOWN)),
        ("", "13l3lPl2l1", (UNKNOWN, UNKNOWN)),
        ("", "13p3p3p3p5l1", (DENIED, DENIED)),
        ("", "13r3r3r3r5l1", (GRANTED, GRANTED)),
        ("", "13u3t3u3u5l1", (GRANTED, DENIED)),
        ("", "13t3t3u3t5l1", (GRANTED, DENIED)),
        ("", "13t3u3t3t5l1", (DENIED, GRANTED)),
        ("", "13r3r3r2u5l1", (GRANTED, GRANTED)),
        ("", "13l3l3R3l5l1", (UNKNOWN, UNKNOWN)),
        ("", "11P1T1p1t5", (UNKNOWN, DENIED)),
        ("G111", "13p3p3p3p5l1", (DENIED, DENIED)),
        ("G100", "13r3r3r3r5l1", (DENIED, DENIED)),
        ("G111", "13l3l3l3l1l1", (GRANTED, GRANTED)),
    ],
)
def test_both_parameters(gcs: str, gcd: str, expected: tuple[Say, Say]) -> None:
    assert says(gcs, gcd) == expected


@pytest.mark.parametrize(
    ("letters", "expected"), [("l", UNKNOWN), ("nrtv", GRANTED), ("mpqu", DENIED)]
)
def test_every_letter_at_every_place(letters: str, expected: Say) -> None:
    for letter in letters:
        assert says(gcd=f"13{letter}3t3t3t5l1") == (GRANTED, expected)
        assert says(gcd=f"13t3{letter}3t3t5l1") == (expected, GRANTED)
        assert says(gcd=f"13t3t3{letter}3t5l1") == (GRANTED, expected)
        assert says(gcd=f"13t3t3t3{letter}5l1") == (GRANTED, GRANTED)
        capital = DENIED if expected is DENIED else UNKNOWN
        assert says(gcd=f"13t3{letter.upper()}3t3t5l1") == (capital, GRANTED)


@pytest.mark.parametrize(
    ("gcs", "gcd"),
    [
        ("G1", ""),
        ("G112", ""),
        ("g111", ""),
        ("G1111", ""),
        ("G211", ""),
        ("G111", "x"),
        ("G1x1", "13r3r3r3r5l1"),
        ("", "13r3r3r3"),
        ("", "13r3r3r3z5l1"),
        ("", "11111"),
        ("", "13r3r3r3r5l1" + "x" * 40),
        ("", "13r3r3r3r5l1\n"),
        ("", "１３r3r3r3r5l1"),  # noqa: RUF001 - digits of another script
    ],
)
def test_what_is_of_neither_form_is_an_error(gcs: str, gcd: str) -> None:
    said = read(gcs, gcd)
    assert said == Statement("consent_mode", error=Fault.MALFORMED)


def test_nothing_sent_says_nothing() -> None:
    assert read() is None


@given(st.text(max_size=24), st.text(max_size=24))
def test_no_text_raises(gcs: str, gcd: str) -> None:
    read(gcs, gcd)
