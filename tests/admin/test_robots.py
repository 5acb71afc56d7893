from firsthand.admin.robots import WORDS, Robots, Sign, robots
from firsthand.model import Client, Reason, Server
from firsthand.store.rollups import Fact, What
from tests.admin.sample import META, count


def test_robots_by_sign_and_by_what_became_of_them() -> None:
    facts = [
        Fact("meta", META, "Purchase", What.SUSPECT, 9),
        Fact("meta", META, "Lead", What.SUSPECT, 1),
        Fact("meta", META, "Purchase", What.SAYS_SO, 6),
        Fact("meta", META, "Purchase", What.BARE, 7),
        Fact("meta", META, "Purchase", What.TOTAL, 700),
    ]
    counts = [
        count(6, Client.OK, Server.WITHHELD, Reason.BOT),
        count(3, Client.OK, Server.WITHHELD, Reason.BLOCKED),
        count(4, Client.OK, Server.ACCEPTED),
    ]
    assert robots(facts, counts) == Robots(
        suspects=10,
        withheld=6,
        passed=4,
        signs=(
            Sign(What.SAYS_SO, WORDS[What.SAYS_SO], 6),
            Sign(What.BARE, WORDS[What.BARE], 7),
        ),
    )


def test_robots_of_before_signs_were_kept() -> None:
    old = [count(6, Client.OK, Server.WITHHELD, Reason.BOT)]
    assert robots([], old) == Robots(6, 6, 0, ())
