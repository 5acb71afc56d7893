"""The ``Set-Cookie`` lines of a visitor's ids: what is given back, issued anew, or taken away.

An answer has at most ``MOST_BYTES`` of them: nginx drops an answer whose head exceeds its buffer,
4 KiB by default (nginx, ``proxy_buffer_size``, read 2026-11-24). What a browser lacks comes first,
and what had no room comes with the next answer. The days' renewals begin with another row each day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from firsthand.rules import domains, keeper, verdict
from firsthand.rules.cookies import expire, set_cookie
from firsthand.rules.holding import Held, left_s
from firsthand.rules.idrows import Row
from firsthand.rules.keeper import Keeper
from firsthand.rules.site import Site

DAY_MS = 86_400_000
MOST_BYTES = 3500
MOST_IN_ALL = 2048
"""What all ids may take in a browser's ``Cookie`` header: front servers refuse long ones."""

LEAST_KEEPER = 256
_HEAD = len("Set-Cookie: \r\n")
_BETWEEN = len("; ")
_MOST_PATHS = 4


@dataclass(frozen=True, slots=True)
class Moment:
    """When lines are made, and until when the consent holds that carries them (Unix ms).

    ``planted``: the browser has several keepers, and this request's paths are where those may lie
    that are not ours.
    """

    now: int
    until: int | None = None
    planted: Sequence[str] | None = None

    def bounded(self, life_s: int) -> int:
        """Return a life in seconds that does not exceed the consent's."""
        if self.until is None:
            return life_s
        return min(life_s, max(0, self.until - self.now) // 1000)


def given(
    site: Site,
    held: Iterable[tuple[Row, Held]],
    moment: Moment,
    *,
    daily: bool,
    rejected: list[str],
) -> list[str]:
    """Return lines for what the browser lacks, and where it is ``daily`` for all that stays."""
    kept = [(row, one) for row, one in held if row.cookie.restore]
    kept.sort(key=lambda each: each[0].place)
    lacking = [each for each in kept if each[1].missing or each[1].copies]
    others = [each for each in kept if each not in lacking and not each[0].cookie.stays]
    lines: list[str] = []
    for row, one in lacking:
        if one.copies:
            lines += _elsewhere(site, row.name)
        lines += _line(site, row, one, moment, rejected)
    for row, one in _turned(others, moment.now // DAY_MS) if daily else ():
        lines += _line(site, row, one, moment, rejected)
    return lines


def _turned(held: list[tuple[Row, Held]], day: int) -> list[tuple[Row, Held]]:
    first = day % len(held) if held else 0
    return held[first:] + held[:first]


def _line(site: Site, row: Row, one: Held, moment: Moment, rejected: list[str]) -> Iterator[str]:
    life_s = moment.bounded(left_s(row.cookie, one.kept, moment.now, site.click_days))
    if life_s <= 0:
        return
    try:
        yield set_cookie(row.name, one.kept.value, domain=site.cookie_domain, max_age_s=life_s)
    except ValueError:
        rejected.append(f"cookie:{row.cookie.name}:unsendable")


def fitting(lines: list[str], last: str) -> list[str]:
    """Return the lines that one answer has room for, ``last`` among them."""
    room = MOST_BYTES - len(last) - _HEAD
    taken: list[str] = []
    for line in lines:
        room -= len(line) + _HEAD
        if room < 0:
            break
        taken.append(line)
    return [*taken, last] if last else taken


def keeper_line(site: Site, after: Keeper, moment: Moment, others: int) -> str:
    """Return the keeper's line. ``others`` is what the vendors' cookies take in the header."""
    named = len(verdict.NAME) + 14 + sum(len(key) + 1 for key in site.vendors)
    room = max(LEAST_KEEPER, MOST_IN_ALL - others - named - _BETWEEN)
    return set_cookie(
        keeper.name(site),
        keeper.encode(after, site, room=room),
        domain="" if site.base_path else site.cookie_domain,
        max_age_s=moment.bounded(keeper.LIFE_S),
        http_only=True,
    )


def taken(values: Mapping[str, str]) -> int:
    """Return how many bytes these cookies take in a ``Cookie`` header."""
    return sum(len(name) + 1 + len(value) + _BETWEEN for name, value in values.items())


def _elsewhere(site: Site, name: str) -> list[str]:
    """Return lines that expire the copies beside the one on the cookie domain."""
    narrower = [each for each in domains.settable(site) if each != site.cookie_domain]
    lines = [line for domain in ["", *narrower] for line in expire(name, domain=domain)]
    return list(dict.fromkeys(lines))


def expired(site: Site, names: Iterable[str], paths: Iterable[str] = ("/",)) -> list[str]:
    """Return lines that delete cookies on every domain that an answer can name, where ours are
    first. Ours are all on the path ``/``; what others planted under our names may not be."""
    lines = [
        line
        for path in paths
        for domain in domains.settable(site)
        for name in sorted(names)
        for line in reversed(expire(name, domain=domain, path=path))
    ]
    return list(dict.fromkeys(lines))


def paths_of(target: str) -> list[str]:
    """Return the paths beside ``/`` on which a cookie can lie that came with this request."""
    parts = [part for part in target.partition("?")[0].split("/") if part][:_MOST_PATHS]
    return ["/" + "/".join(parts[: n + 1]) for n in range(len(parts))]
