"""The inventory of scripts, their changes and approvals, as an assessor asks for them. Pure.

PCI DSS 4.0.1 asks in 6.4.3 that each script of a payment page is authorized, that its integrity is
assured and that an inventory says why it is necessary, and in 11.6.1 that unauthorized changes of
scripts and of security-impacting headers as browsers receive them are noticed at least weekly
(wording as quoted by myctrl.tools, read 2026-11-24). This covers the scripts that Firsthand serves,
at the place where it serves them; other scripts of the page and its headers it does not see.
"""

import csv
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from firsthand.admin.custody import ScriptRow
from firsthand.model import Purpose
from firsthand.rules.site import Site
from firsthand.store.custody import LogLine

ABOUT = (
    "Evidence on the vendor scripts that Firsthand serves, for PCI DSS 6.4.3 (inventory,"
    " justification, authorization, integrity) and 11.6.1 (detection of changes). It is no"
    " statement of compliance: other scripts of a page, the page's HTTP headers and what a"
    " browser received in the end are outside its sight."
)
PURPOSE: Mapping[str, str] = {
    Purpose.ANALYTICS: "measures the use of the site",
    Purpose.MARKETING: "measures and optimises advertising",
}
TABLES = ("inventory", "changes", "decisions")
_FORMULA = re.compile(r"[=+\-@\t\r]")


def evidence(
    rows: Sequence[ScriptRow], log: Sequence[LogLine], site: Site, *, broken: int, now: int
) -> dict[str, Any]:
    """Return the export. ``broken``: id of the first line of the log that was changed, or 0."""
    return {
        "about": ABOUT,
        "site": site.name,
        "made_at": _time(now),
        "inventory": [_script(row, site) for row in rows],
        "changes": [change for row in rows for change in _changes(row)],
        "decisions": [_decision(line) for line in log],
        "log_intact": not broken,
        "log_first_broken": broken,
    }


def as_csv(table: Sequence[Mapping[str, Any]]) -> str:
    """Return a table for spreadsheets; no cell of it is taken for a formula there."""
    out = StringIO()
    if table:
        writer = csv.DictWriter(out, fieldnames=list(table[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in table)
    return out.getvalue()


def _cell(value: Any) -> Any:  # noqa: ANN401 - any plain value
    text = "; ".join(value) if isinstance(value, list) else value
    if isinstance(text, str) and _FORMULA.match(text):
        return "'" + text
    return text


def _script(row: ScriptRow, site: Site) -> dict[str, Any]:
    served = row.served.version if row.served else None
    return {
        "vendor": row.title,
        "address": row.entry.address,
        "loaded_from": f"{site.tracking_url}/{row.entry.address}",
        "justification": _why(row, site),
        "policy": row.policy,
        "sha256": served.digest if served else "",
        "integrity": _integrity(served.digest) if served else "",
        "authorized": row.served.standing if row.served else "not served",
        "authorized_by": served.decided_by if served else "",
        "authorized_at": _time(served.decided_at) if served else "",
        "last_checked_at": _time(row.entry.checked_at),
        "state": row.state,
        "trouble_since": _time(row.entry.trouble_since),
    }


def _why(row: ScriptRow, site: Site) -> str:
    own = site.scripts.purposes.get(row.entry.vendor)
    vendor = site.vendors.get(row.entry.vendor)
    return own or (f"{vendor.title}: {PURPOSE[vendor.purpose]}" if vendor else "not configured")


def _integrity(digest: str) -> str:
    """Return a SHA-256 as integrity attributes spell it."""
    return f"sha256-{b64encode(bytes.fromhex(digest)).decode()}"


def _changes(row: ScriptRow) -> Iterable[dict[str, Any]]:
    for each in row.versions:
        version = each.version
        yield {
            "vendor": row.title,
            "address": row.entry.address,
            "sha256": version.digest,
            "bytes": version.size,
            "first_seen_at": _time(version.first_seen),
            "last_seen_at": _time(version.last_seen),
            "vendor_etag": version.etag,
            "vendor_last_modified": version.modified,
            "standing": version.standing.value,
            "decided_by": version.decided_by,
            "decided_at": _time(version.decided_at),
            "compared_with": version.against,
            "alarms": list(each.alarms),
            "notes": list(each.notes),
        }


def _decision(line: LogLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "at": _time(line.at),
        "who": line.who,
        "what": line.what,
        "vendor": line.vendor,
        "address": line.address,
        "hash": line.hash,
        "reason": line.reason,
        "chain": line.chain,
    }


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds") if ms else ""
