"""Generates ``conf/reference.toml``: every key with default, unit and meaning."""

import json
from dataclasses import asdict, fields
from enum import StrEnum
from textwrap import wrap
from typing import Any, get_args

from pydantic.fields import FieldInfo

from firsthand.config.load import shape
from firsthand.config.schema import VENDOR_SECTIONS
from firsthand.config.section import Section
from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.sources import SOURCES
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS

HEAD = """\
# Every key of Firsthand's configuration, with its default. Generated: change the settings types
# and run scripts/fix. A key without default is required and shown with an example.
# Environment variables win over the file: FIRSTHAND_LISTEN__PORT=9000 sets listen.port.
"""
EXAMPLES: dict[str, Any] = {
    "hosts": ["shop.example.com"],
    "tracking_host": "trk.shop.example.com",
}
LISTS: dict[str, dict[str, Any]] = {
    "alerts": {"name": "match_rate", "on": "match_rate"},
}
"""Sections of which there may be several -> an example of what each must say."""


def reference() -> str:
    """Return the text of the reference file."""
    parts = [HEAD]
    for name, field in shape().model_fields.items():
        if name not in VENDOR_SECTIONS:
            section: Any = field.annotation
            if name in LISTS:
                parts.append(_table(f"[[{name}]]", get_args(section)[0], LISTS[name]))
                continue
            more = _sources() if name == "consent" else ""
            parts.append(_table(f"[{name}]", section, EXAMPLES) + more)
    for key, section in VENDOR_SECTIONS.items():
        example = {"account": VENDORS[key].account_example, **_needed(VENDORS[key])}
        parts.append(_table(f"[[{key}]]", section, example))
    return "\n".join(parts)


def _sources() -> str:
    """Return what ``authority`` and ``groups`` can name, with each source's own groups."""
    lines = ["# Sources that can be named, and their groups where nothing is configured:"]
    for source in SOURCES:
        if not source.cookies:
            continue
        lines.append(f"#   {source.key}: {_groups(source.groups)}")
    return "\n".join(lines) + "\n"


def _groups(groups: Groups | None) -> str:
    if groups is None:
        return "groups cannot be renamed"
    own = {name: value for name, value in asdict(groups).items() if value}
    told = ", ".join(f"{name} = {_toml(value)}" for name, value in own.items())
    return told or "names its groups itself; says nothing until groups are configured"


def _needed(vendor: Vendor) -> dict[str, str]:
    """Return examples of the settings without which no call can be made."""
    own = {each.name: each.metadata.get("needed", "") for each in fields(vendor.settings)}
    return {name: example for name, example in own.items() if example}


def _table(title: str, section: type[Section], examples: dict[str, Any]) -> str:
    lines = [title]
    for name, field in section.model_fields.items():
        lines += [f"# {line}" for line in wrap(field.description or "", 96)]
        lines.append(_line(name, field, examples))
    return "\n".join(lines) + "\n"


def _line(name: str, field: FieldInfo, examples: dict[str, Any]) -> str:
    if name in examples:
        return f"{name} = {_toml(examples[name])}"
    return f"# {name} = {_toml(field.get_default(call_default_factory=True, validated_data={}))}"


def _toml(value: Any) -> str:  # noqa: ANN401 - any default
    if isinstance(value, Section):
        return '{ env = "" }'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, StrEnum):
        return json.dumps(value.value)
    if isinstance(value, list | tuple | frozenset):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value)
