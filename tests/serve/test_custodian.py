from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.rules.scriptjudge import judge_of
from firsthand.serve.custodian import custodian
from firsthand.serve.plan import plan
from firsthand.store.sqlite.custody import open_custody
from tests.custody import FBEVENTS, arrival
from tests.samples import NOW
from tests.serve.test_plan import written


async def test_before_the_first_start_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no script was served yet"):
        async with custodian(written(tmp_path)):
            pass


async def test_custody_is_opened_beside_a_running_server(tmp_path: Path) -> None:
    path = written(tmp_path, '[scripts]\npolicy = "hold"\n')
    made = plan(path)
    async with open_custody(made.folder, judge_of(made.site)) as running:
        await running.arrived(arrival(), at=NOW)
        async with custodian(path) as here:
            assert set(await here.custody.lives()) == {FBEVENTS}
            assert here.site.scripts.default == "hold"
            assert here.judge.policy == here.site.scripts
