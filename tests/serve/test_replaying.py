"""Dead letters beside a running server; by the clock's own time, as vendors' age limits are."""

from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.model import Beacon, Client
from firsthand.serve.plan import now
from firsthand.serve.replaying import STEP, preview, replay, row_of, whole_of
from firsthand.store.contract import Lane, Wanted
from tests.factories import make_beacon
from tests.samples import PIXEL
from tests.serve.buried import buried
from tests.serve.test_plan import written

META = f'[[meta]]\naccount = "{PIXEL}"\nmode = "both"\n'
ONCE = "counted once: the vendor does not have it"
TWICE = "perhaps counted twice: the vendor may have it, and forgets the key"
CANARIES = ("canary-mail", "canary-click", "canary-order", "203.0.113.77")


def letter(number: int = 0, *, age_h: int = 0, **given: object) -> Beacon:
    at = now() - age_h * 3_600_000
    told = {
        "id": f"{number:032x}",
        "vendor": "meta",
        "account": PIXEL,
        "to": PIXEL,
        "name": "Purchase",
        "event_key": f"canary-order-{number}",
        "at": at,
        "event_at": at,
        "fields": {
            "user_data.em": "canary-mail",
            "user_data.fbc": "canary-click",
            "user_data.client_ip_address": "203.0.113.77",
            "custom_data.currency": "EUR",
        },
    }
    return make_beacon(**{**told, **given})


async def test_before_the_first_start_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing is recorded yet"):
        await replay(written(tmp_path), Wanted(), twice=False)


async def test_letters_go_back_beside_a_running_server(tmp_path: Path) -> None:
    path = written(tmp_path, META)
    many = [letter(number) for number in range(STEP + 3)]
    async with buried(path, many) as parts:
        done = await replay(path, Wanted(), twice=False)
        assert (done.sent, done.barred, done.left) == (STEP + 3, 0, {})
        lane = Lane("meta", PIXEL)
        leased = await parts.queue.lease(lane, now=now() + 1, limit=1000, for_ms=1000)
        assert {one.beacon.event_key for one in leased} == {one.event_key for one in many}
        assert (await replay(path, Wanted(), twice=False)).sent == 0


async def test_what_may_count_twice_stays_unless_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, META)
    old = letter(1, age_h=100, client=Client.OK)
    too_old = letter(2, age_h=400)
    stranger = letter(3, account="999", to="999")
    async with buried(path, [letter(0), old, too_old, stranger]):
        seen = await preview(path, Wanted(), limit=2)
        assert seen.counted == {
            ONCE: 1,
            TWICE: 1,
            "too old for the vendor": 1,
            "the account is not configured": 1,
        }
        assert len(seen.shown) == 2
        done = await replay(path, Wanted(), twice=False)
        assert (done.sent, sum(done.left.values())) == (1, 3)
        done = await replay(path, Wanted(), twice=True)
        assert (done.sent, sum(done.left.values())) == (1, 2)


async def test_a_letter_is_shown_without_identifiers(tmp_path: Path) -> None:
    path = written(tmp_path, META)
    async with buried(path, [letter()]):
        seen = await preview(path, Wanted(), limit=1)
    whole = whole_of(seen.shown[0], seen.site)
    assert whole["if_sent_again"] == ONCE
    assert whole["message"] == "no such event"
    assert whole["fields"]["custom_data.currency"] == "EUR"
    assert whole["call"]["body"]["data"][0]["event_name"] == "Purchase"
    assert row_of(seen.shown[0]).items() <= whole.items()
    assert not [canary for canary in CANARIES if canary in str(whole)]
