"""Breaks a running server in turn, under load, and prints the account.

Each phase has a server of its own (several workers, one of which delivers), stand-ins of two
vendors, beacons and backend events with known keys. Exit status 1 when anything that was answered
is lost, or was sent twice although it was neither torn nor in flight at a kill.
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.chaos_audit import Account, audit, waiting
from scripts.chaos_load import Key
from scripts.chaos_phases import PHASES, Draw, Phase
from scripts.chaos_world import Broken, World, folder_for, load_of, tail, world

DISK = "size=24m,mode=700"
COLUMNS = ("asked", "answered", "taken", "refused", "again", "kills", "lost", "twice")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    seconds: float
    kills: int
    rate: int
    workers: int
    seed: int
    patience: float
    top: Path


def main() -> None:
    """Run the phases that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phases", nargs="*", metavar="PHASE", help="see --list; default: all")
    parser.add_argument("--list", action="store_true", help="name the phases and end")
    parser.add_argument("--seconds", type=float, default=12, help="length of a phase")
    parser.add_argument("--kills", type=int, default=10, help="kills of a phase that kills")
    parser.add_argument("--rate", type=int, default=150, help="events a second")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of the points at which it kills")
    parser.add_argument("--patience", type=float, default=90, help="seconds to wait for the last")
    parser.add_argument("--folder", type=Path, help="keep data and logs there")
    told = parser.parse_args()
    if told.list:
        for phase in PHASES:
            print(f"{phase.name:12} {phase.about}")
        return
    with ExitStack() as stack:
        top = told.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = Options(
            **{name: getattr(told, name) for name in Options.__slots__ if name != "top"}, top=top
        )
        rows = [run(phase, options) for phase in chosen(told.phases)]
    show(rows)
    sys.exit(any(not row.good for row in rows))


def chosen(names: Sequence[str]) -> list[Phase]:
    """Return the named phases, all without a name. Ends the program at a wrong one."""
    known = {phase.name: phase for phase in PHASES}
    wrong = [name for name in names if name not in known]
    if wrong:
        sys.exit(f"no such phase: {', '.join(wrong)}. Known: {', '.join(known)}")
    return [known[name] for name in names] or list(PHASES)


def run(phase: Phase, options: Options) -> Account:
    """Break one world and return its account."""
    print(f"{phase.name}: {phase.about}", flush=True)
    folder = folder_for(options.top.resolve(), phase.name)
    try:
        with ExitStack() as stack:
            prefix = equip(phase, folder, stack)
            return asyncio.run(_run(phase, options, folder, prefix))
    except Broken as why:
        print(f"  {why}\n{tail(folder / 'server.log')}")
        return Account(phase.name, wrong=[str(why)])


async def _run(phase: Phase, options: Options, folder: Path, prefix: Sequence[str]) -> Account:
    chance = random.Random(options.seed)  # noqa: S311 - points in time, not secrets
    draw = Draw(chance, options.seconds, options.kills)
    async with world(folder, workers=options.workers, prefix=prefix) as made:
        load = load_of(made, phase.name, options.rate, spoil=phase.spoil)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.run())
            try:
                await phase.act(made, load, draw)
            finally:
                load.stop()
        await settled(made, load.answered - load.spoilt, options.patience)
        status = await made.stop()
        found = audit(phase.name, made, load)
    if status:
        found.wrong.append(f"the server ended with {status}")
    return found


async def settled(made: World, wanted: set[Key], patience_s: float) -> None:
    """Wait until all is delivered; what never comes is the audit's to tell."""
    try:
        await made.up()
        await made.until(
            lambda: wanted <= made.taken and not waiting(made.data), "the last events", patience_s
        )
    except Broken as why:
        made.notes.append(str(why))


# -- what a phase needs ----------------------------------------------------------------------------


def equip(phase: Phase, folder: Path, stack: ExitStack) -> list[str]:
    """Return what the server's command begins with."""
    if "disk" in phase.needs:
        stack.enter_context(small_disk(folder / "data"))
    if "rights" in phase.needs and os.geteuid() == 0:
        # The superuser may write whatever the mode says, but for this right.
        return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    return []


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Have a file system of 24 MiB at ``folder``, where we may mount one."""
    command = ["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(folder)]
    mounted = not subprocess.run(command, capture_output=True, check=False).returncode
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


# -- the account -----------------------------------------------------------------------------------


def show(rows: Sequence[Account]) -> None:
    """Print the table, and what is wrong or worth a note below it."""
    print(f"\n| broken | {' | '.join(COLUMNS)} | verdict |")
    print(f"| --- |{' --- |' * len(COLUMNS)} --- |")
    for row in rows:
        cells = " | ".join(f"{getattr(row, column):,}" for column in COLUMNS)
        print(f"| {row.name} | {cells} | {'good' if row.good else 'BAD'} |")
    print()
    for row in rows:
        for line in (*row.wrong, *row.notes):
            print(f"{row.name}: {line}")


if __name__ == "__main__":
    main()
