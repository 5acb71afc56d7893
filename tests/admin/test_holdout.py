import pytest

from firsthand.admin.figures import rate
from firsthand.admin.holdout import LEAST, difference, lift
from firsthand.model import Client, Server
from firsthand.rules.holdout import Arm
from firsthand.store.rollups import ArmCount
from firsthand.vendors import VENDORS

META = VENDORS["meta"]


def rows(treated: tuple[int, int], held: tuple[int, int], name: str = "Purchase") -> list[ArmCount]:
    """Return events of both arms: how many reached the vendor, of how many."""

    def row(arm: Arm, client: Client, server: Server, n: int) -> ArmCount:
        return ArmCount("meta", "1", name, arm, client, server, n)

    return [
        row(Arm.TREATED, Client.FAILED, Server.ACCEPTED, treated[0]),
        row(Arm.TREATED, Client.FAILED, Server.REFUSED, treated[1] - treated[0]),
        row(Arm.HELD, Client.OK, Server.WITHHELD, held[0]),
        row(Arm.HELD, Client.UNKNOWN, Server.WITHHELD, held[1] - held[0]),
    ]


def test_newcombes_own_example() -> None:
    # 56/70 and 48/80: difference 0.2, 95 % interval 0.0524 to 0.3339 (Newcombe 1998, table II,
    # case a, method 10).
    one, other = rate(56, 70), rate(48, 80)
    assert one is not None
    assert other is not None
    assert difference(one, other) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_the_lift_in_conversions() -> None:
    made = lift([*rows((950, 1000), (80, 100)), *rows((1, 900), (90, 90), "PageView")], META)
    assert made is not None
    assert (made.treated, made.held) == (rate(950, 1000), rate(80, 100))
    assert made.points == pytest.approx(0.15)
    assert made.relative == pytest.approx(0.15 / 0.8)
    assert made.enough
    assert made.clear
    assert made.says.startswith("Of 100 conversions, 15.0 more reached the vendor")


def test_a_sample_that_is_too_small_says_so() -> None:
    few = lift(rows((900, 1000), (3, LEAST - 1)), META)
    assert few is not None
    assert (few.enough, few.clear) == (False, False)
    assert few.says == "Too few conversions in one of the arms to say anything."
    none = lift(rows((900, 1000), (0, 0)), META)
    assert none is not None
    assert (none.points, none.says) == (None, few.says)


def test_a_difference_that_chance_makes_is_none() -> None:
    made = lift(rows((92, 100), (90, 100)), META)
    assert made is not None
    assert (made.enough, made.clear) == (True, False)
    assert made.says.startswith("No difference can be told from chance yet (+2.0 points")


def test_nobody_was_drawn() -> None:
    assert lift([], META) is None
    assert lift(rows((9, 9), (9, 9), "PageView"), META) is None
