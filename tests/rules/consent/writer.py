"""Writes consent strings bit by bit: an encoder of the tests' own, independent of every decoder."""

from collections.abc import Iterable, Sequence
from typing import Any

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NOV_2 = 1_793_577_600_000  # 2026-11-02T00:00:00Z
FIBONACCI = (1, 2, 3, 5, 8, 13, 21, 34, 55)


def pack(bits: str, *, to: int = 6) -> str:
    """Return bits in base64url, padded to a multiple of ``to`` and then to whole characters."""
    bits += "0" * (-len(bits) % to)
    bits += "0" * (-len(bits) % 6)
    return "".join(ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def number(value: int, width: int) -> str:
    return f"{value:0{width}b}"


def field(numbers: Iterable[int], width: int) -> str:
    held = set(numbers)
    return "".join("1" if each in held else "0" for each in range(1, width + 1))


def letters(text: str) -> str:
    return "".join(number(ord(letter) - ord("A"), 6) for letter in text)


def entries(ranges: Sequence[tuple[int, int]]) -> str:
    told = [
        f"1{number(first, 16)}{number(last, 16)}" if last != first else f"0{number(first, 16)}"
        for first, last in ranges
    ]
    return number(len(ranges), 12) + "".join(told)


def vendors(ids: Iterable[int] = (), *, highest: int | None = None) -> str:
    """Return a vendor section as a bit field."""
    held = sorted(ids)
    top = highest if highest is not None else max(held, default=0)
    return f"{number(top, 16)}0{field(held, top)}"


def ranged(*ranges: tuple[int, int], highest: int | None = None) -> str:
    """Return a vendor section as ranges."""
    top = highest if highest is not None else max((last for _, last in ranges), default=0)
    return f"{number(top, 16)}1{entries(ranges)}"


def core(**given: Any) -> str:
    """Return the bits of a core segment: all purposes, Google consented, in every other respect
    like the strings that platforms write.
    """
    told = {
        "version": 2, "created": NOV_2, "updated": NOV_2, "cmp": 300, "cmp_version": 1, "screen": 1,
        "language": "EN", "list": 50, "policy": 5, "specific": 1, "texts": 0, "features": (),
        "purposes": range(1, 12), "interests": (), "treatment": 0, "country": "DE",
        "vendors": vendors([755]), "vendor_interests": vendors(), "restrictions": (),
    } | given  # fmt: skip
    return "".join(
        [
            number(told["version"], 6),
            number(told["created"] // 100, 36),
            number(told["updated"] // 100, 36),
            number(told["cmp"], 12),
            number(told["cmp_version"], 12),
            number(told["screen"], 6),
            letters(told["language"]),
            number(told["list"], 12),
            number(told["policy"], 6),
            number(told["specific"], 1),
            number(told["texts"], 1),
            field(told["features"], 12),
            field(told["purposes"], 24),
            field(told["interests"], 24),
            number(told["treatment"], 1),
            letters(told["country"]),
            told["vendors"],
            told["vendor_interests"],
            number(len(told["restrictions"]), 12),
            *(
                number(purpose, 6) + number(kind, 2) + entries(ranges)
                for purpose, kind, ranges in told["restrictions"]
            ),
        ]
    )


def disclosed(*ids: int) -> str:
    return number(1, 3) + vendors(ids)


def publisher(purposes: Iterable[int] = (), interests: Iterable[int] = (), own: str = "") -> str:
    """Return a publisher segment; ``own`` holds the bits of its own purposes."""
    count = number(len(own), 6)
    return number(3, 3) + field(purposes, 24) + field(interests, 24) + count + own + "0" * len(own)


def tc(*segments: str, **given: Any) -> str:
    """Return a TC string: the core, then ``segments`` (by default Google is disclosed)."""
    return ".".join(pack(bits) for bits in (core(**given), *(segments or (disclosed(755),))))


def fibonacci(value: int) -> str:
    """Return the Fibonacci code of a number below 89."""
    bits = ""
    for each in reversed([each for each in FIBONACCI if each <= value]):
        bits = ("1" if each <= value else "0") + bits
        value -= each if each <= value else 0
    return f"{bits}1"


def header(*sections: int, to: int = 6) -> str:
    """Return a GPP header that lists sections one by one."""
    steps = [here - before for before, here in zip((0, *sections), sections, strict=False)]
    told = "".join(f"0{fibonacci(step)}" for step in steps)
    return pack(number(3, 6) + number(1, 6) + number(len(sections), 12) + told, to=to)
