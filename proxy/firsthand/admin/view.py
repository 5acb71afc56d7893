"""The pages as text: Jinja2 templates of ``pages/``, everything that came from outside escaped."""

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined

from firsthand.admin import words
from firsthand.admin.course import course
from firsthand.admin.details import details
from firsthand.admin.drawing import flow
from firsthand.admin.report import AccountReport
from firsthand.admin.rows import DEFAULT_SPAN, SPANS
from firsthand.admin.summary import summary
from firsthand.admin.table import client_columns, compared_columns, server_columns


def pretty(text: str) -> str:
    """Return JSON indented; what is not JSON as it came."""
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return orjson.dumps(parsed, option=orjson.OPT_INDENT_2).decode()


def pairs(text: str) -> list[tuple[str, str]] | None:
    """Return a JSON object's names and values as text, or ``None`` for anything else."""
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(parsed, dict):
        return None
    return [
        (name, value if isinstance(value, str) else orjson.dumps(value).decode())
        for name, value in parsed.items()
    ]


SHOWN_AS_TABLES = ("purchases", "counted once", "would be counted", "clashing keys")


def facts(account: AccountReport) -> list[tuple[str, str]]:
    """Return what else is to be said of an account, beside its tables: names and texts."""
    said = (line.partition(": ") for line in details(account))
    return [(name, text) for name, _, text in said if not name.startswith(SHOWN_AS_TABLES)]


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("firsthand.admin", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=words.number,
        percent=words.percent,
        duration=words.duration,
        bound=words.bound,
        moment=words.moment,
        exact=words.exact,
        hour=words.hour,
        alert=words.alert,
        reason=words.reason,
        plain=words.plain,
        pretty=pretty,
        pairs=pairs,
    )
    made.globals.update(
        flow=flow,
        course=course,
        facts=facts,
        summary=summary,
        client_columns=client_columns,
        server_columns=server_columns,
        compared_columns=compared_columns,
        words=words,
        spans=SPANS,
        default_span=DEFAULT_SPAN,
    )
    return made


_ENVIRONMENT = _environment()


def page(template: str, **context: object) -> str:
    """Return ``pages/<template>.html`` filled with ``context``."""
    return _ENVIRONMENT.get_template(f"{template}.html").render(context)
