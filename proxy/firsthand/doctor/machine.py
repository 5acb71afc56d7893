"""This machine: the ports, the data folder's room, and who else can read or write what is kept."""

import asyncio
import errno
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from firsthand.config.load import accounts
from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import Patient
from firsthand.serve.health import MIB, ROOM

CONNECT_S = 2.0
AMPLE = 1024 * MIB
_KEPT = ("secret", "admin-token", "*.db", "*.db-wal", "meter-*")


async def look(patient: Patient) -> list[Finding]:
    """Return findings ``ports``, ``disk`` and ``permissions``."""
    ports = await _ports(patient)
    return [*ports, *_private(patient), _disk(patient.folder), *permissions(patient)]


async def _ports(patient: Patient) -> list[Finding]:
    listen, admin = patient.config.listen, patient.config.admin
    places = (("listen", listen.host, listen.port), ("admin", admin.host, admin.port))
    taken = await asyncio.gather(*(_answers(host, port) for _, host, port in places))
    runs = all(taken)
    return [
        _port(f"{name} {host}:{port}", host, port, answers=answers, runs=runs)
        for (name, host, port), answers in zip(places, taken, strict=True)
    ]


def _port(about: str, host: str, port: int, *, answers: bool, runs: bool) -> Finding:
    if runs:
        return Finding("ports", about, Result.OK, "a server answers", code="answers")
    if answers:
        return Finding(
            "ports",
            about,
            Result.WARN,
            "answers, while the other of the two ports does not",
            "another program has it, or the server is just starting or ending",
            "look who listens there (ss -ltnp); choose another port",
            code="half",
        )
    cause = _refused(host, port)
    if cause:
        return Finding(
            "ports",
            about,
            Result.FAIL,
            f"cannot be listened on: {cause}",
            "firsthand serve would not start",
            "choose an address of this machine and a port that this user may have",
            code="refused",
        )
    return Finding("ports", about, Result.OK, "free; the server does not run", code="free")


async def _answers(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


def _refused(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.strerror or errno.errorcode.get(error.errno or 0, "not known")
    return ""


def _private(patient: Patient) -> Iterator[Finding]:
    host = patient.config.admin.host
    try:
        inside = ip_address(host).is_loopback
    except ValueError:
        inside = host == "localhost"
    if not inside:
        yield Finding(
            "ports",
            f"admin {host}",
            Result.WARN,
            "the private pages listen on more than this machine",
            "whoever reaches the port and has the token sees and changes everything",
            "set admin.host to 127.0.0.1 and come by SSH, or let a firewall guard it",
            code="open",
        )


def _disk(folder: Path) -> Finding:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding(
            "disk",
            str(folder),
            Result.FAIL,
            f"{there} cannot be written by this user",
            "firsthand serve would not start",
            "make the folder and give it to the user that runs firsthand serve",
            code="unwritable",
        )
    free = shutil.disk_usage(there).free
    found = f"{free // MIB} MiB free"
    if free > AMPLE:
        return Finding("disk", str(folder), Result.OK, found)
    full = free <= ROOM
    return Finding(
        "disk",
        str(folder),
        Result.FAIL if full else Result.WARN,
        found,
        "events are refused once it is full" if full else "a vendor's long outage could fill it",
        "make room, or put store.path on a larger disk",
        code="full" if full else "small",
    )


def permissions(patient: Patient) -> Iterator[Finding]:
    """Yield findings on files; one ``OK`` where nothing is wrong."""
    bad = [*_readable(patient), *_writable(patient)]
    yield from bad
    if not bad:
        yield Finding("permissions", str(patient.folder), Result.OK, "what is kept is its owner's")


def _readable(patient: Patient) -> Iterator[Finding]:
    files = [path for pattern in _KEPT for path in sorted(patient.folder.glob(pattern))]
    sections = [section for _, section in accounts(patient.config)]
    named = [each.token.file for each in sections] + [each.second_token.file for each in sections]
    files += [Path(name) for name in named if name]
    for path in files:
        if path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding(
                "permissions",
                str(path),
                Result.FAIL,
                "other users can read it",
                "it holds keys, or visitors' events",
                f"chmod 600 {path}",
                code="readable",
            )


def _writable(patient: Patient) -> Iterator[Finding]:
    for path in (patient.file, patient.folder):
        if path.exists() and path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            yield Finding(
                "permissions",
                str(path),
                Result.WARN,
                "other users can change it",
                "who changes it decides where events go",
                f"chmod go-w {path}",
                code="writable",
            )
