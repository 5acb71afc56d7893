from pathlib import Path

import pytest

from tests.doctor.front import Issued, issue


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """A good certificate for the shop and its tracking host."""
    return issue(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(issued: Issued, monkeypatch: pytest.MonkeyPatch) -> Issued:
    """The same, its issuer known to this process."""
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.issuer))
    return issued


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path
