"""What TC strings allow: purposes, publisher's segment, vendors, strings that do not count."""

from typing import Any

import pytest

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Fault, Say, Statement
from firsthand.rules.consent.tcf import DISCLOSURE_SINCE, statement
from tests.rules.consent.writer import (
    NOV_2,
    core,
    disclosed,
    pack,
    publisher,
    ranged,
    tc,
    vendors,
)

DISCLOSED = "IIzQBAF5gMkAe0BGYA"
GRANTED, UNKNOWN, DENIED = Say.GRANTED, Say.UNKNOWN, Say.DENIED
LISTED = {"ga4", "google_ads", "linkedin", "microsoft", "tiktok"}
GOOGLE = {"ga4", "google_ads"}
POLICY = Policy()


def said(text: str, policy: Policy = POLICY) -> Statement:
    return statement("tcf", text, policy)


# Made with an encoder of our own from the format's field table; created 2026-11-02, policy 5,
# vendors 755, 804, 986, 1126 disclosed.
@pytest.mark.parametrize(
    ("text", "analytics", "marketing", "without"),
    [
        (f"CQtDjkAQtDjkAEsABBENCyFgAP_gAAAAAAYgIzQBAF5gMkAe0BGYAAAAAA.{DISCLOSED}",
         GRANTED, GRANTED, set()),
        (f"CQtDjkAQtDjkAEsABBENCyFgAAAAAAAAAAYgAAAAAAAA.{DISCLOSED}", DENIED, DENIED, LISTED),
        (f"CQtDjkAQtDjkAEsABBENCyFgAIOAAAAAAAYgAAAAAAAA.{DISCLOSED}", GRANTED, DENIED, LISTED),
        (f"CQtDjkAQtDjkAEsABBENCyFgAP_gAAAAAAYgF5wAQF5gAAAA.{DISCLOSED}",
         GRANTED, GRANTED, LISTED - GOOGLE),
    ],
)  # fmt: skip
def test_samples(text: str, analytics: Say, marketing: Say, without: set[str]) -> None:
    found = said(text)
    assert (found.analytics, found.marketing) == (analytics, marketing)
    assert set(found.without) == without
    assert (found.error, found.notes) == (None, ())
    assert (found.explicit, found.decided_at, found.yields) == (True, NOV_2, True)


@pytest.mark.parametrize(
    ("purposes", "analytics", "marketing"),
    [
        ([1, 8], GRANTED, DENIED),
        ([8], DENIED, DENIED),
        ([1, 7], DENIED, DENIED),
        ([1, 3, 4, 7], DENIED, GRANTED),
        *[
            ([each for each in (1, 3, 4, 7) if each != left], DENIED, DENIED)
            for left in (1, 3, 4, 7)
        ],
        (range(1, 25), GRANTED, GRANTED),
    ],
)
def test_which_purposes_are_needed(purposes: Any, analytics: Say, marketing: Say) -> None:
    found = said(tc(purposes=purposes))
    assert (found.analytics, found.marketing) == (analytics, marketing)


def test_legitimate_interest_is_no_consent() -> None:
    found = said(tc(purposes=(), interests=range(1, 25), vendor_interests=vendors([755])))
    assert (found.analytics, found.marketing) == (DENIED, DENIED)
    assert "ga4" in said(tc(vendors=vendors(), vendor_interests=vendors([755]))).without


@pytest.mark.parametrize(
    "text", [tc(treatment=1), tc(disclosed(755), publisher([1, 8]), treatment=1)]
)
def test_purpose_one_that_was_not_asked(text: str) -> None:
    assert (said(text).analytics, said(text).marketing) == (DENIED, DENIED)


@pytest.mark.parametrize(
    ("segment", "analytics"),
    [
        (publisher(), GRANTED),  # encoders append it empty
        (publisher([1, 8]), GRANTED),
        (publisher([1]), DENIED),
        (publisher((), [8]), DENIED),
        (publisher((), (), own="0"), DENIED),
        (publisher((), (), own="1"), DENIED),
    ],
)
def test_the_publishers_own_segment_decides_on_analytics(segment: str, analytics: Say) -> None:
    assert said(tc(disclosed(755), segment)).analytics is analytics
    assert said(tc(disclosed(755), segment)).marketing is GRANTED


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"vendors": vendors([755])}, set()),
        ({"vendors": ranged((700, 800))}, set()),
        ({"vendors": vendors([754, 756])}, GOOGLE),
        ({"restrictions": [(7, 0, [(755, 755)])]}, {"google_ads"}),
        ({"restrictions": [(7, 2, [(700, 800)])]}, {"google_ads"}),
        ({"restrictions": [(7, 1, [(755, 755)])]}, set()),
        ({"restrictions": [(7, 0, [(754, 754), (756, 900)])]}, set()),
        ({"restrictions": [(2, 0, [(755, 755)])]}, set()),
        ({"restrictions": [(8, 0, [(755, 755)])]}, {"ga4"}),
        ({"restrictions": [(2, 1, []), (1, 0, [(755, 755)])]}, GOOGLE),
    ],
)
def test_vendors_need_their_own_consent(given: dict[str, Any], refused: set[str]) -> None:
    found = said(tc(**given))
    assert set(found.without) & GOOGLE == refused
    assert found.marketing is GRANTED


def test_vendors_must_have_been_disclosed() -> None:
    everybody = vendors([755, 804, 986, 1126])
    assert set(said(tc(disclosed(755, 804), vendors=everybody)).without) == {"microsoft", "tiktok"}


def test_vendors_off_the_list_follow_the_purposes() -> None:
    assert LISTED.isdisjoint({"meta", "pinterest", "snapchat", "reddit", "x", "openai"})
    assert "meta" not in said(tc()).without
    assert "meta" in said(tc(), Policy(tcf_ids={"meta": 1234})).without
    assert "linkedin" not in said(tc(), Policy(tcf_ids={"linkedin": 0})).without
    assert "linkedin" not in said(tc(), Policy(tcf_ids={"linkedin": 755})).without


# TCF policies: versions before 4 are invalid since 2023-09-30. TCF 2.3: disclosed vendors in every
# string made after 2026-02-28. Read 2026-11.
@pytest.mark.parametrize(
    ("text", "note"),
    [
        (tc(policy=3), "old_policy"),
        (tc(policy=6), "unknown_policy"),
        (tc(specific=0), "global_scope"),
        (pack(core()), "none_disclosed"),
        (pack(core(created=DISCLOSURE_SINCE)), "none_disclosed"),
    ],
)
def test_strings_that_do_not_count_grant_nothing(text: str, note: str) -> None:
    found = said(text)
    assert (found.analytics, found.marketing) == (UNKNOWN, UNKNOWN)
    assert found.notes == (note,)
    assert found.error is None


@pytest.mark.parametrize("text", [tc(policy=4), pack(core(created=DISCLOSURE_SINCE - 100))])
def test_strings_that_still_count(text: str) -> None:
    assert said(text).marketing is GRANTED


def test_a_refusal_in_a_string_that_does_not_count_stays_one() -> None:
    assert said(tc(policy=3, purposes=())).marketing is DENIED


@pytest.mark.parametrize(
    ("text", "fault"), [("=", Fault.MALFORMED), (tc(version=1), Fault.VERSION)]
)
def test_what_cannot_be_read_is_an_error(text: str, fault: Fault) -> None:
    assert said(text) == Statement("tcf", error=fault, yields=True)
