"""What the cookies of the visitor's ids cost a beacon, on a site with accounts at all vendors.

Microseconds are those of the best of several repeats, each the mean of its passes: a shared machine
only ever adds.
"""

import argparse
import timeit
from collections.abc import Callable

from firsthand.rules import keeper
from firsthand.rules.clickids import Plan, plan
from firsthand.rules.wanted import wanted
from tests.rules.browsers import BROWSER, CLICKS, SEEN_AT
from tests.samples import everybody

GOAL_US = 20
SITE = everybody()
WANTED = wanted(SITE)
PAGE = "https://shop.example.com/mugs?sort=price"
TWO = f"{PAGE}&fbclid={CLICKS['fbclid']}&gclid={CLICKS['gclid']}"
ALL = f"{PAGE}&{'&'.join(f'{name}={value}' for name, value in CLICKS.items())}"
OTHERS = "theme=dark; cart=1; lang=de; session=abc"


def on(page: str, header: str, now: int = SEEN_AT) -> Plan:
    """Return what becomes of a beacon from ``page``."""
    return plan(
        SITE,
        SITE.vendors.values(),
        page=page,
        cookies=WANTED.split(header),
        carried={"_fbp": BROWSER["_fbp"]},
        now=now,
        digest=b"0123456789abcdef",
    )


def visitor(page: str) -> str:
    """Return the header of a browser that has landed on ``page`` and been given its cookies."""
    jar = dict(BROWSER)
    for _ in range(5):
        for line in on(page, _header(jar)).lines:
            name, _, value = line.partition(";")[0].partition("=")
            jar[name] = value
    return f"{_header(jar)}; {OTHERS}"


def _header(jar: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in jar.items())


def best(act: Callable[[], object], repeats: int, passes: int) -> float:
    """Return microseconds of one call."""
    return min(timeit.repeat(act, number=passes, repeat=repeats)) / passes * 1e6


def anew(act: Callable[[], object]) -> Callable[[], object]:
    """Return the same act by a server that has not seen this keeper before."""

    def done() -> None:
        keeper.forget()
        act()

    return done


def main() -> None:
    """Measure, and say whether the goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--passes", type=int, default=1000)
    options = parser.parse_args()
    two, every, later = visitor(TWO), visitor(ALL), SEEN_AT + 86_400_000
    rows: list[tuple[str, Callable[[], object], str]] = [
        ("two clicks, a beacon as most are", lambda: on(PAGE, two), str(GOAL_US)),
        ("the same, the first of a page", anew(lambda: on(PAGE, two)), ""),
        ("a click of every vendor", lambda: on(PAGE, every), str(GOAL_US)),
        ("the same, the first of a page", anew(lambda: on(PAGE, every)), ""),
        ("once a day, all issued anew", lambda: on(PAGE, two, later), ""),
        ("a landing with two new clicks", lambda: on(TWO, OTHERS), ""),
    ]
    print(f"{len(two):,} and {len(every):,} bytes of cookies\n")
    print("| what | µs | goal |\n| --- | --- | --- |")
    for name, act, goal in rows:
        print(f"| {name} | {best(act, options.repeats, options.passes):.0f} | {goal} |")


if __name__ == "__main__":
    main()
