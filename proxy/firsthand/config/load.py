"""Configuration file + environment -> ``Config``, or a ``ConfigError`` that names the remedy."""

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError, create_model
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from firsthand.config.admins import AdminSection
from firsthand.config.alertsections import AlertingSection, AlertSection
from firsthand.config.listen import ListenSection, TlsSection
from firsthand.config.schema import (
    CONSENT_SECTION,
    VENDOR_SECTIONS,
    AggregatesSection,
    DeliverySection,
    IngestSection,
    LogSection,
    RecordingSection,
    RetentionSection,
    ScriptsSection,
    SiteSection,
    StoreSection,
)
from firsthand.errors import ConfigError

PREFIX = "FIRSTHAND_"
UNKNOWN_KEY = frozenset({"extra_forbidden", "unexpected_keyword_argument"})


class Config(BaseSettings):
    """A whole configuration. Environment variables (``FIRSTHAND_SITE__NAME``) win over the file."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter="__"
    )

    site: SiteSection
    listen: ListenSection = ListenSection()
    tls: TlsSection = TlsSection()
    admin: AdminSection = AdminSection()
    ingest: IngestSection = IngestSection()
    scripts: ScriptsSection = ScriptsSection()
    store: StoreSection = StoreSection()
    delivery: DeliverySection = DeliverySection()
    retention: RetentionSection = RetentionSection()
    recording: RecordingSection = RecordingSection()
    aggregates: AggregatesSection = AggregatesSection()
    log: LogSection = LogSection()
    alerting: AlertingSection = AlertingSection()
    alerts: tuple[AlertSection, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


@cache
def shape() -> type[Config]:
    """Return the configuration's type: with the rules' settings and a section for every vendor."""
    sections: dict[str, Any] = {
        key: (tuple[section, ...], ())  # type: ignore[valid-type]
        for key, section in VENDOR_SECTIONS.items()
    }
    sections["consent"] = (CONSENT_SECTION, CONSENT_SECTION())
    return create_model("Config", __base__=Config, **sections)


def load(path: Path) -> Config:
    """Return the configuration in ``path``. Raises ``ConfigError``."""
    return loads(read(path), str(path))


def read(path: Path) -> str:
    """Return the text of ``path``. Raises ``ConfigError``."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start})") from error


def loads(text: str, file: str) -> Config:
    """Return the configuration in ``text``; ``file`` is named in errors. Raises ``ConfigError``."""
    try:
        return parse(tomllib.loads(text), file)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not TOML: {error}") from error


def parse(data: dict[str, Any], file: str) -> Config:
    """Return the configuration in ``data``; ``file`` is named in errors. Raises ``ConfigError``."""
    _refuse_stray_variables()
    try:
        return shape()(**data)
    except ValidationError as error:
        lines = [_explain(problem, file) for problem in _first_causes(error)]
        raise ConfigError("\n".join(lines)) from None
    except SettingsError as error:  # a variable that should hold JSON; its text names no value
        raise ConfigError(f"environment: {error}; a list or a table is written as JSON") from None


def accounts(config: Config) -> list[tuple[str, Any]]:
    """Return every account section with its vendor's key."""
    return [(key, each) for key in VENDOR_SECTIONS for each in getattr(config, key)]


def _refuse_stray_variables() -> None:
    """Raise ``ConfigError`` on a variable that looks like a key of ours and is none."""
    sections = list(shape().model_fields)
    for name in os.environ:
        section, nested, _ = name.upper().removeprefix(PREFIX).partition("__")
        if name.upper().startswith(PREFIX) and nested and section.lower() not in sections:
            near = get_close_matches(section.lower(), sections, n=1)
            hint = f'; did you mean "{PREFIX}{near[0].upper()}__..."?' if near else ""
            raise ConfigError(f"environment: {name}: no section {section.lower()}{hint}")


def _first_causes(error: ValidationError) -> list[Any]:
    """Return what is wrong, without complaints about a list that only follow from its members'."""
    problems = error.errors(include_url=False)
    above = {each["loc"][:depth] for each in problems for depth in range(len(each["loc"]))}
    return [each for each in problems if each["loc"] not in above]


def _explain(problem: Any, file: str) -> str:  # noqa: ANN401 - pydantic's own record
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] in UNKNOWN_KEY:
        near = get_close_matches(str(problem["loc"][-1]), _names(problem["loc"][:-1]), n=1)
        hint = f'; did you mean "{near[0]}"?' if near else "; see conf/reference.toml"
        return f"{file}: {key}: unknown key{hint}"
    if problem["type"] == "missing":
        return f"{file}: {key}: is required"
    if problem["type"] == "model_type":
        return f"{file}: {key}: {_table_wanted(problem, key)}"
    if key in {"alerts", *VENDOR_SECTIONS}:
        what = "rules" if key == "alerts" else "accounts"
        return f"{file}: {key}: is a list of {what}; write [[{key}]]"
    given = "" if isinstance(problem["input"], dict) else f" (given: {problem['input']!r})"
    said = problem["msg"].removeprefix("Value error, ")
    message = said[:1].lower() + said[1:]
    return f"{file}: {key}: {message}{given}{_near_choice(problem)}"


def _table_wanted(problem: Any, key: str) -> str:  # noqa: ANN401 - pydantic's own record
    """Say what to write instead. What stands there may be a secret: it is not repeated."""
    if len(problem["loc"]) == 1:
        return f"is a table; write [{key}]"
    if problem["ctx"]["class_name"] == "Source":
        return 'say where it is: { env = "NAME" } or { file = "PATH" }'
    return "is a table; write { name = ..., hash = ... }"


def _near_choice(problem: Any) -> str:  # noqa: ANN401 - pydantic's own record
    expected = str(problem.get("ctx", {}).get("expected", ""))
    choices = [word.strip("' ") for word in expected.replace(" or ", ",").split(",")]
    near = get_close_matches(str(problem["input"]), choices, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _names(place: tuple[Any, ...]) -> list[str]:
    """Return the keys that a place in the file has."""
    here: Any = shape()
    for part in place:
        if isinstance(part, str):
            here = _inside(here, part)
    if dataclasses.is_dataclass(here):
        return [field.name for field in dataclasses.fields(here)]
    return list(getattr(here, "model_fields", ()))


def _inside(here: Any, part: str) -> Any:  # noqa: ANN401 - types of any section
    """Return the type of what stands under a key: of a list, that of its members."""
    if isinstance(get_origin(here), type) and issubclass(get_origin(here), Mapping):
        return get_args(here)[1]
    inner = here.model_fields[part].annotation
    return get_args(inner)[0] if get_origin(inner) is tuple else inner
