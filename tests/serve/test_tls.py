from pathlib import Path

import pytest

from firsthand.config.load import loads
from firsthand.errors import ConfigError
from firsthand.serve.plan import plan
from firsthand.serve.tls import Tls, issued, tls_of
from tests.serve.test_plan import ACCOUNT, SITE, written

BOTH = "[listen]\nport = 80\nhttps_port = 443\n"


def of(folder: Path, more: str) -> Tls:
    config = loads(SITE + more + ACCOUNT, "site.toml")
    return tls_of(config, folder / "site.toml", folder / "var")


def test_without_a_word_it_is_the_tracking_hosts(tmp_path: Path) -> None:
    made = of(tmp_path, BOTH)
    assert made.names == ("trk.shop.example.com",)
    assert made.pairs == (issued(tmp_path / "var" / "tls"),)
    assert made.acme
    assert made.webroot.is_relative_to(tmp_path / "var")


def test_own_pairs_stand_alone_or_before_the_one_that_is_got(tmp_path: Path) -> None:
    pairs = 'pairs = [{ certificate = "a.pem", key = "/etc/a.key" }]\n'
    alone = of(tmp_path, f"{BOTH}[tls]\n{pairs}")
    (own,) = alone.pairs
    assert (own.certificate, own.key) == (tmp_path / "a.pem", Path("/etc/a.key"))
    assert not alone.acme
    both = of(tmp_path, f'{BOTH}[tls]\n{pairs}names = ["t.example.org"]\n')
    assert both.pairs == (own, both.issued)
    assert both.names == ("t.example.org",)
    assert both.acme


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("[listen]\nport = 443\nhttps_port = 443\n", r"listen\.https_port.*use 443 and 80"),
        ('[tls]\nnames = ["trk.example.com:443"]\n', r"tls\.names\.0.*without one"),
        ('[tls]\nnames = ["https://trk.example.com/"]\n', r"tls\.names\.0.*trk\.example\.com"),
        ('[tls]\npairs = [{ certificate = "a.pem" }]\n', r"tls\.pairs\.0\.key: is required"),
        ('[tls]\npairs = [{ certificates = "a.pem", key = "b" }]\n', r'did you mean "certificate"'),
        ('[tls]\nacme_url = "http://ca.example/"\n', r"tls\.acme_url"),
        ('[tls]\nemial = "a@b.example"\n', r'tls\.emial: unknown key; did you mean "email"'),
    ],
)
def test_what_cannot_work_stops_the_start(tmp_path: Path, more: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        plan(written(tmp_path, more))


def test_tls_needs_https(tmp_path: Path) -> None:
    site = '[site]\nscheme = "http"\nhosts = ["s.localhost"]\ntracking_host = "t.s.localhost"\n'
    path = tmp_path / "site.toml"
    path.write_text(site + BOTH + ACCOUNT)
    with pytest.raises(ConfigError, match=r"needs site\.scheme https"):
        plan(path)


def test_a_front_server_is_still_the_default(tmp_path: Path) -> None:
    assert not plan(written(tmp_path)).has_tls
    assert plan(written(tmp_path, BOTH)).has_tls
