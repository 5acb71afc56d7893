"""The policy's version follows whatever decides on consent, and nothing else."""

from dataclasses import replace

import pytest

from firsthand.config.policyversion import code_version, described, version
from firsthand.model import Mode
from firsthand.rules.consent.policy import Groups, Policy, RuleSet
from firsthand.rules.receipts import canonical
from firsthand.rules.site import Site, WhenBlocked, WhenBot
from tests.samples import shop

SITE = shop()


@pytest.mark.parametrize(
    "other",
    [
        replace(SITE, consent=Policy(rule_set=RuleSet.OPTOUT)),
        replace(SITE, consent=Policy(groups={"onetrust": Groups(marketing=("C0009",))})),
        replace(SITE, gate_scripts=False),
        replace(SITE, when_blocked=WhenBlocked.WITHHOLD),
        replace(SITE, bots=WhenBot.SEND),
        replace(SITE, page_contacts=True),
        shop(Mode.SHADOW),
    ],
)
def test_what_bears_on_consent_makes_another_version(other: Site) -> None:
    assert version(other) != version(SITE)


def test_what_does_not_makes_none() -> None:
    assert version(replace(SITE, secret=b"another", ingest_key=b"x")) == version(SITE)
    assert version(shop()) == version(SITE)


def test_a_policy_is_described_without_secrets() -> None:
    site = replace(SITE, policy=version(SITE), ingest_key=b"the ingest key")
    told = canonical(described(site)).decode()
    assert site.policy in told
    assert code_version() in told
    assert "ingest" not in told
    assert site.secret.decode() not in told
