"""All checks of one set-up, side by side, and what they come to."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from firsthand.doctor import (
    certificate,
    clock,
    hops,
    layouts,
    machine,
    page,
    tokens,
    versions,
    weight,
)
from firsthand.doctor.finding import Finding, Result, worst
from firsthand.doctor.patient import Patient, examined
from firsthand.errors import ConfigError
from firsthand.rules import lifetimes
from firsthand.rules.layout import Verdict

Look: TypeAlias = Callable[[Patient], Awaitable[list[Finding]]]

LOOKS: Mapping[str, Look] = {
    "dns": layouts.look,
    "certificate": certificate.look,
    "clock": clock.look,
    "reach": hops.look,
    "consent": page.look,
    "cookies": weight.look,
    "tokens": tokens.look,
    "versions": versions.look,
    "machine": machine.look,
}
"""Name for ``--only`` -> what looks, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found. ``promises``: how long cookies last under the worst page host's verdict."""

    site: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    promises: tuple[lifetimes.Promise, ...]

    @property
    def result(self) -> Result:
        """The worst finding."""
        return worst(finding.result for finding in self.findings)


async def examine(file: Path, *, resolver: str = "", only: Collection[str] = ()) -> Diagnosis:
    """Return the diagnosis of a configuration file. Raises ``ConfigError``."""
    unknown = sorted(set(only) - LOOKS.keys())
    if unknown:
        raise ConfigError(f"--only: one of {', '.join(LOOKS)} (given: {', '.join(unknown)})")
    async with examined(file, resolver) as patient:
        looks = [look for name, look in LOOKS.items() if not only or name in only]
        found = await asyncio.gather(*(look(patient) for look in looks))
        tracking, pages = await layouts.resolved(patient)
        verdict = lifetimes.worst(layouts.verdicts(patient, pages, tracking))
        return Diagnosis(
            patient.site.name,
            verdict,
            tuple(finding for each in found for finding in each),
            tuple(lifetimes.promises(patient.site, verdict)),
        )
