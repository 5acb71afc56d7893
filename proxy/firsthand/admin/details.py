"""What else is to be said of an account, in lines: worth, dedup, robots, keys, holdout. Pure.

Each line is plain text that claims no more than its figures; what has no figures has no line.
"""

from collections.abc import Iterator

from firsthand.admin import words
from firsthand.admin.dedup import Dedup, Proof
from firsthand.admin.figures import Rate
from firsthand.admin.matchquality import Quality
from firsthand.admin.report import AccountReport
from firsthand.admin.robots import Robots
from firsthand.admin.worth import Sums

GAINS = 3
"""So many keys are named, those that would add the most."""


def details(account: AccountReport) -> list[str]:
    """Return the lines."""
    lines = [_worth(each) for each in account.money]
    if account.explained is not None:
        lines.append(f"explained: {_share(account.explained)} of what did not match")
    lines += [*_dedup(account.dedup), *_robots(account.robots), *_quality(account.quality)]
    if account.lift is not None:
        lines.append(f"holdout: {account.lift.says}")
    return lines


def _worth(sums: Sums) -> str:
    code = sums.currency or "no currency"
    told = [("browser", sums.browser), ("server", sums.server), ("built, not sent", sums.built)]
    told += [("browser alone", sums.browser_only), ("server alone", sums.server_only)]
    told.append(("would be server alone", sums.would_server_only))
    parts = [f"{name} {amount}" for name, amount in told if amount != "0.00"]
    return f"purchases, {code}: {', '.join(parts) or 'none delivered'}"


def _share(rate: Rate) -> str:
    of = f"{words.number(rate.hits)} of {words.number(rate.of)}"
    interval = f"{words.percent(rate.low)} - {words.percent(rate.high)}"
    return f"{words.percent(rate.share)} ({of}; 95% interval {interval})"


def _dedup(dedup: Dedup) -> Iterator[str]:
    window = words.duration(dedup.window_ms) + (", a guess" if dedup.assumed else "")
    twice = [
        (dedup.missing, "without a key in the browser"),
        (dedup.late, f"after the window ({window})"),
        (dedup.changed, "with one order under another key"),
    ]
    if dedup.single is not None:
        parts = [_proof(proof, why) for proof, why in twice if proof.n]
        line = f"counted once: {_share(dedup.single)}"
        yield f"{line}; twice: {', '.join(parts)}" if parts else line
    forecast = [
        (dedup.would_missing, "without a key in the browser"),
        (dedup.would_changed, "with one order under another key"),
    ]
    would = [_proof(proof, why) for proof, why in forecast if proof.n]
    if dedup.would_once.n or would:
        line = f"would be counted once: {words.number(dedup.would_once.n)}"
        yield f"{line}; twice: {', '.join(would)}" if would else line
    if dedup.clashes.n:
        yield f"clashing keys: {_proof(dedup.clashes, 'one key for several events')}"


def _proof(proof: Proof, why: str) -> str:
    example = f" (event {proof.example})" if proof.example else ""
    return f"{words.number(proof.n)} {why}{example}"


def _robots(robots: Robots) -> Iterator[str]:
    if not robots.suspects:
        return
    signs = ", ".join(f"{words.number(sign.n)} {sign.words}" for sign in robots.signs)
    kept_off = f"{words.number(robots.withheld)} kept off the server path"
    line = f"robots: {words.number(robots.suspects)} events with a sign of one, {kept_off}"
    yield f"{line} ({signs})" if signs else line


def _quality(quality: Quality | None) -> Iterator[str]:
    if quality is None:
        return
    name = quality.name or "match quality"
    line = f"{name}, estimated: {quality.server:.1f} of 10 (browser path {quality.client:.1f})"
    gains = [
        f"{words.MATCH_KEY[gain.key].lower()} +{gain.by:.1f}"
        for gain in quality.gains[:GAINS]
        if gain.by >= 0.05  # noqa: PLR2004 - what rounds to nothing is not worth naming
    ]
    yield f"{line}; on every event: {', '.join(gains)}" if gains else line
