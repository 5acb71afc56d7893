"""The tables by their sums; ``test_official.py`` holds every field against the IAB's decoder."""

import pytest

from firsthand.rules.consent.gpp.layouts import LAYOUTS


# Lengths in bits of the core segments: IAB Tech Lab, GPP sections (read 2026-11-24).
@pytest.mark.parametrize(
    ("section", "bits"),
    [
        (7, [60, 70, 70]),
        (8, [46]),
        (9, [40]),
        (10, [38]),
        (11, [42]),
        (12, [44]),
        *[(each, [46]) for each in (13, 14, 20)],
        (15, [52]),
        *[(each, [42]) for each in (16, 18, 19, 22, 23)],
        (17, [52]),
        (21, [54]),
        (24, [22]),
        *[(each, [24]) for each in (25, 26, 27)],
    ],
)
def test_lengths(section: int, bits: list[int]) -> None:
    found = [6 + 2 * sum(count for _, count in each.fields) for each in LAYOUTS[section]]
    assert found == bits


def test_all_sections_of_the_us_are_there_once() -> None:
    assert list(LAYOUTS) == list(range(7, 28))
    names = [layout.name for layouts in LAYOUTS.values() for layout in layouts]
    assert len(set(names)) == len(LAYOUTS)


def test_a_section_has_one_version_but_the_national_one() -> None:
    versions = {section: [each.version for each in found] for section, found in LAYOUTS.items()}
    assert versions.pop(7) == [1, 1, 2]
    assert set(map(tuple, versions.values())) == {(1,)}


def test_no_field_comes_twice() -> None:
    for layouts in LAYOUTS.values():
        for layout in layouts:
            assert len(dict(layout.fields)) == len(layout.fields)
