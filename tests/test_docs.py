"""Generated documents are current; every key of the configuration is described."""

from pathlib import Path

from firsthand.config.load import shape
from firsthand.config.reference import reference
from firsthand.config.schema import VENDOR_SECTIONS
from scripts.docs import vendor_table, with_table

TOP = Path(__file__).parents[1]


def test_the_reference_is_current() -> None:
    assert (TOP / "conf" / "reference.toml").read_text("utf-8") == reference()


def test_the_vendor_table_of_the_readme_is_current() -> None:
    readme = (TOP / "README.md").read_text("utf-8")
    assert with_table(readme, vendor_table()) == readme


def test_every_key_is_described() -> None:
    sections = [
        field.annotation
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
