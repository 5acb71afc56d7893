"""An exported chain of consent receipts, written and checked as lines, without a database. Pure.

A file is a header (``chain``, the chain's name; ``after``, where it begins), a record a line, and
a footer (``head``, its last record; ``file``, the SHA-256 of all lines before).

What that shows, alone: no line was changed, taken out, put in or moved, unless by somebody who
computed every later hash and the footer anew. Whoever can do that could also write another chain
from the start, or leave the end off and close the file again. Against that stands a head that was
kept elsewhere before: with it, all up to it is as it was then. What no chain can show: that a
record was true when it was written, and what befell the records after the last head so kept.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from firsthand.rules.receipts import Record, canonical, genesis, seal

VERSION = 1
MOST_FINDINGS = 20
_HEAD = re.compile(r"([0-9]{1,15}):([0-9a-f]{64})")
_KEYS = frozenset({"kind", "prev", "seq", "time", "what", "hash"})


@dataclass(frozen=True, slots=True)
class Head:
    """A record's number and hash: what an auditor keeps to compare with later."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


def head_of(text: str) -> Head | None:
    """Return the head that ``str`` wrote, ``None`` for anything else."""
    found = _HEAD.fullmatch(text.strip())
    return Head(int(found[1]), found[2]) if found else None


class Closing:
    """Makes header and footer around the lines that pass through it. Lines end in a line feed."""

    def __init__(self, chain: str, after: Head) -> None:
        self._chain = chain
        self._after = self._last = after
        self._n = 0
        self._file = sha256()

    def header(self) -> bytes:
        """Return the first line."""
        told = {"seq": self._after.seq, "hash": self._after.hash}
        return self._add(canonical({"chain": self._chain, "version": VERSION, "after": told}))

    def take(self, head: Head, line: bytes) -> bytes:
        """Return the line of the record that ``head`` names."""
        self._n += 1
        self._last = head
        return self._add(line)

    def footer(self) -> bytes:
        """Return the last line."""
        head = {"seq": self._last.seq, "hash": self._last.hash}
        told = {"records": self._n, "head": head, "file": self._file.hexdigest()}
        return canonical(told) + b"\n"

    def _add(self, line: bytes) -> bytes:
        self._file.update(line + b"\n")
        return line + b"\n"


@dataclass(slots=True)
class Checked:
    """What a check came to. ``findings`` is empty where all holds; ``first`` and ``last`` are the
    times of the first and the last record."""

    chain: str = ""
    after: Head = field(default_factory=lambda: Head(0, ""))
    head: Head = field(default_factory=lambda: Head(0, ""))
    records: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    findings: list[str] = field(default_factory=list)


def check(lines: Iterable[bytes], heads: Sequence[Head] = ()) -> Checked:
    """Return what is wrong with an exported file, if anything. Reads one line at a time."""
    reading = _Reading({head.seq: head for head in heads})
    for number, line in enumerate(lines, 1):
        reading.line(number, line)
    return reading.end(heads)


class _Reading:
    """Follows a file line by line. After a break it goes on from what the line itself claims, so
    that one change is one finding, or two."""

    def __init__(self, wanted: Mapping[int, Head]) -> None:
        self.found = Checked()
        self._wanted = wanted
        self._met: dict[int, str] = {}
        self._file = sha256()
        self._began = self._closed = False

    def line(self, number: int, line: bytes) -> None:
        """Take the next line."""
        if self._closed:
            self._say(f"line {number}: stands behind the footer")
            return
        told = _object(line)
        if told is None:
            self._say(f"line {number}: is not as it was written")
            self._file.update(line)
            return
        if "records" in told:
            self._footer(number, told)
            return
        self._file.update(line)
        if number == 1:
            self._header(told)
        else:
            self._record(number, told)

    def end(self, heads: Sequence[Head]) -> Checked:
        """Return the result, once all lines were taken."""
        found = self.found
        if not self._closed:
            self._say("the file ends without its footer: it was cut off")
        for head in heads:
            self._compare(head)
        if not self._began and not found.findings:
            self._say("the file is empty")
        return found

    def _header(self, told: Mapping[str, Any]) -> None:
        try:
            after = Head(int(told["after"]["seq"]), str(told["after"]["hash"]))
            chain, version = str(told["chain"]), int(told["version"])
        except (KeyError, TypeError, ValueError):
            self._say("line 1: is no header of such a file")
            return
        if version != VERSION:
            self._say(f"line 1: is of version {version}, this program knows {VERSION}")
        if after.seq == 0 and after.hash != genesis(chain):
            self._say("line 1: a chain of this name begins otherwise")
        self._began = True
        self.found.chain, self.found.after, self.found.head = chain, after, after

    def _record(self, number: int, told: Record) -> None:
        found = self.found
        if told.keys() - {"event"} != _KEYS or type(told["seq"]) is not int:
            self._say(f"line {number}: is no record")
            return
        seq, claimed = told["seq"], str(told["hash"])
        bare = {key: value for key, value in told.items() if key != "hash"}
        if seal(bare) != claimed:
            self._say(f"line {number}, record {seq}: was changed")
        if seq != found.head.seq + 1:
            self._say(f"line {number}: record {seq} follows record {found.head.seq}")
        elif told["prev"] != found.head.hash:
            self._say(f"line {number}, record {seq}: does not follow from the record before it")
        found.head = Head(seq, claimed)
        self._count(told)

    def _count(self, told: Record) -> None:
        found, kind = self.found, str(told["kind"])
        found.records += 1
        found.kinds[kind] = found.kinds.get(kind, 0) + 1
        found.first = found.first or str(told["time"])
        found.last = str(told["time"])
        if found.head.seq in self._wanted:
            self._met[found.head.seq] = found.head.hash

    def _footer(self, number: int, told: Mapping[str, Any]) -> None:
        self._closed = True
        found = self.found
        meant = {
            "records": found.records,
            "head": {"seq": found.head.seq, "hash": found.head.hash},
            "file": self._file.hexdigest(),
        }
        if told != meant:
            self._say(f"line {number}: the footer closes another file than this")

    def _compare(self, head: Head) -> None:
        found = self.found
        if head.seq == found.after.seq:
            self._met[head.seq] = found.after.hash
        if head.seq > found.head.seq:
            self._say(f"head {head.seq}: the file ends before it, at record {found.head.seq}")
        elif head.seq < found.after.seq:
            self._say(
                f"head {head.seq}: lies before this file's beginning; nothing can be said of it"
            )
        elif self._met.get(head.seq) != head.hash:
            self._say(f"head {head.seq}: the file has another record of this number")

    def _say(self, finding: str) -> None:
        if len(self.found.findings) < MOST_FINDINGS:
            self.found.findings.append(finding)


def _object(line: bytes) -> Record | None:
    """Return the object of a line in its one form, ``None`` for any other line."""
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) and canonical(told) + b"\n" == line else None
