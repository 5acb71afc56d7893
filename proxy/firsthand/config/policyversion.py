"""The version of all that decides on consent: the configuration that bears on it, and the code.

The code counts by its bytes, so that no change of a rule or of a vendor's field table goes without
a new version because somebody forgot to give it one.
"""

import dataclasses
from functools import cache
from hashlib import sha256
from pathlib import Path

from firsthand import __version__, rules, vendors
from firsthand.rules.receipts import DIGEST_DIGITS, Record, canonical, digest
from firsthand.rules.site import Account, Site


@cache
def code_version() -> str:
    """Return a digest (16 hex digits) over the rules and the vendors' modules, as installed."""
    found = sha256()
    for package in (rules, vendors):
        top = Path(package.__path__[0])
        for path in sorted(top.rglob("*.py")):
            found.update(f"{path.relative_to(top)}\0".encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:DIGEST_DIGITS]


def described(site: Site) -> Record:
    """Return what a policy version stands for, as the chain of receipts tells it. No secrets."""
    return {
        "version": site.policy,
        "firsthand": __version__,
        "code": code_version(),
        "configuration": _configuration(site),
    }


def version(site: Site) -> str:
    """Return the version (16 hex digits) of a site's policy."""
    return digest(canonical([code_version(), _configuration(site)]))


def _configuration(site: Site) -> Record:
    policy = {
        each.name: getattr(site.consent, each.name) for each in dataclasses.fields(site.consent)
    }
    groups = {key: dataclasses.asdict(found) for key, found in site.consent.groups.items()}
    return {
        "consent": {**policy, "groups": groups},
        "gate_scripts": site.gate_scripts,
        "when_blocked": site.when_blocked,
        "bots": site.bots,
        "page_contacts": site.page_contacts,
        "accounts": [_account(site.accounts[key]) for key in sorted(site.accounts)],
    }


def _account(account: Account) -> Record:
    return {
        "vendor": account.vendor.key,
        "account": account.id,
        "second": account.second,
        "mode": account.mode,
        "forward_limited": account.forward_limited,
    }
