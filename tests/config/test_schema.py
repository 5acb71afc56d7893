import dataclasses
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from firsthand.config.load import shape
from firsthand.config.schema import (
    VENDOR_SECTIONS,
    AccountSection,
    from_dataclass,
)
from firsthand.config.section import Section, Source
from firsthand.rules.consent.policy import Policy
from firsthand.vendors import VENDORS

TOP = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True, slots=True)
class Shelf:
    """Made up for this test."""

    rows: int
    colour: str = dataclasses.field(default="red", metadata={"doc": "Which colour it has."})
    names: tuple[str, ...] = dataclasses.field(default_factory=tuple)


def test_a_settings_type_becomes_a_section() -> None:
    section = from_dataclass("ShelfSection", Shelf)
    made = section(rows=3)
    assert made.model_dump() == {"rows": 3, "colour": "red", "names": ()}
    assert section.model_fields["colour"].description == "Which colour it has."
    assert section.model_fields["rows"].is_required()
    assert section.__doc__ == "Made up for this test."
    with pytest.raises(ValidationError):
        section(rows=3, rowz=4)
    with pytest.raises(ValidationError):
        made.rows = 4  # type: ignore[attr-defined]


def test_every_vendor_has_a_section_with_its_own_settings() -> None:
    assert VENDOR_SECTIONS.keys() == VENDORS.keys()
    for key, section in VENDOR_SECTIONS.items():
        own = {field.name for field in dataclasses.fields(VENDORS[key].settings)}
        assert own.isdisjoint(AccountSection.model_fields), "a setting hides a key of all accounts"
        assert set(section.model_fields) == own | set(AccountSection.model_fields)


def test_the_consent_section_is_the_policys() -> None:
    section = shape().model_fields["consent"].annotation
    assert isinstance(section, type)
    assert issubclass(section, Section)
    assert set(section.model_fields) == {field.name for field in dataclasses.fields(Policy)}


def test_defaults_are_the_careful_ones() -> None:
    data = tomllib.loads((TOP / "conf" / "minimal.toml").read_text("utf-8"))
    config = shape()(**data)
    assert config.site.gate_scripts
    assert config.store.durability == "power"
    assert config.admin.host == config.listen.host == "127.0.0.1"
    assert [each.mode for each in config.meta] == ["shadow"]  # type: ignore[attr-defined]
    assert config.consent.rule_set == "optin"  # type: ignore[attr-defined]


def test_a_source_holds_a_place_and_no_secret() -> None:
    assert set(Source.model_fields) == {"env", "file"}
