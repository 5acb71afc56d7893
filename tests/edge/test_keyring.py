import ssl
from pathlib import Path

import pytest

from firsthand.edge.certificates import Pair
from firsthand.edge.keyring import Keyring
from tests.certificates import DAY, Authority, asking, handshake, key_text, made_key, written

OURS = Authority()
NOW = int(OURS.now.timestamp() * 1000)
TRACKING = "trk.shop.example.com"


def ring(*pairs: Pair) -> Keyring:
    return Keyring(pairs, lambda: NOW)


def serial(made: Keyring, name: str | None) -> str:
    """Return the serial that a browser sees which asks for ``name``."""
    client = asking(OURS)
    client.check_hostname = False
    told = handshake(made.context, client, name).getpeercert()
    assert told is not None
    return str(told["serialNumber"]).lower().lstrip("0")


def served(made: Keyring) -> list[str]:
    return [each.facts.serial if each.facts else each.why for each in made.held]


def test_each_name_gets_its_own(tmp_path: Path) -> None:
    made = ring(
        OURS.pair(tmp_path / "a", TRACKING, "other.example.com"),
        OURS.pair(tmp_path / "b", "*.example.org"),
    )
    first, second = served(made)
    for name in (TRACKING, TRACKING.upper(), "other.example.com", None):
        assert serial(made, name) == first
    assert serial(made, "trk.example.org") == second


@pytest.mark.parametrize("name", ["evil.example", "a.trk.example.org", "example.org"])
def test_a_name_that_is_not_ours_gets_none(tmp_path: Path, name: str) -> None:
    made = ring(OURS.pair(tmp_path, TRACKING, "*.example.org"))
    with pytest.raises(ssl.SSLError):
        serial(made, name)


def test_without_any_no_handshake_comes_about(tmp_path: Path) -> None:
    made = ring(Pair(tmp_path / "fullchain.pem", tmp_path / "privkey.pem"))
    assert "is not there" in made.held[0].why
    for name in (TRACKING, None):
        with pytest.raises(ssl.SSLError):
            serial(made, name)


def test_a_renewed_one_is_taken_and_connections_stay(tmp_path: Path) -> None:
    made = ring(OURS.pair(tmp_path, TRACKING))
    before = serial(made, TRACKING)
    made.look()
    assert serial(made, TRACKING) == before
    OURS.pair(tmp_path, TRACKING)
    made.look()
    after = serial(made, TRACKING)
    assert after != before
    assert served(made) == [after]


def breaks() -> dict[str, tuple[bytes, bytes, str]]:
    key = made_key()
    whole = OURS.leaf(TRACKING, key=key) + OURS.text
    old = OURS.leaf(TRACKING, key=key, begins=-9 * DAY, ends=-DAY) + OURS.text
    return {
        "half written": (whole[: len(whole) // 3], key_text(key), "cut off"),
        "empty": (b"", key_text(key), "cut off"),
        "expired": (old, key_text(key), "expired"),
        "mismatched": (whole, key_text(made_key()), "is not the key"),
        "half a key": (whole, key_text(key)[:99], "no whole private key"),
    }


@pytest.mark.parametrize("what", ["half written", "empty", "expired", "mismatched", "half a key"])
def test_what_cannot_be_used_leaves_the_old_one(tmp_path: Path, what: str) -> None:
    made = ring(OURS.pair(tmp_path, TRACKING))
    before = serial(made, TRACKING)
    certificate, key, why = breaks()[what]
    written(tmp_path, certificate, key)
    made.look()
    assert why in made.held[0].why
    assert serial(made, TRACKING) == before
    OURS.pair(tmp_path, TRACKING)
    made.look()
    assert not made.held[0].why
    assert serial(made, TRACKING) != before


def test_what_was_wrong_with_the_clock_or_a_right_is_seen_when_it_is_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pair = OURS.pair(tmp_path, TRACKING)
    pair.key.chmod(0o644)
    made = ring(pair)
    made.look()
    assert len(caplog.messages) == 1
    pair.key.chmod(0o600)
    made.look()
    assert serial(made, TRACKING)


def test_a_reload_keeps_what_is_loaded(tmp_path: Path) -> None:
    first, second = (OURS.pair(tmp_path / name, f"{name}.example.com") for name in ("a", "b"))
    made = ring(first)
    written(tmp_path / "a", b"", b"")
    made.use([second, first])
    assert serial(made, "a.example.com")
    assert serial(made, "b.example.com")
    made.use([second])
    with pytest.raises(ssl.SSLError):
        serial(made, "a.example.com")
