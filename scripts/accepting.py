"""Accepts a consent banner as a visitor does: by clicking the button that says so.

Nothing is written into the platform's storage, and none of its functions is called: what follows
is what follows for a visitor. Where no such button is found, nobody has agreed to anything.

Source: the ids and classes of the platforms' own buttons as the public rules of autoconsent
(version 16) name them, read 2026-11-24.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.async_api import Error, Frame, Locator, Page

BUTTONS = {
    "OneTrust": "#onetrust-accept-btn-handler, #accept-recommended-btn-handler",
    "Cookiebot": "#CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll,"
    " #CybotCookiebotDialogBodyButtonAccept, #CybotCookiebotDialogBodyLevelButtonAccept",
    "Didomi": "#didomi-notice-agree-button",
    "Usercentrics": '[data-testid="uc-accept-all-button"], #uc-btn-accept-banner',
    "CookieYes": '.cky-consent-container [data-cky-tag="accept-button"],'
    ' [data-cli_action="accept_all"]',
    "Complianz": ".cmplz-cookiebanner .cmplz-accept",
    "Klaro": ".klaro .cm-btn-accept-all, .klaro .cookie-notice .cm-btn-success",
    "Borlabs": "a[data-cookie-accept-all], .brlbs-btn-accept-all",
    "iubenda": ".iubenda-cs-accept-btn",
    "TrustArc": "#truste-consent-button",
    "Axeptio": "button#axeptio_btn_acceptAll",
    "Quantcast": '.qc-cmp2-summary-buttons > button[mode="primary"]',
    "Consentmanager": ".cmpboxbtnyes, #cmpwelcomebtnyes",
    "Civic": "#ccc-recommended-settings, #ccc-notify-accept, .ccc-accept-button",
    "Osano": ".osano-cm-accept-all",
    "CookieConsent": ".cm__btn[data-role=all], .cc-window .cc-allow",
    "CookieFirst": "button[data-cookiefirst-action=accept]",
    "Cookie Information": "#coiPage-1 .coi-banner__accept",
    "CookieHub": ".ch2-allow-all-btn",
    "Cookie-Script": "#cookiescript_accept",
    "tarteaucitron": "#tarteaucitronPersonalize2",
    "Pandectes": "#pandectes-banner .cc-allow",
    "Shopify": "#shopify-pc__banner__btn-accept",
    "Termly": '[data-tid="banner-accept"]',
    "Sourcepoint": ".sp_choice_type_11, .sp_choice_type_ACCEPT_ALL",
}
WORDS = re.compile(
    r"^\s*(accept all( cookies)?|allow all( cookies)?|agree to all|accept cookies|i accept all"
    r"|alle(n)? (cookies )?(akzeptieren|zulassen|annehmen|zustimmen)|alles akzeptieren"
    r"|tout accepter|accepter tout|accepter et fermer|aceptar todo|aceptar todas( las cookies)?"
    r"|accetta tutt[oi]|alle(s)? (cookies )?(accepteren|toestaan)|alles accepteren|aceitar tudo"
    r"|aceitar todos|zaakceptuj wszystkie|akceptuj wszystkie|godkänn alla|acceptera alla"
    r"|accepter alle|godta alle|hyväksy kaikki|přijmout vše|přijmout všechny|elfogadom mindet"
    r"|accept[aă] toate|αποδοχή όλων|прийняти все)\s*$",
    re.IGNORECASE,
)
PATIENCE_MS = 6000
PAUSE_MS = 200


@dataclass(frozen=True, slots=True)
class Accepted:
    """How consent was given. ``by`` is empty where it was not."""

    by: str

    def __str__(self) -> str:
        if self.by:
            return f"accepted with {self.by}"
        return (
            "not given: no accept button that is known was found, so only what loads without it"
            " was seen; accept by hand behind scripts/inspect to see the rest"
        )


async def accept(page: Page, patience_ms: int = PATIENCE_MS) -> Accepted:
    """Click the banner's accept button, if one shows up within a few seconds."""
    for _ in range(patience_ms // PAUSE_MS):
        for by, button in _candidates(page):
            if await _clicked(button):
                return Accepted(by)
        await page.wait_for_timeout(PAUSE_MS)
    return Accepted("")


def _candidates(page: Page) -> Iterator[tuple[str, Locator]]:
    """Yield buttons: those of known platforms first, in frames too, then what says it in words."""
    for frame in page.frames:
        for name, selector in BUTTONS.items():
            yield f"the button of {name}", frame.locator(selector).first
    for frame in page.frames:
        yield "a button that says so", _by_words(frame)


def _by_words(frame: Frame) -> Locator:
    return frame.get_by_role("button").filter(has_text=WORDS).first


async def _clicked(button: Locator) -> bool:
    """Click what a visitor could click. A frame may be gone, or a banner on its way out."""
    try:
        if not await button.is_visible():
            return False
        await button.click(timeout=2000)
    except Error:
        return False
    return True
