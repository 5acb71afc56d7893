"""What the consent step costs: a page with ten cookies, once its strings were seen and when new;
and the firewall's look at a call.

Microseconds are those of the best of several repeats, each the mean of its passes: a shared machine
only ever adds.
"""

import argparse
import timeit
from collections.abc import Callable

import orjson

from firsthand.model import Call, Hit
from firsthand.rules import firewall
from firsthand.rules.consent import gate, tcf
from firsthand.rules.consent.policy import Policy
from tests.factories import make_hit
from tests.rules.consent.writer import number, publisher, ranged, tc, vendors

SEEN_US, NEW_US = 25, 300
MANY = [vendor for vendor in range(1, 1200) if vendor % 3]
FIELD = tc(
    number(1, 3) + vendors(range(1, 1200)),
    publisher([1, 8]),
    vendors=vendors(MANY),
    vendor_interests=vendors(MANY),
)
RANGES = tc(
    number(1, 3) + ranged((1, 1200)),
    vendors=ranged(*[(first, first + 1) for first in range(1, 900, 3)], (986, 1200)),
)
OTHERS = "_ga=GA1.1.111.1795400000; _fbp=fb.1.1795400000000.222; theme=dark; cart=1; lang=de; s=abc"
POLICY = Policy()
FIREWALL_US = 25
CALL = Call(
    vendor="meta",
    account="1234567890123456",
    method="POST",
    url="https://graph.facebook.com/v26.0/1234567890123456/events",
    headers={"content-type": "application/json"},
    body=orjson.dumps(
        {
            "data": [
                {
                    "event_name": "Purchase",
                    "event_id": "order-991",
                    "event_time": 1795500000,
                    "event_source_url": "https://shop.example.com/thanks",
                    "user_data": {
                        "em": ["86e0b9e56c17cc4d12387e1949b85053" * 2],
                        "fbc": "fb.1.1.x",
                    },
                    "custom_data": {"value": 49.9, "currency": "EUR"},
                }
            ]
        }
    ),
)


def page() -> Hit:
    """Return a hit with ten cookies, four of them about consent."""
    told = f"euconsent-v2={FIELD}; addtl_consent=2~89.1097~dv.311; __gpp=DBABL~CVQqAAAAAACA.Q"
    return make_hit(headers={"cookie": f"{OTHERS}; {told}; __gpp_sid=7"})


def best(act: Callable[[], object], repeats: int, passes: int) -> float:
    """Return microseconds of one call."""
    return min(timeit.repeat(act, number=passes, repeat=repeats)) / passes * 1e6


def main() -> None:
    """Measure, and say whether the goals are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--passes", type=int, default=1000)
    options = parser.parse_args()
    hit = page()
    rows: list[tuple[str, Callable[[], object], int]] = [
        ("ten cookies, strings seen before", lambda: gate.verdict(hit, POLICY), SEEN_US),
        # what was read is kept for each policy: for a new one every string is new
        ("ten cookies, every string new", lambda: gate.verdict(hit, Policy()), NEW_US),
        (f"TC string, {len(FIELD):,} characters, bit fields",
         lambda: tcf.statement("tcf", FIELD, POLICY), NEW_US),
        (f"TC string, {len(RANGES):,} characters, 301 ranges",
         lambda: tcf.statement("tcf", RANGES, POLICY), NEW_US),
        ("firewall: a call with nothing to look at", lambda: firewall.findings(CALL), FIREWALL_US),
    ]  # fmt: skip
    print("| what | µs | goal |\n| --- | --- | --- |")
    for name, act, goal in rows:
        print(f"| {name} | {best(act, options.repeats, options.passes):.0f} | {goal} |")


if __name__ == "__main__":
    main()
