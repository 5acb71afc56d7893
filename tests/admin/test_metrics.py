"""Figures as Prometheus reads them: parsed by its own client, the names held against the list."""

from typing import Any

from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from firsthand.admin.metrics import CONTENT_TYPE, Figures, Spread, families, written
from firsthand.store.contract import Backlog, Lane
from tests.admin.listener import AUTH, Listener

NOW = 1_795_514_400_000
FULL = Figures(
    now=NOW,
    backlog=[Backlog(Lane("meta", "1"), waiting=7, oldest_at=NOW - 90_000, dead=2)],
    taken={("meta", "1", "pixel"): 12},
    ended={("meta", "1", "accepted", ""): 4, ("meta", "1", "refused", "bad_event"): 1},
    retried={("meta", "1", "timeout"): 3},
    noted={("", "unknown_path"): 5, ("meta", "consent"): 6},
    breakers={("meta", "1"): "open"},
    states=["closed", "open", "probing"],
    acked=Spread((0.001, 0.0025), (2, 1, 1), 0.5),
    delivered={"meta": Spread((0.1, 1.0), (3, 1, 0), 0.9)},
    not_stored=8,
    disk_free=1_000_000,
    parts={"disk": True, "mover": False},
    reloads=2,
    reload_ok=False,
    alerts={("low-rate", "meta"): 1, ("quiet", "meta"): 0},
    posts={"sent": 3, "failed": 0},
)


def samples(figures: Figures) -> dict[tuple[str, frozenset[str]], float]:
    """Return each sample by its name and the values of its labels."""
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(written(figures).decode())
        for sample in family.samples
    }


def labelled(values: str) -> frozenset[str]:
    return frozenset(values.split(" ")) if values else frozenset()


def test_every_figure_is_there() -> None:
    found = samples(FULL)
    expected: dict[tuple[str, str], Any] = {
        ("firsthand_events_total", "meta 1 pixel"): 12,
        ("firsthand_outcomes_total", "meta 1 accepted "): 4,
        ("firsthand_outcomes_total", "meta 1 refused bad_event"): 1,
        ("firsthand_retries_total", "meta 1 timeout"): 3,
        ("firsthand_requests_noted_total", " unknown_path"): 5,
        ("firsthand_requests_noted_total", "meta consent"): 6,
        ("firsthand_requests_not_stored_total", ""): 8,
        ("firsthand_queue_events", "meta 1"): 7,
        ("firsthand_queue_oldest_age_seconds", "meta 1"): 90,
        ("firsthand_dead_letters", "meta 1"): 2,
        ("firsthand_breaker_state", "meta 1 closed"): 0,
        ("firsthand_breaker_state", "meta 1 open"): 1,
        ("firsthand_breaker_state", "meta 1 probing"): 0,
        ("firsthand_acknowledgement_seconds_bucket", "0.001"): 2,
        ("firsthand_acknowledgement_seconds_bucket", "0.0025"): 3,
        ("firsthand_acknowledgement_seconds_bucket", "+Inf"): 4,
        ("firsthand_acknowledgement_seconds_count", ""): 4,
        ("firsthand_acknowledgement_seconds_sum", ""): 0.5,
        ("firsthand_delivery_seconds_bucket", "meta 1.0"): 4,
        ("firsthand_delivery_seconds_count", "meta"): 4,
        ("firsthand_disk_free_bytes", ""): 1_000_000,
        ("firsthand_part_ok", "disk"): 1,
        ("firsthand_part_ok", "mover"): 0,
        ("firsthand_config_reloads_total", ""): 2,
        ("firsthand_config_reload_ok", ""): 0,
        ("firsthand_alert_firing", "low-rate meta"): 1,
        ("firsthand_alert_firing", "quiet meta"): 0,
        ("firsthand_alert_posts_total", "sent"): 3,
    }
    wanted = {(name, labelled(labels)): value for (name, labels), value in expected.items()}
    assert {name: found.get(name) for name in wanted} == wanted
    assert [name for name, _ in found if name == "firsthand_build_info"]


def test_an_empty_lane_has_no_age() -> None:
    figures = Figures(NOW, [Backlog(Lane("meta", "1"), waiting=0, oldest_at=0, dead=0)])
    assert samples(figures)["firsthand_queue_oldest_age_seconds", labelled("meta 1")] == 0


def test_a_server_that_has_just_begun_has_a_page_too() -> None:
    assert samples(Figures(NOW))["firsthand_config_reload_ok", labelled("")] == 1


def test_no_label_is_for_an_event_a_visitor_or_a_page() -> None:
    labels = {
        name for family in families(FULL) for sample in family.samples for name in sample.labels
    }
    known = {"vendor", "account", "origin", "state", "reason", "part", "le", "version", "python"}
    known |= {"rule", "result"}
    assert labels == known


async def test_the_page_opens_with_the_token_alone(
    listener: Listener, client: ClientSession
) -> None:
    listener.figures = FULL
    async with client.get(f"{listener.address}/metrics") as answer:
        assert answer.status == 401
        assert "firsthand_" not in await answer.text()
    async with client.get(f"{listener.address}/metrics", headers=AUTH) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, CONTENT_TYPE)
        assert await answer.read() == written(FULL)
