"""What a wrong key or value is answered with: file, key and remedy, never a secret."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.config.load import Config, accounts, load, parse, shape
from firsthand.errors import ConfigError
from firsthand.model import Mode
from tests.config.sample import FILE, PIXEL, PROPERTY, sample, variables

TOP = Path(__file__).parents[2]


def test_a_good_file_gives_its_values_and_the_defaults() -> None:
    config: Any = parse(sample(meta=[{"account": PIXEL, "mode": "both", "version": "v25.0"}]), FILE)
    assert config.site.hosts == ("shop.example.com",)
    assert (config.listen.host, config.listen.port) == ("127.0.0.1", 8080)
    assert config.admin.host == "127.0.0.1"
    assert config.store.durability == "power"
    assert (config.meta[0].mode, config.meta[0].version) == (Mode.BOTH, "v25.0")
    assert config.ga4[0].mode is Mode.SHADOW
    assert [(key, each.account) for key, each in accounts(config)] == [
        ("ga4", PROPERTY),
        ("meta", PIXEL),
    ]


@pytest.mark.parametrize(
    ("sections", "key", "remedy"),
    [  # unknown keys, with the nearest one
        ({"sit": {"name": "x"}}, "sit", 'did you mean "site"?'),
        ({"site": {"trackng_host": "x"}}, "site.trackng_host", 'did you mean "tracking_host"?'),
        ({"listen": {"prt": 1}}, "listen.prt", 'did you mean "port"?'),
        ({"store": {"zzz": 1}}, "store.zzz", "see conf/reference.toml"),
        ({"meta": [{"account": PIXEL, "tokn": {}}]}, "meta.0.tokn", 'did you mean "token"?'),
        ({"meta": [{"account": PIXEL, "verson": "v25.0"}]}, "meta.0.verson", '"version"?'),
        (
            {"meta": [{"account": PIXEL}, {"account": "2", "token": {"evn": "X"}}]},
            "meta.1.token.evn",
            'did you mean "env"?',
        ),
        ({"site": {"secret": {"fil": "x"}}}, "site.secret.fil", 'did you mean "file"?'),
        ({"site": {"old_secrets": [{"fil": "x"}]}}, "site.old_secrets.0.fil", '"file"?'),
        ({"consent": {"rule_st": "optin"}}, "consent.rule_st", 'did you mean "rule_set"?'),
        (
            {"consent": {"groups": {"onetrust": {"analytcs": ["C1"]}}}},
            "consent.groups.onetrust.analytcs",
            'did you mean "analytics"?',
        ),
        # wrong values
        ({"meta": [{"account": PIXEL, "mode": "shadw"}]}, "meta.0.mode", 'did you mean "shadow"?'),
        ({"ga4": [{"account": PROPERTY, "region": "region2"}]}, "ga4.0.region", '"region1"?'),
        ({"consent": {"rule_set": "optn"}}, "consent.rule_set", 'did you mean "optin"?'),
        ({"store": {"durability": "powr"}}, "store.durability", 'did you mean "power"?'),
        ({"site": {"when_blocked": "never"}}, "site.when_blocked", "'explicit' or 'withhold'"),
        ({"site": {"scheme": "ftp"}}, "site.scheme", "'https' or 'http'"),
        ({"site": {"hosts": []}}, "site.hosts", "at least 1 item"),
        (
            {"site": {"hosts": ["a.example.com", "B.example.com"]}},
            "site.hosts.1",
            "write the host alone, in lower case: \"b.example.com\" (given: 'B.example.com')",
        ),
        (
            {"site": {"tracking_host": "trk.example.com;x"}},
            "site.tracking_host",
            "is no host: write",
        ),
        (
            {"site": {"hosts": ["Shop.Example.com"]}},
            "site.hosts.0",
            'lower case: "shop.example.com"',
        ),
        (
            {"site": {"hosts": ["https://shop.example.com/x"]}},
            "site.hosts.0",
            ': "shop.example.com"',
        ),
        ({"site": {"hosts": ["a" * 254]}}, "site.hosts.0", "is no host: write"),
        (
            {"site": {"tracking_host": "HTTPS://T.example.com:8443"}},
            "site.tracking_host",
            "write the",
        ),
        ({"site": {"base_path": "/m/"}}, "site.base_path", "pattern"),
        ({"site": {"vendor_suffix": ".evil.example"}}, "site.vendor_suffix", "pattern"),
        ({"site": {"name": "my shop"}}, "site.name", "pattern"),
        ({"listen": {"port": 0}}, "listen.port", "greater than or equal to 1 (given: 0)"),
        ({"listen": {"port": "http"}}, "listen.port", "valid integer"),
        ({"listen": {"workers": 65}}, "listen.workers", "less than or equal to 64"),
        ({"listen": {"trusted_proxies": ["10.0.0.1/8"]}}, "listen.trusted_proxies.0", "host bits"),
        ({"listen": {"trusted_proxies": ["nginx"]}}, "listen.trusted_proxies.0", "'nginx'"),
        ({"listen": {"forwarded_header": "X:Y"}}, "listen.forwarded_header", "pattern"),
        ({"delivery": {"keep_hours": 169}}, "delivery.keep_hours", "less than or equal to 168"),
        ({"delivery": {"timeout_s": 0}}, "delivery.timeout_s", "greater than 0"),
        ({"consent": {"max_age_days": "long"}}, "consent.max_age_days", "valid integer"),
        # wrong shapes
        ({"meta": [{}]}, "meta.0.account", "is required"),
        ({"meta": {"account": PIXEL}}, "meta", "write [[meta]]"),
        ({"meta": PIXEL}, "meta", "write [[meta]]"),
        ({"listen": 8080}, "listen", "write [listen]"),
        ({"site": {"secret": "x"}}, "site.secret", '{ env = "NAME" }'),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(
    sections: dict[str, Any], key: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(sample(**sections), FILE)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{FILE}: {key}: ")
    assert remedy in line


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        parse({"site": {"name": "shop"}, "listen": {"port": 0}}, FILE)
    assert [line.split(": ")[1] for line in str(refused.value).splitlines()] == [
        "site.hosts",
        "site.tracking_host",
        "listen.port",
    ]


@pytest.mark.parametrize("key", ["token", "second_token"])
@pytest.mark.parametrize("value", ["CANARY-1", ["CANARY-1"], 7])
def test_a_secret_written_into_the_file_is_refused_and_not_repeated(
    key: str, value: object
) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(sample(meta=[{"account": PIXEL, key: value}]), FILE)
    assert f"meta.0.{key}: say where it is" in str(refused.value)
    assert "CANARY" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[site\n", "not TOML"),
        (b"[site]\nname = 1\nname = 2\n", "not TOML"),
        (b"\xff\xfe[site]", "not UTF-8"),
        (b"", "site: is required"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "shop.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert str(refused.value).startswith(f"{path}: {message}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read") as refused:
            load(path)
        assert str(path) in str(refused.value)


@pytest.mark.parametrize("name", ["minimal", "sandbox"])
def test_the_files_that_we_ship_load(name: str) -> None:
    assert isinstance(load(TOP / "conf" / f"{name}.toml"), Config)


def test_the_environment_wins_over_the_file() -> None:
    with variables(
        FIRSTHAND_LISTEN__PORT="9000",
        FIRSTHAND_SITE__HOSTS='["b.example.com"]',
        FIRSTHAND_CONSENT__RULE_SET="optout",
    ):
        config: Any = parse(sample(listen={"port": 8000, "workers": 2}), FILE)
    assert (config.listen.port, config.listen.workers) == (9000, 2)
    assert config.site.hosts == ("b.example.com",)
    assert config.consent.rule_set == "optout"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("FIRSTHAND_LISTEN__PORT", "x", "listen.port: input should be a valid integer"),
        ("FIRSTHAND_SITE__NAM", "x", 'site.nam: unknown key; did you mean "name"?'),
        ("FIRSTHAND_LISTN__PORT", "1", 'no section listn; did you mean "FIRSTHAND_LISTEN__..."?'),
        ("FIRSTHAND_SITE__HOSTS", "shop.example.com", 'field "site"'),
        ("FIRSTHAND_META", "[CANARY", 'field "meta"'),
    ],
)
def test_a_variable_that_is_wrong_stops_the_start(name: str, value: str, message: str) -> None:
    with variables(**{name: value}), pytest.raises(ConfigError) as refused:
        parse(sample(), FILE)
    assert message in str(refused.value)
    assert "CANARY" not in str(refused.value)


def test_a_variable_of_a_token_may_be_called_as_it_likes() -> None:
    with variables(FIRSTHAND_META_TOKEN="x"):
        assert isinstance(parse(sample(), FILE), Config)


def refusal(data: dict[str, Any]) -> str | None:
    try:
        parse(data, FILE)
    except ConfigError as refused:
        return str(refused)
    return None


TOML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(section=st.sampled_from(sorted(shape().model_fields)), value=TOML)
def test_no_value_is_answered_with_anything_but_a_config_error(section: str, value: object) -> None:
    text = refusal({**sample(), section: value})
    assert text is None or text.startswith(f"{FILE}: {section}")


@given(st.dictionaries(st.text(max_size=12), TOML, max_size=3))
def test_no_key_is_answered_with_anything_but_a_config_error(extra: dict[str, object]) -> None:
    for data in (
        {**sample(), **extra},
        sample(site=extra),
        sample(meta=[{"account": "1", **extra}]),
    ):
        text = refusal(data)
        assert text is None or text.startswith(f"{FILE}: ")
