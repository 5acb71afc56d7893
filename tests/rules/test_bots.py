import pytest

from firsthand.rules.bots import BotSign, score


@pytest.mark.parametrize(
    ("signs", "told"),
    [
        (BotSign(0), 0),
        (BotSign.SAYS_SO, 100),
        (BotSign.NAMELESS, 100),
        (BotSign.BARE, 60),
        (BotSign.RATE | BotSign.INSTANT, 80),
        (BotSign.BARE | BotSign.RATE, 100),
        (BotSign.SAYS_SO | BotSign.BARE, 100),
    ],
)
def test_scores_add_up_to_100_at_most(signs: BotSign, told: int) -> None:
    assert score(signs) == told
