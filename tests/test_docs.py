"""Generated documents are current; every key of the configuration is described."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from firsthand.config.load import shape
from firsthand.config.reference import LISTS
from firsthand.config.schema import VENDOR_SECTIONS
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from scripts.docs import PAGES, TOP, generated
from scripts.vendor_pages import page, span, words

FILES = generated()
vendors = pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TOP)))
def test_generated_files_are_current(file: Path) -> None:
    assert file.read_text("utf-8") == FILES[file], "run scripts/fix"


def test_no_page_is_left_of_a_vendor_that_is_gone() -> None:
    assert {each.stem for each in PAGES.glob("*.md")} == set(VENDORS)


def test_every_key_is_described() -> None:
    sections: list[Any] = [
        get_args(field.annotation)[0] if name in LISTS else field.annotation
        for name, field in shape().model_fields.items()
        if name not in VENDOR_SECTIONS
    ]
    undescribed = [
        f"{section.__name__}.{name}"
        for section in (*sections, *VENDOR_SECTIONS.values())
        for name, field in section.model_fields.items()
        if not field.description
    ]
    assert not undescribed


@vendors
def test_a_page_says_what_the_data_says(vendor: Vendor) -> None:
    text = page(vendor)
    told = [
        *(f"`{host}{path.rstrip('/')}" for door in vendor.beacons for host in door.hosts
          for path in door.paths),
        *(f"`{row.path}` | {row.kind.value.replace('_', ' ')} |" for row in vendor.fields
          if row.path),
        *(version.name for version in vendor.versions),
        *(f"| `{row.name}` |" for row in vendor.cookies),
        *(f"`{click.param}`" for click in vendor.click_ids),
        *vendor.automatic,
        vendor.token_help,
        vendor.dedup.key,
    ]  # fmt: skip
    assert not [each for each in told if each not in text]


@vendors
def test_a_vendors_docstring_names_source_units_and_limits(vendor: Vendor) -> None:
    assert {"Source", "Units", "Limits"} <= words(vendor).keys()
    assert re.search(r"20[0-9]{2}", words(vendor)["Source"]), "a source has a date"


@vendors
def test_tables_are_whole_and_links_lead_somewhere(vendor: Vendor) -> None:
    text = page(vendor)
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table
    links = re.findall(r"\]\(([^)#]+)", text)
    assert links
    assert all((PAGES / link).exists() for link in links)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(seconds=60), "60 s"),
        (timedelta(seconds=90), "90 s"),
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(hours=1), "60 minutes"),
        (timedelta(hours=48), "48 h"),
        (timedelta(days=3), "3 days"),
        (timedelta(days=6, hours=23), "6 days 23 h"),
    ],
)
def test_spans_of_time_in_words(time: timedelta, said: str) -> None:
    assert span(time) == said
