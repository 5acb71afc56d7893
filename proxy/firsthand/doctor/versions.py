"""API versions in use, and the day after which a vendor does not answer them any more."""

from datetime import UTC, date, datetime

from firsthand.check import SOON_DAYS
from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import Patient
from firsthand.model import Mode
from firsthand.rules.site import Account
from firsthand.serve.plan import now


async def look(patient: Patient) -> list[Finding]:
    """Return a finding ``version`` for each account that uses an API."""
    today = datetime.fromtimestamp(now() / 1000, UTC).date()
    return [
        judged(account, today)
        for account in patient.site.accounts.values()
        if account.mode is not Mode.RELAY
    ]


def judged(account: Account, today: date) -> Finding:
    """Return what an account's API version comes to on ``today``."""
    vendor = account.vendor
    about = f"{vendor.key} {account.id}"
    used = getattr(account.settings, "version", "") or vendor.versions[0].name
    known = next((each for each in vendor.versions if each.name == used), None)
    if known is None:
        return Finding(
            "version",
            about,
            Result.WARN,
            f"API version {used} is not one that Firsthand knows",
            "whether and how long it answers is not known",
            f"use {vendor.versions[0].name}",
            code="unknown",
        )
    if known.ends is None:
        return Finding("version", about, Result.OK, f"{used}: no end is announced")
    days = (known.ends - today).days
    found = f"{used} ends on {known.ends} ({days} days)"
    if days >= SOON_DAYS:
        return Finding("version", about, Result.OK, found)
    return Finding(
        "version",
        about,
        Result.FAIL if days < 0 else Result.WARN,
        found,
        "the vendor refuses every event after it",
        f'set version = "{vendor.versions[0].name}" for this account',
        code="ended" if days < 0 else "ends",
    )
