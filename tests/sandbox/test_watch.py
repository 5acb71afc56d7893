import json

import pytest

from firsthand.sandbox.meta import ROLE
from firsthand.sandbox.role import Event, Way
from firsthand.sandbox.shop.pages import Links
from firsthand.sandbox.stand_in import Seen, StandIn
from firsthand.sandbox.watch import SHOWN, board, board_json, entries
from tests.sandbox.asking import MakeAsk

LINKS = Links(".vendors.localhost:8090", "http://trk.shop.localhost:8080", "http://report/?t=1")


@pytest.fixture
def beacon(make_ask: MakeAsk) -> Seen:
    event = Event("1", "<b>Lead", "k-1", {"ev": "Lead", "cd[value]": "1"})
    return Seen(Way.BEACON, make_ask(), 200, b"", (event,))


def test_entries_are_newest_first_and_bounded(beacon: Seen, make_ask: MakeAsk) -> None:
    later = Seen(Way.CALL, make_ask(path="/v26.0/1/events"), 400, b'{"error":1}')
    newest, oldest = entries([beacon, later])
    assert (oldest.name, oldest.key, oldest.time) == ("<b>Lead", "k-1", "06:00:00")
    assert newest.name == "(no event taken)"
    assert '{\\"error\\":1}' in newest.detail
    assert len(entries([beacon] * (SHOWN + 5))) == SHOWN


def test_the_page_shows_both_paths_and_escapes(beacon: Seen) -> None:
    page = board([StandIn(ROLE, beacons=[beacon])], LINKS)
    assert "&lt;b&gt;Lead" in page
    assert "<b>Lead" not in page
    assert "From the browser" in page
    assert "From the server" in page
    assert 'href="http://report/?t=1"' in page


def test_the_same_as_json(beacon: Seen) -> None:
    told = json.loads(board_json([StandIn(ROLE, beacons=[beacon])]))
    [request] = told["meta"]["beacons"]
    assert request["events"][0]["data"]["cd[value]"] == "1"
    assert (request["method"], request["host"], request["status"]) == (
        "GET",
        "www.facebook.com",
        200,
    )
