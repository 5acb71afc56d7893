"""The generated file is one that can be used: as it stands, and with every default written out."""

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

from firsthand.config.load import load, parse, shape
from firsthand.config.reference import LISTS, reference
from firsthand.config.schema import VENDOR_SECTIONS
from firsthand.config.site import site
from firsthand.rules.consent.sources import SOURCES
from firsthand.rules.site import Site

# A default stands behind a comment mark: "# key = value"; prose never has this form.
DEFAULT = re.compile(r"^# ([a-z_]+ = .+)$", re.MULTILINE)


def built(text: str) -> Site:
    return site(
        parse(tomllib.loads(text), "reference.toml"), secret=b"x" * 32, file="reference.toml"
    )


def with_defaults() -> str:
    return DEFAULT.sub(r"\1", reference())


def test_it_is_a_configuration_that_starts(tmp_path: Path) -> None:
    path = tmp_path / "reference.toml"
    path.write_text(reference(), "utf-8")
    load(path)
    assert set(built(reference()).vendors) == set(VENDOR_SECTIONS)


def test_its_defaults_are_the_defaults() -> None:
    plain: Any = parse(tomllib.loads(reference()), "reference.toml")
    spelled_out: Any = parse(tomllib.loads(with_defaults()), "reference.toml")
    assert spelled_out == plain
    assert built(with_defaults()).cookie_domain == built(reference()).cookie_domain


def test_every_key_is_in_it_once() -> None:
    data = tomllib.loads(with_defaults())
    for name, field in shape().model_fields.items():
        section: Any = VENDOR_SECTIONS.get(name) or field.annotation
        section = get_args(section)[0] if name in LISTS else section
        shown = data[name][0] if name in {*LISTS, *VENDOR_SECTIONS} else data[name]
        assert list(shown) == list(section.model_fields), name


def test_no_line_is_too_long_to_read() -> None:
    assert all(len(line) <= 100 for line in reference().splitlines() if "[" not in line)


def test_every_source_that_can_be_named_is_in_it() -> None:
    text = reference()
    for source in SOURCES:
        assert (f"\n#   {source.key}: " in text) is bool(source.cookies)
    assert '#   cookiebot: analytics = ["statistics"], marketing = ["marketing"]\n' in text
    assert "#   klaro: names its groups itself" in text
