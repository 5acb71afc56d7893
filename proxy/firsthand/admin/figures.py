"""The formulas of the report: shares with their interval, percentiles, how twins are spread.

Pure. What the figures mean:

``matched``            browser ok, and the vendor's API accepted the event or accepted it with a
                       warning.
``would_match``        shadow: browser ok, and the server path was built (or taken by a door where
                       nothing counts). Never part of ``matched``: nothing was delivered.
``client_only``        browser ok, the server path did not deliver.
``server_only``        delivered by the server path; the browser's request failed or never existed.
``would_server_only``  the same in shadow.
``unseen``             the server path is fine, and how the browser's request ended is not known.
                       Unknown is not failed, so these are in neither union.
``alone``              delivered in mode ``server``, where no browser request is meant to exist.
``relayed``            sent on to a beacon door in mode ``relay``, which does not say whether it
                       counted the event. In no rate.
``neither``            no path is known to have delivered it.
``apart``              never meant for both paths (a vendor's own telemetry, prefetches).
``union``              matched + client_only + server_only; ``match`` is matched / union.
``would_union``        would_match + client_only + would_server_only; ``would`` is its share.

A span in which an account left shadow has both rates; ``client_only`` then counts against both.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, inf, sqrt

from firsthand.admin.causes import Place, place
from firsthand.model import Client, Mode, Server
from firsthand.store.rollups import Count

CLIENT_STATES = tuple(state.value or "none" for state in Client)

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share ``hits / of`` with its Wilson 95 % interval; all three are between 0 and 1."""

    hits: int
    of: int
    share: float
    low: float
    high: float


def rate(hits: int, of: int) -> Rate | None:
    """Return the share with its interval, or ``None`` when there is nothing to divide by.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), without continuity correction.
    """
    if of <= 0:
        return None
    share = hits / of
    square = Z_95 * Z_95 / of
    middle = (share + square / 2) / (1 + square)
    half = Z_95 * sqrt((share * (1 - share) + square / 4) / of) / (1 + square)
    # At the ends the bound is exact; floating point would miss it by a hair.
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == of else min(1.0, middle + half)
    return Rate(hits, of, share, low, high)


def at_most(histogram: Iterable[tuple[int, int]], share: float) -> int | None:
    """Return the bound within which ``share`` of all values lie, ``None`` where there is no such.

    ``histogram`` holds (upper bound, how many values fell between the bound below and this one); a
    negative bound stands for the bucket that has none. The answer is a bound and not a guess
    within its bucket: the true percentile is at most this.
    """
    buckets = sorted((bound if bound >= 0 else inf, n) for bound, n in histogram)
    wanted = ceil(share * sum(n for _, n in buckets))
    seen = 0
    for bound, n in buckets:
        seen += n
        if seen >= wanted > 0:
            return None if bound == inf else int(bound)
    return None


@dataclass(frozen=True, slots=True)
class Figures:
    """How twins are spread. ``client``, ``server`` and the ten places each add up to ``total``.

    The keys of ``client`` and ``server`` are states; ``none``: there was no browser request.
    """

    total: int
    client: Mapping[str, int]
    server: Mapping[str, int]
    matched: int
    would_match: int
    client_only: int
    server_only: int
    would_server_only: int
    unseen: int
    alone: int
    relayed: int
    neither: int
    apart: int
    union: int
    would_union: int
    match: Rate | None
    would: Rate | None


def figures(counts: Iterable[Count], mode: Mode | None) -> Figures:
    """Return how the twins of ``counts`` are spread, and the rates that fit the account's mode."""
    client: Counter[str] = Counter()
    server: Counter[str] = Counter()
    at: Counter[Place] = Counter()
    for row in counts:
        client[row.client.value or "none"] += row.n
        server[row.server.value] += row.n
        at[where(row, mode)] += row.n
    union = at[Place.MATCHED] + at[Place.CLIENT_ONLY] + at[Place.SERVER_ONLY]
    would_union = at[Place.WOULD_MATCH] + at[Place.CLIENT_ONLY] + at[Place.WOULD_SERVER_ONLY]
    live = mode is not Mode.SHADOW or at[Place.MATCHED] + at[Place.SERVER_ONLY] > 0
    shadow = mode is Mode.SHADOW or at[Place.WOULD_MATCH] + at[Place.WOULD_SERVER_ONLY] > 0
    return Figures(
        total=at.total(),
        client={state: client[state] for state in CLIENT_STATES},
        server={state.value: server[state.value] for state in Server},
        matched=at[Place.MATCHED],
        would_match=at[Place.WOULD_MATCH],
        client_only=at[Place.CLIENT_ONLY],
        server_only=at[Place.SERVER_ONLY],
        would_server_only=at[Place.WOULD_SERVER_ONLY],
        unseen=at[Place.UNSEEN],
        alone=at[Place.ALONE],
        relayed=at[Place.RELAYED],
        neither=at[Place.NEITHER],
        apart=at[Place.APART],
        union=union,
        would_union=would_union,
        match=rate(at[Place.MATCHED], union) if live else None,
        would=rate(at[Place.WOULD_MATCH], would_union) if shadow else None,
    )


def where(row: Count, mode: Mode | None) -> Place:
    """Return the place of a row's twins."""
    return place(row.client, row.server, row.reason, has_browser_path=has_browser_path(mode))


def has_browser_path(mode: Mode | None) -> bool:
    """Say whether an account's pixel talks to the vendor itself."""
    return mode not in {Mode.SERVER, Mode.RELAY}
