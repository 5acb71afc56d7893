"""Where a visitor is -> which law's pattern holds. Nothing here guesses.

The place is what a trusted front says in a header (Cloudflare ``CF-IPCountry``, CloudFront
``CloudFront-Viewer-Country``, a geo module of nginx's); no address is looked up here, and nothing
that a page or a cookie says can name a place: it could only loosen the rules. Where the front says
nothing, or a code that is no country (``XX``, ``T1``, ``EU``), the strictest rules hold. A country
whose parts differ is as strict as its strictest part, until the part is told.

Sources: GDPR's territory (EEA; the outermost regions of TFEU art. 349), UK GDPR with the laws of
the Crown dependencies and Gibraltar, Swiss FADP, Brazil's LGPD, Quebec's Law 25; the US states are
those that have a section of their own in the IAB's Global Privacy Platform. Read 2026-11-24. What
an operator's lawyer says instead goes into ``consent.regions``.
"""

from collections.abc import Mapping

from firsthand.rules.consent.policy import Policy, RuleSet

_OPTIN = frozenset(
    """
    AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK
    IS LI NO
    AX GF GP MF MQ RE YT SJ
    GB GG GI IM JE
    CH BR CA CA-QC
    """.split()  # noqa: SIM905 - a list of codes, not of quotation marks
)
_STATES = "CA VA CO CT UT FL MT OR TX DE IA NE NH NJ TN MN MD IN KY RI".split()  # noqa: SIM905 - as above
DEFAULTS: Mapping[str, RuleSet] = {
    **dict.fromkeys(_OPTIN, RuleSet.OPTIN),
    **dict.fromkeys(["US", *(f"US-{state}" for state in _STATES)], RuleSet.OPTOUT),
}
"""By country, or country and part; ``notice`` for all other places that are told."""

_SPLIT = frozenset({"CA", "US"})
"""Countries of which a part that is not in the list is like a country that is not in it."""


def rules_in(policy: Policy, place: str) -> RuleSet:
    """Return the rules for a visitor at ``place``; the site's own where places do not matter."""
    if not policy.by_place:
        return policy.rule_set
    country = place.partition("-")[0]
    if not country:
        return RuleSet.OPTIN
    own = policy.regions
    if place in own or country in own:
        return own.get(place) or own[country]
    if place in DEFAULTS:
        return DEFAULTS[place]
    whole = DEFAULTS.get(country, RuleSet.NOTICE)
    return RuleSet.NOTICE if country in _SPLIT and place != country else whole
