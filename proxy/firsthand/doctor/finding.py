"""What a check found, in words for people and in a stable form for programs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How one thing stands, from good to bad. ``UNKNOWN``: it could not be looked at."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    ``check``   which check: a stable word (``dns``, ``safari``, ``certificate``).
    ``about``   what was looked at: a host, an account, a file.
    ``found``   what is there; ``means``: what follows for visitors or events.
    ``remedy``  what to do; empty where there is nothing to do.
    ``code``    which of the check's verdicts, a stable word; empty where ``result`` says it all.
    """

    check: str
    about: str
    result: Result
    found: str
    means: str = ""
    remedy: str = ""
    code: str = ""


def worst(results: Iterable[Result]) -> Result:
    """Return the worst of ``results``; ``OK`` where there is none."""
    order = list(Result)
    return max(results, key=order.index, default=Result.OK)
