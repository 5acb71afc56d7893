from firsthand.rules.bots import BotSign
from firsthand.store.rollups import What


def test_every_sign_of_a_robot_is_counted() -> None:
    counted = {what.name for what in What if what.value.startswith("bot_")}
    assert counted == {sign.name for sign in BotSign}


def test_what_was_counted_before_keeps_its_word() -> None:
    # Rows of older ledgers have these.
    assert {What("total"), What("made"), What("repeated"), What("clashes")} <= set(What)
