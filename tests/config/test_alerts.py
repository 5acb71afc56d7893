from typing import Any

import pytest

from firsthand.config.alerts import alerting, is_webhook
from firsthand.config.load import parse
from firsthand.errors import ConfigError
from firsthand.rules.alerts import On, Rule

SITE = {"hosts": ["shop.example.com"], "tracking_host": "trk.shop.example.com"}
META = [{"account": "1234567890123456"}]


def made(*alerts: dict[str, Any], **more: Any) -> Any:
    config = parse({"site": SITE, "meta": META, "alerts": list(alerts), **more}, "site.toml")
    return alerting(config, "site.toml")


def test_rules() -> None:
    found = made(
        {"name": "low", "on": "match_rate", "limit": 0.8, "hours": 6, "vendor": "meta"},
        {"name": "quiet", "on": "no_accepted", "minutes": 90},
        {"name": "held", "on": "script_held"},
    )
    assert found.rules == (
        Rule("low", On.MATCH_RATE, 0.8, 0.02, 6, 50, "meta"),
        Rule("quiet", On.NO_ACCEPTED, 90),
        Rule("held", On.SCRIPT_HELD, 0),
    )


@pytest.mark.parametrize(
    ("alerts", "told"),
    [
        ([{"name": "a", "on": "token_failing"}] * 2, "two rules have that name"),
        ([{"name": "a", "on": "refused", "vendor": "ga4"}], "only of: meta"),
        ([{"name": "a", "on": "refuse"}], 'did you mean "refused"?'),
        ([{"name": "A b", "on": "refused"}], "alerts.0.name"),
        ([{"name": "a", "on": "refused", "limit": 5}], "alerts.0.limit"),
        ([{"name": "a", "on": "refused", "limits": 0.5}], 'did you mean "limit"?'),
    ],
)
def test_what_could_not_work_is_refused(alerts: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(ConfigError, match=told.replace("?", r"\?")):
        made(*alerts)


def test_a_table_instead_of_a_list_is_told() -> None:
    with pytest.raises(ConfigError, match=r"write \[\[alerts\]\]"):
        parse({"site": SITE, "meta": META, "alerts": {"name": "a"}}, "site.toml")


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://hooks.example.com/services/T0/B0", True),
        ("https://hooks.example.com:8443/x?y=1", True),
        ("http://127.0.0.1:9093/hook", True),
        ("http://localhost:9093/hook", True),
        ("http://hooks.example.com/x", False),
        ("http://127.0.0.1.example.com/x", False),
        ("http://10.0.0.1/x", False),
        ("https://10.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://127.0.0.1/x", False),
        ("https://intranet/x", False),
        ("https://user:pass@hooks.example.com/x", False),
        ("https://hooks.example.com:port/x", False),
        ("ftp://hooks.example.com/x", False),
        ("hooks.example.com", False),
        ("https://hooks.example.com/a\nb", False),
    ],
)
def test_where_alerts_may_go(address: str, allowed: bool) -> None:  # noqa: FBT001 - a row of a table
    assert is_webhook(address) is allowed


def test_the_webhook_comes_from_the_environment_and_is_never_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOK", "https://hooks.example.com/canary")
    source = {"webhook": {"env": "HOOK"}}
    found = made(alerting=source)
    assert found.webhook == "https://hooks.example.com/canary"
    assert "canary" not in repr(found)
    monkeypatch.setenv("HOOK", "http://hooks.example.com/canary")
    with pytest.raises(ConfigError, match="neither https") as caught:
        made(alerting=source)
    assert "canary" not in str(caught.value)
