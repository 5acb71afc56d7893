"""Figures -> Prometheus' text format. Every name and label of ``/metrics`` stands here.

Labels are words of the code and accounts of the configuration: their number is bounded, and no
visitor chooses one. Times are in seconds, sizes in bytes, as Prometheus has them.
"""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from firsthand import __version__
from firsthand.store.contract import Backlog

CONTENT_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True)
class Spread:
    """A histogram: the upper ``bounds`` in seconds, the counts of each and of those beyond."""

    bounds: Sequence[float] = ()
    counts: Sequence[int] = (0,)
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """The server at one moment. ``now`` is in Unix ms.

    ``taken`` by vendor, account, origin; ``ended`` by vendor, account, state, reason;
    ``retried`` by vendor, account, reason; ``noted`` by vendor, reason; ``breakers``: by vendor
    and account, the state each lane is in, one of ``states``; ``delivered`` by vendor: from
    arrival to acceptance; ``parts``: whether a part of ``/readyz`` works; ``alerts``: for how many
    accounts a rule fires, by rule and vendor; ``posts`` to the webhook by what came of them.
    """

    now: int
    backlog: Sequence[Backlog] = ()
    taken: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    ended: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    retried: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    noted: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    breakers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    states: Sequence[str] = ()
    acked: Spread = field(default_factory=Spread)
    delivered: Mapping[str, Spread] = field(default_factory=dict)
    not_stored: int = 0
    disk_free: int = 0
    parts: Mapping[str, bool] = field(default_factory=dict)
    reloads: int = 0
    reload_ok: bool = True
    alerts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    posts: Mapping[str, int] = field(default_factory=dict)


class _Once(Collector):
    """Collects one moment."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        yield from families(self._figures)


def written(figures: Figures) -> bytes:
    """Return the page."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(figures))
    return generate_latest(registry)


def families(figures: Figures) -> Iterator[Metric]:
    """Yield every metric, with its help."""
    yield from _flow(figures)
    yield from _lanes(figures)
    yield from _times(figures)
    yield from _machine(figures)
    yield from _alerts(figures)


def _flow(figures: Figures) -> Iterator[Metric]:
    yield _counter(
        "firsthand_events",
        "Events moved into the ledger, by the way they came.",
        ("vendor", "account", "origin"),
        figures.taken,
    )
    yield _counter(
        "firsthand_outcomes",
        "Events whose server path came to this state, and why.",
        ("vendor", "account", "state", "reason"),
        figures.ended,
    )
    yield _counter(
        "firsthand_retries",
        "Events that a call did not bring to the vendor and that are tried again, by cause.",
        ("vendor", "account", "reason"),
        figures.retried,
    )
    yield _counter(
        "firsthand_requests_noted",
        "Requests, or parts of them, that left no event, by reason.",
        ("vendor", "reason"),
        figures.noted,
    )
    yield CounterMetricFamily(
        "firsthand_requests_not_stored",
        "Requests answered 202 because the disk did not take them.",
        value=figures.not_stored,
    )


def _lanes(figures: Figures) -> Iterator[Metric]:
    labels = ("vendor", "account")
    waiting = GaugeMetricFamily("firsthand_queue_events", "Events that wait.", labels=labels)
    oldest = GaugeMetricFamily(
        "firsthand_queue_oldest_age_seconds", "Age of the oldest that waits.", labels=labels
    )
    dead = GaugeMetricFamily("firsthand_dead_letters", "Events given up, and kept.", labels=labels)
    for lane in figures.backlog:
        name = (lane.lane.vendor, lane.lane.account)
        age = max(0, figures.now - lane.oldest_at) / 1000 if lane.oldest_at else 0.0
        waiting.add_metric(name, lane.waiting)
        oldest.add_metric(name, age)
        dead.add_metric(name, lane.dead)
    yield from (waiting, oldest, dead)
    breaker = GaugeMetricFamily(
        "firsthand_breaker_state", "1 for the state a lane is in.", labels=(*labels, "state")
    )
    for name, state in sorted(figures.breakers.items()):
        for each in figures.states:
            breaker.add_metric((*name, each), float(each == state))
    yield breaker


def _times(figures: Figures) -> Iterator[Metric]:
    acked = HistogramMetricFamily(
        "firsthand_acknowledgement_seconds",
        "From a request's arrival to its answer, after the commit.",
        labels=(),
    )
    _add(acked, (), figures.acked)
    yield acked
    delivered = HistogramMetricFamily(
        "firsthand_delivery_seconds",
        "From an event's arrival to the vendor's acceptance.",
        labels=("vendor",),
    )
    for vendor, spread in sorted(figures.delivered.items()):
        _add(delivered, (vendor,), spread)
    yield delivered


def _add(family: HistogramMetricFamily, labels: tuple[str, ...], spread: Spread) -> None:
    bounds = [*map(str, map(float, spread.bounds)), "+Inf"]
    buckets = list(zip(bounds, map(float, accumulate(spread.counts)), strict=True))
    family.add_metric(labels, buckets, sum_value=spread.total)


def _machine(figures: Figures) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "firsthand_disk_free_bytes", "Room where the data folder is.", value=figures.disk_free
    )
    part = GaugeMetricFamily(
        "firsthand_part_ok", "1 where a part of /readyz works.", labels=("part",)
    )
    for name, ok in figures.parts.items():
        part.add_metric((name,), float(ok))
    yield part
    yield CounterMetricFamily(
        "firsthand_config_reloads", "Reloads asked for.", value=figures.reloads
    )
    yield GaugeMetricFamily(
        "firsthand_config_reload_ok",
        "0 while the file differs from what runs because it does not validate.",
        value=float(figures.reload_ok),
    )
    yield InfoMetricFamily(
        "firsthand_build",
        "What runs.",
        value={"version": __version__, "python": platform.python_version()},
    )


def _alerts(figures: Figures) -> Iterator[Metric]:
    alerts = GaugeMetricFamily(
        "firsthand_alert_firing",
        "For how many of a vendor's accounts a rule of [[alerts]] fires.",
        labels=("rule", "vendor"),
    )
    for name, n in sorted(figures.alerts.items()):
        alerts.add_metric(name, n)
    yield alerts
    posts = CounterMetricFamily(
        "firsthand_alert_posts", "Tries to tell the webhook, by result.", labels=("result",)
    )
    for result, n in sorted(figures.posts.items()):
        posts.add_metric((result,), n)
    yield posts


def _counter(
    name: str, text: str, labels: tuple[str, ...], counted: Mapping[tuple[str, ...], int]
) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for key, n in sorted(counted.items()):
        family.add_metric(key, n)
    return family
