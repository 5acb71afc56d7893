"""What a site has decided about consent: which rules hold, how its platform names its groups."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from firsthand.vendors import VENDORS

MAX_AGE_CEILING = 395
HIGHEST_ID = 65_535
_PLACE = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")


class RuleSet(StrEnum):
    """Which law's pattern holds for a site's visitors."""

    OPTIN = "optin"  # nothing without an explicit yes (EEA, UK, Switzerland)
    OPTOUT = "optout"  # allowed until refused (US states with a privacy law)
    NOTICE = "notice"  # as optout, where no law asks for more


class WhenUnknown(StrEnum):
    """What holds for a visitor who has said nothing, outside ``optin``."""

    DENY = "deny"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Groups:
    """Ids of a consent platform's groups by purpose. All of a purpose's groups must be accepted."""

    analytics: tuple[str, ...] = field(
        default=(), metadata={"doc": "Groups that stand for analytics."}
    )
    marketing: tuple[str, ...] = field(
        default=(), metadata={"doc": "Groups that stand for marketing."}
    )
    social: tuple[str, ...] = field(
        default=(), metadata={"doc": "Groups whose refusal denies the social vendors."}
    )
    vendors: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={
            "doc": "Choices for one vendor beside its purpose: the platform's vendors or services "
            'that must be accepted too, as { meta = ["vendors/facebook"] }.'
        },
    )
    version: int = field(
        default=0,
        metadata={
            "doc": "Lowest number of the consent text that counts, where the platform counts them."
        },
    )


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A site's consent rules. Build once at start: results are cached for each object.

    Raises ``ValueError`` when ``max_age_days`` or an id is out of bounds, or a name is no name.
    """

    rule_set: RuleSet = field(
        default=RuleSet.OPTIN,
        metadata={"doc": "Which rules hold: optin, optout or notice."},
    )
    unknown: WhenUnknown = field(
        default=WhenUnknown.DENY,
        metadata={"doc": "What holds for a visitor who has said nothing, in optout and notice."},
    )
    honour_dnt: bool = field(
        default=False, metadata={"doc": "Treat DNT: 1 as a refusal of marketing."}
    )
    max_age_days: int = field(
        default=180,
        metadata={"doc": "Days after which a consent counts as not given.", "max": MAX_AGE_CEILING},
    )
    authority: str = field(
        default="",
        metadata={
            "doc": "Source that silences other consent cookies once it has said something: for "
            "cookies that an earlier consent platform left behind. Never silences Sec-GPC, DNT or "
            "beacons."
        },
    )
    social_vendors: tuple[str, ...] = field(
        default=tuple(key for key, vendor in VENDORS.items() if vendor.social),
        metadata={"doc": "Vendors that a refusal of social media concerns too."},
    )
    tcf_ids: Mapping[str, int] = field(
        default_factory=dict,
        metadata={
            "doc": "Vendors' ids on the IAB's Global Vendor List, where ours are out of date; 0: "
            "not listed, follows the purposes alone."
        },
    )
    ac_ids: Mapping[str, int] = field(
        default_factory=dict,
        metadata={
            "doc": "Vendors' ids among Google's ad technology providers, where ours are out of "
            "date; 0: not listed, an Additional Consent string does not concern it."
        },
    )
    groups: Mapping[str, Groups] = field(
        default_factory=dict,
        metadata={"doc": "Group ids by source, where a consent platform's own were renamed."},
    )
    by_place: bool = field(
        default=False,
        metadata={
            "doc": "Whether the rules are those of the visitor's place, as the front tells it "
            "(listen.country_header, listen.region_header), and optin where it tells none; "
            "rule_set holds only without."
        },
    )
    regions: Mapping[str, RuleSet] = field(
        default_factory=dict,
        metadata={
            "doc": 'Rules by country or part, where ours are not yours: { BR = "notice", US-UT = '
            '"notice" }. Ours: optin in the EEA, the UK, Switzerland, Brazil and Quebec, optout in '
            "US states with a privacy law and in the US where the state is not told, else notice."
        },
    )

    page_crowd: int = field(
        default=10,
        metadata={
            "doc": "Visitors that a page must have had before its path is named where events are "
            "counted that came before the visitor decided; until then it is (other)."
        },
    )

    def __post_init__(self) -> None:
        if not 1 <= self.max_age_days <= MAX_AGE_CEILING:
            raise ValueError(f"max_age_days: must be within 1 and {MAX_AGE_CEILING}")
        for place in self.regions:
            if not _PLACE.fullmatch(place):
                raise ValueError(f"regions: {place!r}: write DE or US-CA")
        for name, ids in (("tcf_ids", self.tcf_ids), ("ac_ids", self.ac_ids)):
            if not all(0 <= number <= HIGHEST_ID for number in ids.values()):
                raise ValueError(f"{name}: ids must be within 0 and {HIGHEST_ID}")
