"""What comes out of the log, for records of ours and of others, in both formats."""

import asyncio
import json
import logging
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from firsthand.config.schema import LogFormat
from firsthand.sandbox.meta import PIXEL
from firsthand.sandbox.server import Sandbox
from firsthand.serve.logs import formatter
from firsthand.serve.plan import now
from tests.journeys.conftest import free_port, serving
from tests.journeys.conftest import written as site_of_two
from tests.serve.test_crew import until_heard
from tests.serve.test_reload import noticed

CANARY = "jane@example.com"
BOTH = [LogFormat.TEXT, LogFormat.JSON]


def line(form: LogFormat, message: str, *args: object, error: Exception | None = None) -> str:
    record = logging.LogRecord(
        "firsthand.delivery.lane", logging.WARNING, __file__, 1, message, args, None
    )
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    return formatter(form).format(record)


def told(message: str, *args: object, error: Exception | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line(LogFormat.JSON, message, *args, error=error))
    return found


def raised() -> Exception:
    """Return an exception with a cause and one inside, each with a value in its text."""
    try:
        {}[CANARY]
    except KeyError as cause:
        group = ExceptionGroup(CANARY, [OSError(5, CANARY)])
        group.__cause__ = cause
    return group


def test_text_is_level_name_and_message() -> None:
    said = line(LogFormat.TEXT, "%s %s: held", "meta", "1")
    assert said == "WARNING firsthand.delivery.lane: meta 1: held"


def test_json_says_the_same_and_when() -> None:
    found = told("%s %s: held", "meta", "1")
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "level": "warning",
        "logger": "firsthand.delivery.lane",
        "event": "meta 1: held",
    }


@pytest.mark.parametrize("form", BOTH)
@pytest.mark.parametrize("message", ["future: <Task>", f"first line\nexception=({CANARY})"])
def test_an_exception_is_told_by_class_and_place_alone(form: LogFormat, message: str) -> None:
    said = line(form, message, error=raised())
    assert CANARY not in said
    for part in ("ExceptionGroup", "OSError", "KeyError", "test_logs.py:"):
        assert part in said


@pytest.mark.parametrize("form", BOTH)
@pytest.mark.parametrize(
    "value", ["a\nb", "a\r\nERROR x: b", "a\x1b[31mb", "a\u2028b", "a\x85b", "a\x00b", "a\ud800b"]
)
def test_a_value_breaks_no_line(form: LogFormat, value: str) -> None:
    said = line(form, "got %s", value)
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said


PROGRAM = """
import asyncio, logging
from firsthand.config.schema import LogFormat
from firsthand.serve import logs

async def lost():
    async def fails():
        raise ValueError("CANARY")
    task = asyncio.get_running_loop().create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    import gc; gc.collect()

logs.configure(LogFormat.TEXT)
logs.configure(LogFormat.FORM)
logging.getLogger("a.library").warning("of a library")
asyncio.run(lost())
raise RuntimeError("CANARY")
"""


@pytest.mark.parametrize("form", BOTH)
def test_a_process_that_falls_says_where_and_no_value(form: LogFormat) -> None:
    program = PROGRAM.replace("CANARY", CANARY).replace("FORM", form.name)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert CANARY not in ended.stderr
    assert ended.stderr.count("of a library") == 1
    for part in ("Task exception was never retrieved", "ValueError", "RuntimeError"):
        assert part in ended.stderr
    if form is LogFormat.JSON:
        lines = [json.loads(one) for one in ended.stderr.splitlines()]
        assert [one["level"] for one in lines] == ["warning", "error", "critical"]


QUERY = (
    f"id={PIXEL}&ev=PageView&eid=canary-key&dl=https%3A%2F%2Fshop.localhost%2F%3Femail%3Dcanary%40x.de"
    "&ud[em]=canary%40example.com&cd[order_id]=canary-order&fbc=fb.1.1795500000123.canaryclick"
)
HEADERS = (
    "Host: trk.shop.localhost:{port}\r\nUser-Agent: canary-agent\r\n"
    "Cookie: fh_consent=1.a1m1.{now}.fh; _fbp=fb.1.1795500000123.1234567890; PHPSESSID=canary\r\n"
)
BAD = "Cookie: a=\x1bcanary\r\nbroken canary\r\n"


async def ask(port: int, target: str, headers: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = headers.format(port=port, now=now() // 1000)
    writer.write(f"GET {target} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_whole_server_logs_lines_of_json_without_a_visitor(tmp_path: Path) -> None:
    port, admin = free_port(), free_port()
    async with Sandbox() as sandbox:
        config = site_of_two(tmp_path, "server", '[log]\nformat = "json"', port, admin, sandbox)
        text = config.read_text()
        config.write_text(text.replace("SANDBOX_META_TOKEN", "NOT_SET"))
        log = tmp_path / "log"
        with log.open("wb") as file:
            async with serving(config, "--workers", "2", stderr=file) as server:
                await until_heard(port)
                answered = await ask(port, f"/www.facebook.com/tr/?{QUERY}", HEADERS)
                assert answered.startswith(b"HTTP/1.1 20")
                await ask(port, "/www.facebook.com/tr/?canary", HEADERS + BAD)
                await ask(port, "/canary", HEADERS)
                async with asyncio.timeout(60):
                    while "held, auth" not in log.read_text():
                        await asyncio.sleep(0.05)
                config.write_text("canary = 1")
                server.send_signal(signal.SIGHUP)
                await noticed(tmp_path / "data", 1)
    said = log.read_text()
    token = (tmp_path / "data" / "admin-token").read_text()
    lines = [json.loads(line) for line in said.splitlines()]
    assert {line["level"] for line in lines} >= {"warning", "error"}
    (refused,) = [line for line in lines if line["logger"] == "firsthand.serve.reload"]
    assert "canary" in refused["event"], "a key of the operator is named"
    rest = said.replace(refused["event"], "")
    assert "canary" not in rest
    assert token not in said
