"""What reading one purchase beacon and writing its API call cost, for each vendor.

The beacon is that of the vendor's purchase case that costs the most. Before every pass the caches
of the converters are emptied: no visitor's data is known in advance. Microseconds are those of the
best of several repeats, each the median of its passes: a shared machine only ever adds.
"""

import argparse
import base64
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from firsthand.model import Beacon, Hit, Reading
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.factories import make_beacon, make_hit

CASES = Path(__file__).parents[1] / "tests" / "vendors" / "cases"
GOAL_US = 150


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of one beacon's two steps, of the case named."""

    vendor: Vendor
    case: str
    fields: int
    sent: int  # bytes of the call's body
    read: float
    write: float

    @property
    def total(self) -> float:
        """Both steps."""
        return self.read + self.write


def purchases(vendor: Vendor) -> Iterator[tuple[str, Hit, object]]:
    """Yield name, hit and settings of the cases in which a purchase becomes a call."""
    for path in sorted((CASES / vendor.key).glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        bought = "purchase" in {each["canonical"] for each in case["readings"]}
        if "call" in case and (bought or path.stem.startswith("purchase")):
            yield path.stem, _hit(case["hit"]), vendor.settings(**case.get("settings", {}))


def _hit(told: Mapping[str, Any]) -> Hit:
    body = told.get("body", "")
    return make_hit(
        told["url"],
        method=told["method"],
        headers=told.get("headers", {}),
        body=base64.b64decode(body) if told.get("body_encoding") == "base64" else body.encode(),
        ip=told["ip"],
        at=int(datetime.fromisoformat(told["at"]).timestamp() * 1000),
    )


def caches() -> list[Callable[[], None]]:
    """Return what empties each cache of what reads and writes."""
    found = {
        id(each): each.cache_clear
        for name, module in sys.modules.items()
        if name.startswith("firsthand.")
        for each in vars(module).values()
        if hasattr(each, "cache_clear")
    }
    return list(found.values())


def measure(vendor: Vendor, case: str, hit: Hit, settings: object, times: tuple[int, int]) -> Cost:
    """Return the cost of one case; ``times`` are repeats and passes of each."""
    batch = _batch(vendor, list(vendor.read(hit)))
    clears = caches()
    best = [float("inf"), float("inf")]
    for _ in range(times[0]):
        passes = [_once(vendor, hit, batch, settings, clears) for _ in range(times[1])]
        for step, spent in enumerate(zip(*passes, strict=True)):
            best[step] = min(best[step], statistics.median(spent) / 1000)
    body = vendor.write(batch, settings, now=hit.at).body
    return Cost(vendor, case, len(batch[0].fields), len(body), *best)


def _batch(vendor: Vendor, readings: list[Reading]) -> list[Beacon]:
    """Return the first beacon that is sent, alone."""
    return [make_beacon(each, vendor=vendor.key) for each in readings if not each.skip][:1]


def _once(
    vendor: Vendor,
    hit: Hit,
    batch: list[Beacon],
    settings: object,
    clears: list[Callable[[], None]],
) -> tuple[int, int]:
    """Return nanoseconds of reading and of writing."""
    for clear in clears:
        clear()
    start = time.perf_counter_ns()
    list(vendor.read(hit))
    middle = time.perf_counter_ns()
    vendor.write(batch, settings, now=hit.at)
    return middle - start, time.perf_counter_ns() - middle


def dearest(vendor: Vendor, times: tuple[int, int]) -> Cost:
    """Return the cost of the vendor's dearest purchase. Exits where it has none."""
    found = [measure(vendor, *each, times) for each in purchases(vendor)]
    if not found:
        sys.exit(f"no case of {vendor.key} shows a purchase with its call")
    return max(found, key=lambda cost: cost.total)


def show(costs: list[Cost]) -> None:
    """Print the table, and whether the goal is reached."""
    print("| vendor, case | fields | bytes sent | read, µs | write, µs | both, µs |")
    print("| --- | --- | --- | --- | --- | --- |")
    for cost in sorted(costs, key=lambda cost: -cost.total):
        name = f"{cost.vendor.title}, `{cost.case}`"
        steps = [f"{spent:.0f} ({spent / cost.total:.0%})" for spent in (cost.read, cost.write)]
        row = (name, str(cost.fields), f"{cost.sent:,}", *steps, f"{cost.total:.0f}")
        print(f"| {' | '.join(row)} |")
    most = max(cost.total for cost in costs)
    print(f"\nThe most complex takes {most:.0f} µs; the goal is {GOAL_US}.")


def main() -> None:
    """Measure every vendor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--passes", type=int, default=300)
    options = parser.parse_args()
    gc.disable()
    show([dearest(each, (options.repeats, options.passes)) for each in VENDORS.values()])


if __name__ == "__main__":
    main()
