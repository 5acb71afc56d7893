from pathlib import Path

import pytest

from firsthand.delivery.auth import EnvToken, FileToken
from firsthand.errors import ConfigError
from firsthand.serve.plan import plan
from firsthand.store.contract import Lane
from tests.admin.people import ADA
from tests.samples import PIXEL

SITE = """
[site]
hosts = ["shop.example.com"]
tracking_host = "trk.shop.example.com"
"""


ACCOUNT = f"""
[[meta]]
account = "{PIXEL}"
"""


def written(folder: Path, more: str = "") -> Path:
    path = folder / "site.toml"
    path.write_text(SITE + more + ("" if "[[" in more else ACCOUNT))
    return path


def test_a_second_account_has_a_lane_and_a_token_of_its_own(tmp_path: Path) -> None:
    more = """
    [[ga4]]
    account = "G-SHOP000001"
    mode = "both"
    second = "G-SHOP000002"
    token = { env = "FIRST" }
    second_token = { file = "second.txt" }
    """
    outlets = plan(written(tmp_path, more)).outlets
    first = outlets[Lane("ga4", "G-SHOP000001")]
    second = outlets[Lane("ga4", "G-SHOP000002")]
    assert isinstance(first.token, EnvToken)
    assert isinstance(second.token, FileToken)
    assert second.account.id == "G-SHOP000002"


def test_the_data_folder_starts_at_the_files_own(tmp_path: Path) -> None:
    made = plan(written(tmp_path, '[store]\npath = "data"\n'))
    assert made.folder == tmp_path / "data"
    assert (made.folder / "secret").stat().st_mode & 0o777 == 0o600


def test_secrets_stay_the_same_at_the_next_start_and_are_not_printed(tmp_path: Path) -> None:
    path = written(tmp_path)
    first, second = plan(path), plan(path)
    assert first.site.secret == second.site.secret
    assert first.token == second.token
    assert first.token not in repr(first)


def test_the_reports_address_holds_the_token_only_where_it_opens_the_page(tmp_path: Path) -> None:
    made = plan(written(tmp_path))
    assert made.report_url.endswith(f"/report?token={made.token}")
    users = f'[[admin.users]]\nname = "ada"\nhash = "{ADA.hash}"\n'
    made = plan(written(tmp_path, users + ACCOUNT))
    assert made.report_url.endswith("/report")
    assert made.keys.secret == made.site.secret
    for hidden in (ADA.hash, repr(made.site.secret)):
        assert hidden not in repr(made.keys)


def test_a_network_that_is_none_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"listen\.trusted_proxies"):
        plan(written(tmp_path, '[listen]\ntrusted_proxies = ["10.0.0.0/33"]\n'))


def test_a_data_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ConfigError, match=r"store\.path"):
        plan(written(tmp_path, '[store]\npath = "taken"\n'))
