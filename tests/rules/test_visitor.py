from dataclasses import replace

from firsthand.rules.visitor import Ids, seen
from tests.factories import BOTH, NOW, make_hit, make_reading
from tests.samples import shop

SITE = shop()
META = SITE.vendors["meta"]
FBP = "fb.1.1795000000000.77"
NOTHING = replace(BOTH, analytics=False, marketing=False)


def test_what_a_beacon_carried_and_where_it_landed_are_the_visitors() -> None:
    reading = make_reading(fields={"user_data.fbp": FBP}, page="https://shop.example.com/a")
    landing = "https://shop.example.com/?fbclid=IwAR0"
    ids = seen(make_hit(), SITE, BOTH, [(META, reading)], b"x" * 16, landing)
    assert ids.effective == {"_fbp": FBP, "_fbc": f"fb.1.{NOW}.IwAR0"}
    assert [line.partition("=")[0] for line in ids.lines] == ["_fbc", "_fbp", "fh_keep"]
    assert len(ids.subject) == 32


def test_without_consent_there_is_nothing() -> None:
    ids = seen(make_hit(), SITE, NOTHING, [(META, make_reading())], b"x" * 16, "")
    assert (ids.effective, ids.lines) == ({}, [])


def test_no_id_is_shown() -> None:
    assert "canary" not in repr(Ids({"_fbp": "canary"}, ["canary"], (), "canary"))
