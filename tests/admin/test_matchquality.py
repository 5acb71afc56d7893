import pytest

from firsthand.admin.figures import rate
from firsthand.admin.matchquality import METHOD, quality, score, taken_by
from firsthand.admin.quality import KeyCoverage
from firsthand.model import MatchKey
from firsthand.vendors import VENDORS

EMAIL, CLICK, IP = MatchKey.EMAIL, MatchKey.CLICK_ID, MatchKey.IP

SCORES = [
    # By hand, for an API that takes these three: most = 1 - .4 * .45 * .8 = .856
    ({}, 0.0),
    ({"email": 1.0, "click_id": 1.0, "ip": 1.0}, 10.0),
    ({"email": 1.0}, 10 * 0.6 / 0.856),
    ({"email": 0.5, "ip": 1.0}, 10 * (1 - 0.7 * 0.8) / 0.856),
    ({"phone": 1.0}, 0.0),  # the API has no field for it
]


@pytest.mark.parametrize(("shares", "made"), SCORES)
def test_score(shares: dict[str, float], made: float) -> None:
    assert score(shares, [EMAIL, CLICK, IP]) == pytest.approx(made)


def test_an_estimate_for_both_paths_and_what_each_key_would_add() -> None:
    keys = [
        KeyCoverage("email", rate(0, 100), rate(50, 100)),
        KeyCoverage("browser_id", rate(90, 100), rate(100, 100)),
    ]
    made = quality(keys, VENDORS["meta"])
    assert made is not None
    assert (made.name, made.method) == ("event match quality", METHOD)
    assert 0 < made.client < made.server < 10
    gains = {gain.key: gain.by for gain in made.gains}
    assert "browser_id" not in gains
    # By hand: without these keys an event is not recognised with chance .7 * .6, with e-mail on
    # every one .4 * .6; Meta's API takes all keys.
    most = 1 - 0.4 * 0.5 * 0.9 * 0.85 * 0.8 * 0.45 * 0.6 * 0.8 * 0.95
    assert taken_by(VENDORS["meta"]) == list(MatchKey)
    assert gains["email"] == round(10 * (0.7 * 0.6 - 0.4 * 0.6) / most, 2)
    assert list(gains.values()) == sorted(gains.values(), reverse=True)


def test_a_vendor_without_a_score_has_an_estimate_without_its_name() -> None:
    made = quality([KeyCoverage("click_id", None, rate(5, 9))], VENDORS["linkedin"])
    assert made is not None
    assert (made.name, made.client) == ("", 0.0)
    assert quality([], VENDORS["meta"]) is None
    assert quality([KeyCoverage("ip", None, rate(5, 9))], VENDORS["ga4"]) is None  # analytics
    assert quality([KeyCoverage("email", None, rate(1, 2))], None) is None
