"""A configuration file for the doctor to look at."""

from pathlib import Path

from firsthand.doctor.finding import Finding
from firsthand.doctor.run import Diagnosis
from tests.samples import PIXEL

META = f"""
[[meta]]
account = "{PIXEL}"
mode = "server"
token = {{ env = "SHOP_META_TOKEN" }}
"""


def written(
    folder: Path,
    *,
    hosts: str = '"shop.example.com"',
    tracking: str = "trk.shop.example.com",
    site: str = "",
    more: str = META,
) -> Path:
    path = folder / "shop.toml"
    path.write_text(
        f'[site]\nhosts = [{hosts}]\ntracking_host = "{tracking}"\n{site}\n{more}', "utf-8"
    )
    path.chmod(0o600)
    return path


def of(made: Diagnosis, check: str) -> list[Finding]:
    return [finding for finding in made.findings if finding.check == check]
