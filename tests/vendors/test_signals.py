"""What each vendor accepts as a consent signal is sent: the page's wish and the visitor's yes.

Sources: the vendors' API references, as named in each vendor's file.
"""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from firsthand.model import Reading, Reason, Verdict
from firsthand.vendors import VENDORS
from tests.events import event
from tests.factories import make_beacon

EXPLICIT = Verdict(analytics=True, marketing=True, explicit=True)
IMPLIED = replace(EXPLICIT, explicit=False)
LDU = "data_processing_options"
CHOSEN = {
    "google_ads": {"events": ("purchase",)},
    "linkedin": {"events": {"purchase": "104012345"}},
    "x": {"events": {"purchase": "abc12"}},
}


def settings_of(key: str) -> Any:
    return VENDORS[key].settings(**CHOSEN.get(key, {}))


def composed(key: str, *, attribution_only: bool) -> Reading:
    vendor = VENDORS[key]
    told = replace(event(), attribution_only=attribution_only)
    assert vendor.compose is not None
    read = vendor.compose(told, vendor.account_example, settings_of(key))
    assert read is not None
    return read


def written(key: str, reading: Reading, verdict: Verdict = EXPLICIT) -> Any:
    vendor = VENDORS[key]
    beacon = make_beacon(reading, vendor=key, verdict=verdict)
    return orjson.loads(vendor.write([beacon], settings_of(key), now=beacon.at).body)


def at(body: Any, path: str) -> Any:
    for part in path.split("."):
        body = body[int(part)] if part.isdecimal() else body.get(part)
        if body is None:
            return None
    return body


RESTRICTED = [
    ("ga4", "consent.ad_personalization", "DENIED"),
    ("google_ads", "events.0.consent.adPersonalization", "CONSENT_DENIED"),
    ("meta", "data.0.opt_out", True),
    ("openai", "events.0.opt_out", True),
    ("pinterest", "data.0.opt_out", True),
    ("reddit", f"data.events.0.user.{LDU}.modes", ["LDU"]),
    ("snapchat", "data.0.opt_out", True),
    ("tiktok", "data.0.limited_data_use", True),
]


@pytest.mark.parametrize(("key", "path", "value"), RESTRICTED)
def test_an_event_for_attribution_only_says_so(key: str, path: str, value: object) -> None:
    assert at(written(key, composed(key, attribution_only=True)), path) == value
    assert at(written(key, composed(key, attribution_only=False)), path) != value


@pytest.mark.parametrize("key", sorted(VENDORS.keys() - {key for key, _, _ in RESTRICTED}))
def test_a_vendor_without_a_word_for_it_does_not_get_it(key: str) -> None:
    read = composed(key, attribution_only=True)
    assert read.limited or read.skip is Reason.LIMITED_DATA


@pytest.mark.parametrize(
    ("key", "path", "granted"),
    [
        ("ga4", "consent.ad_user_data", "GRANTED"),
        ("ga4", "consent.ad_personalization", "GRANTED"),
        ("google_ads", "events.0.consent.adUserData", "CONSENT_GRANTED"),
        ("google_ads", "events.0.consent.adPersonalization", "CONSENT_GRANTED"),
    ],
)
def test_only_an_explicit_yes_is_claimed(key: str, path: str, granted: str) -> None:
    read = composed(key, attribution_only=False)
    assert at(written(key, read), path) == granted
    assert at(written(key, read, IMPLIED), path) is None


def test_microsoft_hears_that_storage_was_granted() -> None:
    read = composed("microsoft", attribution_only=False)
    assert at(written("microsoft", read), "data.0.adStorageConsent") == "G"


def test_a_refusal_in_the_beacon_is_not_overwritten_by_the_visitors_yes() -> None:
    read = composed("ga4", attribution_only=True)
    body = written("ga4", read)
    assert body["consent"] == {"ad_user_data": "GRANTED", "ad_personalization": "DENIED"}


def test_a_yes_that_was_told_does_not_share_a_call_with_one_that_was_not() -> None:
    read = composed("ga4", attribution_only=False)
    both = [make_beacon(read, vendor="ga4", verdict=each) for each in (EXPLICIT, IMPLIED)]
    assert len({VENDORS["ga4"].batch_key(each) for each in both}) == len(both)
