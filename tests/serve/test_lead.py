import asyncio
from pathlib import Path

from firsthand.serve.lead import Lead
from firsthand.serve.plan import plan
from firsthand.store.sqlite.files import ledger_lock, ledger_path
from tests.serve.test_plan import written
from tests.serve.test_worker import ports


async def test_it_leads_only_once_nobody_else_does(tmp_path: Path) -> None:
    made = plan(written(tmp_path, ports()))
    held = ledger_lock(made.folder)
    assert held is not None
    lead = Lead(made)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(lead.run())
        await asyncio.sleep(0.2)
        assert not ledger_path(made.folder).exists()
        held.release()
        async with asyncio.timeout(10):
            while not ledger_path(made.folder).exists():
                await asyncio.sleep(0.05)
        lead.wake()
        lead.stop()
        await asyncio.wait_for(running, 20)
    again = ledger_lock(made.folder)
    assert again is not None
    again.release()


async def test_stopped_before_it_leads_it_ends(tmp_path: Path) -> None:
    lead = Lead(plan(written(tmp_path, ports())))
    lead.stop()
    await asyncio.wait_for(lead.run(), 5)
