from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.serve.plan import plan
from firsthand.serve.reading import read_report
from firsthand.store.contract import Durability
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import ledger_lock
from firsthand.store.sqlite.outbox import open_outbox
from tests.factories import NOW, make_beacon
from tests.samples import PIXEL
from tests.serve.test_plan import written

META = f'[[meta]]\naccount = "{PIXEL}"\nmode = "server"\n'


async def test_before_the_first_start_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing is recorded yet"):
        await read_report(written(tmp_path), "24h")


async def test_the_report_is_read_beside_a_running_server(tmp_path: Path) -> None:
    path = written(tmp_path, META)
    made = plan(path)
    held = ledger_lock(made.folder)
    assert held is not None
    async with (
        open_outbox(made.folder, 0, clock=lambda: NOW, durability=Durability.PROCESS) as outbox,
        open_delivering(
            made.folder,
            held,
            secret=made.site.secret,
            kinds={key: table.kind for key, table in made.site.tables.items()},
            windows={},
            durability=Durability.PROCESS,
        ) as parts,
    ):
        beacon = make_beacon(vendor="meta", account=PIXEL, to=PIXEL, at=NOW)
        await outbox.put([beacon])
        assert await parts.mover.move(now=NOW) == 1
        report = await read_report(path, "30d")
    held.release()
    assert [account.vendor for account in report.accounts] == ["meta"]
