"""Site -> the judge of its scripts' versions: policy, and whose hosts are whose."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from firsthand.rules.custody import ScriptPolicy
from firsthand.rules.domains import registrable
from firsthand.rules.scriptdiff import Finding, Profile, compare
from firsthand.rules.site import Site
from firsthand.vendor import Door, Script, Vendor


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares versions. ``vendors``: registrable domains by vendor key; ``site``: the shop's."""

    policy: ScriptPolicy
    vendors: Mapping[str, frozenset[str]]
    site: frozenset[str]

    def findings(self, vendor: str, old: Profile | None, new: Profile) -> tuple[Finding, ...]:
        """Return what is to be known of ``new`` beside ``old``, alarms first."""
        own = self.vendors.get(vendor, frozenset())
        return compare(old, new, vendor=own, site=self.site)


def judge_of(site: Site) -> Judge:
    """Return the judge of a site's scripts."""
    return Judge(
        policy=site.scripts,
        vendors={key: frozenset(_domains(vendor)) for key, vendor in site.vendors.items()},
        site=frozenset(registrable(host) for host in (*site.hosts, _bare(site.tracking_host))),
    )


def _domains(vendor: Vendor) -> Iterator[str]:
    doors: list[Door | Script] = [*vendor.beacons, *vendor.scripts, *vendor.never, *vendor.sinks]
    for door in doors:
        yield from (registrable(host.removeprefix("*.")) for host in door.hosts)
    yield from map(registrable, vendor.api_hosts)


def _bare(host: str) -> str:
    return host.partition(":")[0]
