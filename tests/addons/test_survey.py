"""What a site's traffic tells of it, request by request."""

import json

from addons.sighting import Asked, any_site, sight
from addons.survey import UNREAD, Survey
from firsthand.config.load import loads
from firsthand.draft import draft

SHOP = "shop.example.com"
NOW = 1_795_500_001_000
YES = (
    "OptanonConsent=groups%3DC0001%253A1%252CC0002%253A1%252CC0004%253A1%26interactionCount%3D1"
    "%26AwaitingReconsent%3Dfalse"
)


def ask(host: str, target: str = "/", cookie: str = "", page: str = SHOP) -> Asked:
    headers = {"referer": f"https://{page}/"} | ({"cookie": cookie} if cookie else {})
    return Asked("GET", host.partition(":")[0], target, headers, b"", NOW)


def see(survey: Survey, host: str, target: str, page: str = SHOP, suffix: str = "") -> None:
    asked = ask(host, target, page=page)
    found = sight(asked, any_site(suffix))
    assert found is not None
    survey.see(found, asked, host)


def purchase(pixel: str = "1234567890123456") -> str:
    return f"/tr/?id={pixel}&ev=Purchase&ud[em]={'a' * 64}"


def surveyed(*pages: str) -> Survey:
    survey = Survey()
    for page in pages or (SHOP,):
        survey.page(page)
    return survey


def test_accounts_events_and_the_usual_tracking_host() -> None:
    survey = surveyed("www.example.com", "shop.example.com", "www.example.com")
    see(survey, "www.facebook.com", purchase())
    see(survey, "www.facebook.com", purchase("9234567890123456"))
    see(survey, "connect.facebook.net", "/signals/config/1234567890123456?v=2.9.248")
    found = survey.outline()
    assert found.hosts == ("www.example.com", "shop.example.com")
    assert found.tracking_host == "trk.example.com"
    assert [(each.account, each.events) for each in found.accounts] == [
        ("1234567890123456", ("Purchase",)),
        ("9234567890123456", ("Purchase",)),
    ]
    assert loads(draft(found, "a test"), "shop.toml").site.hosts == found.hosts
    shown = survey.shown()
    assert shown["pages"] == 3
    assert "contact" in shown["vendors"]["meta"]["kinds"]
    assert "a" * 64 not in json.dumps(shown)


def test_what_other_sites_do_is_left_out() -> None:
    survey = surveyed()
    survey.page("www.elsewhere.example")
    survey.visit(ask("www.elsewhere.example", cookie=YES))
    see(survey, "www.facebook.com", purchase(), page="www.elsewhere.example")
    assert survey.outline().hosts == (SHOP,)
    assert survey.outline().accounts == ()
    assert survey.shown()["consent"] == []


def test_a_named_site_is_the_site_whatever_comes_first() -> None:
    survey = Survey(SHOP)
    survey.page("www.elsewhere.example")
    survey.page(SHOP)
    assert survey.outline().hosts == (SHOP,)


def test_consent_is_what_the_sites_cookies_say() -> None:
    survey = surveyed()
    assert survey.outline().notes == (UNREAD,)
    survey.visit(ask(SHOP, cookie=YES))
    survey.visit(ask(SHOP, cookie="cart=1"))
    assert survey.shown()["granted"] == {"analytics": True, "marketing": True}
    assert survey.outline().notes == (
        "Seen on the site: onetrust: analytics granted, marketing granted.",
    )


def test_a_tracking_host_that_is_there_already() -> None:
    survey = surveyed()
    see(survey, "t.shop.example.com", f"/www.facebook.com{purchase()}")
    assert survey.outline().tracking_host == "t.shop.example.com"
    assert survey.outline().base_path == ""


def test_a_tracking_path_that_is_there_already() -> None:
    survey = surveyed()
    see(survey, SHOP, f"/m/www.facebook.com{purchase()}")
    found = survey.outline()
    assert (found.hosts, found.tracking_host, found.base_path) == ((SHOP,), SHOP, "/m")


def test_the_sandbox_has_names_of_its_own() -> None:
    survey = Survey("shop.localhost:8090", ".vendors.localhost")
    survey.page("shop.localhost:8090")
    host = "www.facebook.com.vendors.localhost:8090"
    see(survey, host, purchase(), page="shop.localhost", suffix=".vendors.localhost")
    found = survey.outline()
    assert found.vendor_suffix == ".vendors.localhost:8090"
    assert found.tracking_host == "trk.shop.localhost:8080"


def test_of_a_google_tag_and_its_conversion_the_conversion_is_the_account() -> None:
    survey = surveyed()
    conversion = "/pagead/conversion/123456789/?label=AbC-D_efG&en=conversion&value=1"
    see(survey, "www.googleadservices.com", conversion)
    see(survey, "www.google.com", "/ccm/collect?tid=AW-123456789&en=page_view")
    accounts = [each.account for each in survey.outline().accounts]
    assert accounts == ["AW-123456789/AbC-D_efG"]


def test_a_vendor_without_an_account_is_told_of() -> None:
    survey = surveyed()
    see(survey, "www.facebook.com", "/tr/?ev=PageView")
    assert survey.outline().accounts == ()
    assert survey.shown()["vendors"]["meta"]["accounts"] == {}


def test_what_the_pixel_makes_up_by_itself_is_no_event_of_the_site() -> None:
    survey = surveyed()
    see(survey, "www.facebook.com", "/tr/?id=1234567890123456&ev=SubscribedButtonClick")
    (account,) = survey.outline().accounts
    assert account.events == ()


def test_a_tag_manager_is_told_of() -> None:
    survey = surveyed()
    for target in (
        "/gtm.js?id=GTM-ABC123",
        "/gtm.js?l=x&id=GTM-DEF456",
        "/gtag/js?id=G-ABC1234567",
    ):
        survey.visit(ask("www.googletagmanager.com", target))
    survey.visit(ask("elsewhere.example", "/gtm.js?id=GTM-GHI789"))
    assert survey.shown()["containers"] == ["GTM-ABC123", "GTM-DEF456"]
