from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.serve.owner import refuse_stranger


def test_another_users_folder_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is not there yet is its parent's owner's."""
    folder = tmp_path / "var" / "tls"
    refuse_stranger(folder)
    refuse_stranger(tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)
    for each in (folder, tmp_path):
        with pytest.raises(ConfigError, match="sudo -u"):
            refuse_stranger(each)
    assert not folder.exists()
