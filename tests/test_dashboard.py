"""What is shipped for Prometheus and Grafana asks for what ``/metrics`` has, by its names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firsthand.admin.metrics import families
from firsthand.config.admins import AdminSection
from tests.admin.test_metrics import FULL

CONF = Path(__file__).parents[1] / "conf"
DASHBOARD: dict[str, Any] = json.loads((CONF / "grafana-dashboard.json").read_text())
NAME = re.compile(r"\bfirsthand_\w+")
LABELS = re.compile(r"(firsthand_\w+)\{([^}]*)\}")
GIVEN_BY_PROMETHEUS = {"instance"}


def exposed() -> dict[str, set[str]]:
    """Return the labels of each sample there is."""
    found: dict[str, set[str]] = {}
    for family in families(FULL):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def queries() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


@pytest.mark.parametrize("query", sorted(set(queries())))
def test_every_metric_of_a_query_exists_with_its_labels(query: str) -> None:
    known = exposed()
    names = NAME.findall(query)
    assert names
    assert set(names) <= known.keys()
    for name, matchers in LABELS.findall(query):
        labels = set(re.findall(r"(\w+)\s*=", matchers))
        assert labels <= known[name] | GIVEN_BY_PROMETHEUS


def test_every_metric_is_shown() -> None:
    asked = {name for query in queries() for name in NAME.findall(query)}
    for family in families(FULL):
        samples = {sample.name for sample in family.samples}
        assert asked & samples, f"{family.name} is in no panel"


def test_every_panel_says_what_it_shows_and_has_a_place_of_its_own() -> None:
    places = [tuple(panel["gridPos"].values()) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)
    for panel in DASHBOARD["panels"]:
        assert panel["title"]
        assert panel["type"] == "row" or panel["description"]


def test_the_scrape_goes_where_the_page_is() -> None:
    text = (CONF / "prometheus.yml").read_text()
    admin = AdminSection()
    assert "metrics_path: /metrics" in text
    assert f'targets: ["{admin.host}:{admin.port}"]' in text
    assert "type: Bearer" in text
    assert "admin-token" in text
