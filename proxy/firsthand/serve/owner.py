"""Who may touch the data folder: the server's user alone, not even root beside it."""

import os
from pathlib import Path

from firsthand.errors import ConfigError


def refuse_stranger(folder: Path) -> None:
    """Refuse to leave files in ``folder`` that the server's user cannot write afterwards.

    SQLite makes files of its own beside a database that is only read, keys are files too.
    """
    here = next(each for each in (folder, *folder.parents) if each.exists())
    owner = here.stat().st_uid
    if owner != os.geteuid():
        raise ConfigError(
            f"{here} belongs to user {owner}, and this is user {os.geteuid()}; run this as the"
            " server's user: sudo -u firsthand firsthand ..."
        )
