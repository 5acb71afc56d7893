from dataclasses import replace

import pytest

from firsthand.model import Hit, Withdrawal
from firsthand.rules.decide import Decision, decide
from firsthand.rules.question import answer
from firsthand.rules.withdrawal import withdraw
from tests.samples import ANALYTICS_ONLY, GRANTED, REFUSED, meta_hit, shop

SITE = shop()


def on(found: Hit) -> Decision:
    return decide(found, SITE, SITE.vendors["meta"])


SOCIAL_REFUSED = (
    "OptanonConsent=isGpcEnabled=0&interactionCount=2&AwaitingReconsent=false"
    "&groups=C0001%3A1%2CC0002%3A1%2CC0004%3A1%2CC0005%3A0"
)
FBP, GA = "_fbp=fb.1.1795000000000.1098115397", "_ga=GA1.1.1098115397.1795000000"


@pytest.mark.parametrize(
    ("cookie", "vendors", "expired"),
    [
        (GRANTED, set(), set()),
        (REFUSED, {"ga4", "meta"}, {"_fbp", "_ga", "fh_keep"}),
        # Google's code may still run, and needs its cookie; our server path may send nothing.
        (ANALYTICS_ONLY, {"ga4", "meta"}, {"_fbp", "fh_keep"}),
        ("fh_consent=1.a0m1.1795400000.fh", {"ga4"}, {"_ga"}),
        (SOCIAL_REFUSED, {"meta"}, {"_fbp"}),
    ],
)
def test_withdrawal_names_subject_and_vendor_and_expires_cookies(
    cookie: str, vendors: set[str], expired: set[str]
) -> None:
    first = on(meta_hit())
    keeper = next(line for line in first.cookies if line.startswith("fh_keep=")).partition(";")[0]
    found = meta_hit(cookie=f"{cookie}; {keeper}; {FBP}; {GA}")
    asked = replace(found, host="fh", path="/consent", query="")
    subject = first.beacons[0].subject
    for later in (on(found), answer(asked, SITE).decision):
        assert set(later.withdrawn) == {Withdrawal(subject, vendor) for vendor in vendors}
        gone = {line.partition("=")[0] for line in later.cookies if "Max-Age=0" in line}
        assert gone == expired


def test_silence_withdraws_nothing_and_uses_nothing() -> None:
    first = on(meta_hit())
    keeper = next(line for line in first.cookies if line.startswith("fh_keep=")).partition(";")[0]
    later = on(meta_hit(cookie=f"{keeper}; {FBP}"))
    assert (later.cookies, later.withdrawn, later.beacons) == ((), (), ())
    old = meta_hit(cookie=f"fh_consent=1.a1m1.1595400000.fh; {keeper}")
    assert on(old).withdrawn
    unread = meta_hit(cookie=f"fh_consent=rubbish; {keeper}")
    assert on(unread).withdrawn


def test_a_withdrawal_shows_nobody() -> None:
    assert "5f3a" not in repr(Withdrawal("5f3a", "meta"))


def test_a_forged_keeper_names_nobody() -> None:
    later = on(meta_hit(cookie=f"{REFUSED}; fh_keep=v1.e30.AAAAAAAAAAAAAAAAAAAAAA"))
    assert later.withdrawn == ()


def test_a_browser_without_a_keeper_loses_its_cookies_by_an_express_refusal_alone() -> None:
    silent = meta_hit(cookie=FBP)
    assert withdraw(silent, SITE, on(silent).verdict) == ((), ())
    refusing = meta_hit(cookie=f"{REFUSED}; {FBP}")
    lines, withdrawn = withdraw(refusing, SITE, on(refusing).verdict)
    assert {line.partition(";")[0] for line in lines} == {"_fbp="}
    assert withdrawn == ()
    assert withdraw(meta_hit(cookie=REFUSED), SITE, on(refusing).verdict) == ((), ())


def test_planted_copies_are_expired_on_the_paths_of_the_request() -> None:
    planted = meta_hit(cookie=f"{REFUSED}; fh_keep=a; fh_keep=b; {FBP}")
    lines, _ = withdraw(planted, SITE, on(planted).verdict)
    paths = {line.split("Path=")[1].partition(";")[0] for line in lines if line[:8] == "fh_keep="}
    assert paths == {"/", "/www.facebook.com", "/www.facebook.com/tr"}
    assert {line.split("Path=")[1][0:2] for line in lines if line[:5] == "_fbp="} == {"/;"}


def test_a_layouts_other_keeper_is_expired_too() -> None:
    found = meta_hit(cookie=f"{REFUSED}; __Host-fh_keep=v1.x.y")
    lines, _ = withdraw(found, SITE, on(found).verdict)
    assert lines == ("__Host-fh_keep=; Path=/; Max-Age=0; Secure; SameSite=Lax",)
