"""What can never work stops the start; secrets are read from where only we can read."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firsthand.config.load import parse
from firsthand.config.schema import Source
from firsthand.config.site import admin_token, given_secret, read_secret, site, site_secret
from firsthand.errors import ConfigError
from firsthand.model import Mode
from firsthand.rules.consent.policy import Groups
from firsthand.rules.site import Site
from tests.config.sample import FILE, PIXEL, PROPERTY, SECOND, sample, variables

KEY = b"the key of these tests, 32 bytes"


def build(**sections: Any) -> Site:
    return site(parse(sample(**sections), FILE), secret=KEY, file=FILE)


def test_a_site_is_what_the_file_says() -> None:
    built = build(
        site={
            "hosts": ["shop.example.com", "www.example.com:8443"],
            "tracking_host": "shop.example.com",
            "base_path": "/m",
            "when_blocked": "withhold",
            "gate_scripts": False,
        },
        ga4=[
            {"account": PROPERTY, "mode": "both", "second": SECOND, "region": "region1"},
            {"account": SECOND, "forward_limited": True},
        ],
        consent={"groups": {"onetrust": {"marketing": ["C7"]}}, "rule_set": "optout"},
    )
    assert built.hosts == {"shop.example.com", "www.example.com"}
    assert built.origins == {"https://shop.example.com", "https://www.example.com:8443"}
    assert built.tracking_url == "https://shop.example.com/m"
    assert built.cookie_domain == "example.com"
    assert (built.when_blocked, built.gate_scripts) == ("withhold", False)
    assert set(built.accounts) == {("meta", PIXEL), ("ga4", PROPERTY), ("ga4", SECOND)}
    first: Any = built.accounts["ga4", PROPERTY]
    assert (first.mode, first.second, first.settings.region) == (Mode.BOTH, SECOND, "region1")
    assert built.accounts["ga4", SECOND].forward_limited
    assert built.consent.groups["onetrust"] == Groups(marketing=("C7",))
    assert built.secret == KEY
    assert built.doors.find("www.facebook.com", "/tr/")


def test_a_vendor_without_account_has_no_door() -> None:
    built = site(parse(sample(ga4=[]), FILE), secret=KEY, file=FILE)
    assert set(built.vendors) == {"meta"}
    assert built.doors.find("www.google-analytics.com", "/g/collect") is None


@pytest.mark.parametrize(
    ("tracking", "given", "domain"),
    [
        ("trk.shop.example.com", "", "example.com"),
        ("trk.shop.example.com", "shop.example.com", "shop.example.com"),
        ("example.com", "", "example.com"),
        ("trk.shop.co.uk", "", "shop.co.uk"),
        ("trk.shop.github.io", "", "shop.github.io"),
        ("trk.shop.example.com:8443", "", "example.com"),
        ("trk.shop.localhost:8080", "", "shop.localhost"),
        ("a.trk.shop.localhost", "", "shop.localhost"),
        ("trk.shop.localhost", "trk.shop.localhost", "trk.shop.localhost"),
    ],
)
def test_the_domain_of_cookies(tracking: str, given: str, domain: str) -> None:
    built = build(site={"tracking_host": tracking, "cookie_domain": given})
    assert built.cookie_domain == domain


@pytest.mark.parametrize(
    "tracking", ["github.io", "co.uk", "com", "10.0.0.1", "10.0.0.1:80", "localhost", "trk"]
)
def test_a_host_that_cannot_carry_cookies_is_refused(tracking: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(site={"tracking_host": tracking})
    assert f"{FILE}: site.tracking_host: {tracking.partition(':')[0]} cannot" in str(refused.value)


@pytest.mark.parametrize(
    ("tracking", "domain"),
    [
        ("trk.shop.example.com", "com"),
        ("trk.shop.github.io", "github.io"),
        ("trk.shop.co.uk", "co.uk"),
        ("trk.shop.example.com", "10.0.0.1"),
        ("trk.shop.example.com", "::1:2:3"),
        ("trk.shop.example.com", "evil.example"),
        ("trk.shop.example.com", "op.example.com"),
        ("trk.shop.example.com", ".example.com"),
        ("trk.shop.example.com", "Example.com"),
        ("trk.shop.example.com", "example.com; Secure"),
        ("trk.shop.example.com", "x;example.com"),
        ("trk.shop.example.com", "example.com "),
        ("trk.shop.example.com", "example.com\r\nX: y"),
        ("trk.shop.localhost", "localhost"),
        ("trk.shop.localhost", "evil.localhost"),
        ("trk.shop.localhost", "shop.localhost; Secure"),
        ("trk.shop.localhost", "example.com"),
    ],
)
def test_a_domain_that_cookies_cannot_have_is_refused(tracking: str, domain: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(site={"tracking_host": tracking, "cookie_domain": domain})
    assert str(refused.value).startswith(f"{FILE}: site.cookie_domain: {domain}")


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"meta": [{"account": "G-ABC1234567"}]}, 'meta G-ABC1234567: "G-ABC1234567" is not an'),
        ({"meta": [{"account": "12 34"}]}, "one looks like 1234567890123456"),
        ({"meta": [{"account": f"{PIXEL}\n"}]}, "is not an account of Meta"),
        ({"ga4": [{"account": PIXEL}]}, "is not an account of Google Analytics 4"),
        ({"ga4": [{"account": PROPERTY, "second": "UA-1"}]}, f'ga4 {PROPERTY}: "UA-1" is not an'),
        ({"ga4": [{"account": PROPERTY, "second": PROPERTY}]}, "second is the account itself"),
        ({"ga4": [{"account": PROPERTY, "mode": "both"}]}, "deduplicates only purchase"),
        ({"meta": [{"account": PIXEL}, {"account": PIXEL}]}, f"meta {PIXEL}: is listed twice"),
        ({"site": {"scheme": "http"}}, "site.scheme: http is only for names under .localhost"),
        ({"consent": {"max_age_days": 396}}, "consent.max_age_days: must be within 1 and 395"),
        ({"consent": {"max_age_days": 0}}, "consent.max_age_days: must be within 1 and 395"),
        ({"consent": {"authority": "onetrst"}}, 'consent.authority: "onetrst" is not known; did'),
        ({"consent": {"groups": {"onetrst": {}}}}, 'did you mean "onetrust"?'),
        ({"consent": {"social_vendors": ["metta"]}}, 'did you mean "meta"?'),
        ({"consent": {"social_vendors": ["zzz"]}}, "there are: "),
    ],
)
def test_what_can_never_work_is_refused(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(**sections)
    assert str(refused.value).startswith(f"{FILE}: ")
    assert message in str(refused.value)


def test_both_is_for_vendors_that_deduplicate_or_with_a_second_account() -> None:
    assert build(meta=[{"account": PIXEL, "mode": "both"}]).accounts["meta", PIXEL].second == ""
    built = build(ga4=[{"account": PROPERTY, "mode": "both", "second": SECOND}])
    assert built.accounts["ga4", PROPERTY].destination("page_view") == SECOND
    assert built.accounts["ga4", PROPERTY].destination("purchase") == PROPERTY


def test_a_secret_comes_from_a_variable_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(" from a file \n", "utf-8")
    path.chmod(0o600)
    with variables(A_TOKEN=" from the environment\n", EMPTY="  "):
        assert read_secret(Source(env="A_TOKEN"), "k") == "from the environment"
        assert read_secret(Source(file=str(path)), "k") == "from a file"
        assert read_secret(Source(), "k") == ""
        assert read_secret(Source(env="EMPTY"), "k") == ""
        assert read_secret(Source(env="NOT_SET"), "k") == ""
        assert read_secret(Source(file=str(tmp_path / "none")), "k") == ""


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o666])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    path.write_text("CANARY", "utf-8")
    path.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        read_secret(Source(file=str(path)), "meta.0.token")
    assert f"meta.0.token: {path} can be read by others; run: chmod 600 {path}" in str(
        refused.value
    )
    assert "CANARY" not in str(refused.value)


def test_a_secret_in_two_places_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^meta\.0\.token: name an env or a file, not both"):
        read_secret(Source(env="A", file="b"), "meta.0.token")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_secret(Source(file=str(path)), "k")


@pytest.mark.parametrize("source", [{"env": "NOT_SET_ANYWHERE"}, {"file": "/nowhere/secret"}])
def test_a_secret_that_is_named_but_not_there_is_refused(
    tmp_path: Path, source: dict[str, str]
) -> None:
    """An empty key would verify every keeper that a visitor makes up."""
    with pytest.raises(ConfigError, match=r"^k: is named but empty"):
        given_secret(Source(**source), "k")
    with pytest.raises(ConfigError, match=r"^site\.secret: is named but empty"):
        site_secret(parse(sample(site={"secret": source}), FILE), tmp_path)
    with pytest.raises(ConfigError, match=r"^admin\.token: is named but empty"):
        admin_token(parse(sample(admin={"token": source}), FILE), tmp_path)
    with pytest.raises(ConfigError, match=r"^site\.old_secrets: is named but empty"):
        build(site={"old_secrets": [source]})
    assert not list(tmp_path.iterdir())


def test_old_secrets_are_read_and_an_unnamed_one_is_none() -> None:
    with variables(OLD="an old one"):
        assert build(site={"old_secrets": [{"env": "OLD"}, {}]}).old_secrets == (b"an old one",)


@pytest.mark.parametrize(
    ("read", "name"), [(site_secret, "secret"), (admin_token, "admin-token")], ids=("site", "admin")
)
def test_a_secret_is_made_once_and_kept_for_ourselves(
    tmp_path: Path, read: Callable[..., bytes | str], name: str
) -> None:
    config = parse(sample(), FILE)
    folder = tmp_path / "data" / "shop"
    first = read(config, folder)
    assert read(config, folder) == first
    assert len(first) == 64
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert read(config, tmp_path / "elsewhere") != first


def test_a_configured_secret_makes_no_file(tmp_path: Path) -> None:
    with variables(SHOP_SECRET="ours"):
        found = site_secret(parse(sample(site={"secret": {"env": "SHOP_SECRET"}}), FILE), tmp_path)
    assert found == b"ours"
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_keep_the_secret_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(ConfigError, match=r"store\.path: .*file cannot keep site\.secret"):
        site_secret(parse(sample(), FILE), blocked)


FIRST_START = """
import sys
from pathlib import Path
from firsthand.config.load import parse
from firsthand.config.site import site_secret
config = parse({"site": {"hosts": ["shop.example.com"], "tracking_host": "trk.example.com"}}, "f")
print("ready", flush=True)
sys.stdin.readline()
print(site_secret(config, Path(sys.argv[1])).decode())
"""


def test_processes_that_start_together_have_one_secret(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    command = [sys.executable, "-c", FIRST_START, str(folder)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = {process.communicate()[0].strip() for process in started}
    assert len(told) == 1
    assert [path.name for path in folder.iterdir()] == ["secret"]
    assert (folder / "secret").read_text("utf-8") in told
