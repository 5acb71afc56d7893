import pytest

from firsthand.rules.keeper import Keeper
from firsthand.rules.returns import DAY_MS, FAMILIES, Sighting, family, is_held, shown
from tests.samples import NOW, hit

TODAY = NOW // DAY_MS
MAC_SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/26.0 Safari/605.1.15"
)


def came(age: int, *, held: bool) -> Keeper:
    return Keeper("somebody", {}, TODAY - age, shown=held)


@pytest.mark.parametrize(
    ("age", "held", "after"),
    [
        (0, False, 0),
        (0, True, None),
        (1, True, 1),
        (6, True, 1),
        (7, True, 7),
        (8, True, 8),
        (29, True, 8),
        (30, True, 30),
        (90, True, 30),
        (91, True, None),
        (1, False, None),  # was never shown on its own day: in no count
        (-1, True, None),
    ],
)
def test_what_is_counted(age: int, after: int | None, *, held: bool) -> None:
    found = shown(came(age, held=held), hit("fh/consent", headers={"user-agent": MAC_SAFARI}))
    expected = None if after is None else Sighting(TODAY - age, "safari", after)
    assert (found and found.sighting) == expected


def test_without_a_keeper_nothing_is_counted() -> None:
    assert shown(None, hit("fh/consent")) is None
    assert not is_held(None, TODAY)
    assert is_held(came(0, held=False), TODAY)
    assert not is_held(came(1, held=True), TODAY)


def test_what_is_counted_names_nobody() -> None:
    found = shown(came(0, held=False), hit("fh/consent"))
    assert found is not None
    assert "somebody" not in repr(found)
    assert "somebody" not in repr(found.sighting)


MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE = f"{MOZILLA} (iPhone; CPU iPhone OS 18_6 like Mac OS X) {WEBKIT}"
WINDOWS = f"{MOZILLA} (Windows NT 10.0; Win64; x64) {BLINK} Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (MAC_SAFARI, "safari"),
        (f"{PHONE} Version/26.0 Mobile/15E148 Safari/604.1", "ios"),
        (f"{PHONE} CriOS/141.0.0.0 Mobile/15E148 Safari/604.1", "ios"),
        (f"{MOZILLA} (iPad; CPU OS 18_6 like Mac OS X) {WEBKIT} FxiOS/140.0 Mobile/15E1", "ios"),
        (WINDOWS, "chromium"),
        (f"{WINDOWS} Edg/141.0.0.0", "chromium"),
        (f"{MOZILLA} (Linux; Android 14) {BLINK} SamsungBrowser/28.0 Chrome/130.0", "chromium"),
        (f"{MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox"),
        (f"{MOZILLA} (Linux; U; Android 2.3) {BLINK} Version/4.0 Mobile Safari/533.1", "other"),
        ("", "other"),
        ("curl/8.0", "other"),
        ("x" * 100_000, "other"),
    ],
)
def test_families(agent: str, expected: str) -> None:
    assert family(agent) == expected
    assert expected in FAMILIES
