"""How every process of ours writes its log: one line a record, without identifiers or tokens.

Messages are written so that they hold none. What is not ours to write is cut here: an exception is
told by its classes and places, as its text may hold an event's values, and no value breaks a line.
"""

import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, Processor, WrappedLogger

from firsthand.config.schema import LogFormat

log = logging.getLogger(__name__)

_BREAKING = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233), " ")


def configure(form: LogFormat) -> None:
    """Write the log to standard error from now on, and there, too, why the process ended."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(form))
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    sys.excepthook = _ended


def formatter(form: LogFormat) -> ProcessorFormatter:
    """Return what writes a record of ``logging``, ours and any library's."""
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[_quiet, ProcessorFormatter.remove_processors_meta, _RENDERERS[form]],
    )


def _quiet(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Leave of a record what may be shown."""
    told = str(event["event"])
    error = event.pop("exc_info", None)
    if isinstance(error, tuple) and error[1] is not None:
        # The frameworks' own texts end in the values of what failed, on further lines.
        told = told.partition("\n")[0]
        event["exception"] = list(_places(error[1]))
    event["event"] = told.encode("utf-8", "replace").decode().translate(_BREAKING)
    return event


def _places(error: BaseException) -> Iterator[str]:
    """Yield where an exception came from, outermost first, then its class; then its causes."""
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} {frame.name}"
    yield type(error).__name__
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for cause in (*inner, error.__cause__ or error.__context__):
        if cause is not None:
            yield from _places(cause)


def _text(_: WrappedLogger, __: str, event: EventDict) -> str:
    line = f"{event['level'].upper()} {event['logger']}: {event['event']}"
    return "\n  ".join([line, *event.get("exception", ())])


def _json(event: EventDict, **_: Any) -> str:  # noqa: ANN401 - as structlog calls it
    return orjson.dumps(event).decode()


_RENDERERS: dict[LogFormat, Processor] = {
    LogFormat.TEXT: _text,
    LogFormat.JSON: structlog.processors.JSONRenderer(serializer=_json),
}


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, Exception):
        log.critical("ended by a fault of its own", exc_info=(kind, error, trace))
    else:
        sys.__excepthook__(kind, error, trace)
