import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from firsthand.edge.certificates import Pair, context, examine, load
from firsthand.errors import BadCertificate
from tests.certificates import DAY, Authority, asking, handshake, key_text, made_key, written

OURS = Authority()
NOW = int(OURS.now.timestamp() * 1000)
KEY = made_key()
LEAF = OURS.leaf("trk.shop.example.com", key=KEY)
WHOLE = LEAF + OURS.text
LOCKED = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


def test_a_pair_is_loaded_and_says_what_it_is(tmp_path: Path) -> None:
    pair = OURS.pair(tmp_path, "trk.shop.example.com", "*.Example.org")
    loaded = load(pair, now=NOW)
    facts = loaded.facts
    assert facts == examine(pair, now=NOW)
    assert facts.names == ("trk.shop.example.com", "*.example.org")
    assert facts.issuer == "Test authority"
    assert facts.begins < NOW < facts.ends
    assert loaded.context.minimum_version is ssl.TLSVersion.TLSv1_2


BAD = {
    "the certificate is cut off": (WHOLE[: len(LEAF) + 200], key_text(KEY), "cut off"),
    "the certificate is cut off at once": (WHOLE[:300], key_text(KEY), "cut off"),
    "the certificate is empty": (b"", key_text(KEY), "cut off"),
    "the key is cut off": (WHOLE, key_text(KEY)[:120], "no whole private key"),
    "the key is empty": (WHOLE, b"", "no whole private key"),
    "the key is another's": (WHOLE, key_text(made_key()), "is not the key of fullchain.pem"),
    "the key is locked": (WHOLE, LOCKED, "passphrase"),
    "no certificate at all": (
        b"-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n",
        key_text(KEY),
        "no chain",
    ),
    "in the wrong order": (OURS.text + LEAF, key_text(OURS.key), "no chain"),
    "an issuer that did not sign it": (LEAF + Authority().text, key_text(KEY), "no chain"),
    "the issuer's is missing": (
        OURS.leaf("a.example", key=KEY, issuer_elsewhere=True),
        key_text(KEY),
        "full chain",
    ),
    "expired": (
        OURS.leaf("a.example", key=KEY, begins=-3 * DAY, ends=-DAY) + OURS.text,
        key_text(KEY),
        f"expired on {OURS.now - DAY:%Y-%m-%d}",
    ),
    "not valid yet": (
        OURS.leaf("a.example", key=KEY, begins=DAY) + OURS.text,
        key_text(KEY),
        "not valid before",
    ),
    "no name": (OURS.leaf(key=KEY) + OURS.text, key_text(KEY), "names no host"),
}


@pytest.mark.parametrize(("certificate", "key", "why"), BAD.values(), ids=BAD.keys())
def test_what_no_browser_would_take_is_not_served(
    tmp_path: Path, certificate: bytes, key: bytes, why: str
) -> None:
    pair = written(tmp_path, certificate, key)
    for attempt in (examine, load):
        with pytest.raises(BadCertificate, match=why) as refused:
            attempt(pair, now=NOW)
        assert str(tmp_path) not in str(refused.value)


def test_the_issuers_own_address_does_no_harm_beside_the_issuer(tmp_path: Path) -> None:
    leaf = OURS.leaf("a.example", key=KEY, issuer_elsewhere=True)
    assert examine(written(tmp_path, leaf + OURS.text, key_text(KEY)), now=NOW)


def test_a_key_that_anybody_can_read_is_not_used(tmp_path: Path) -> None:
    pair = written(tmp_path, WHOLE, key_text(KEY))
    pair.key.chmod(0o604)
    with pytest.raises(BadCertificate, match="chmod 600"):
        load(pair, now=NOW)
    pair.key.chmod(0o640)
    assert load(pair, now=NOW)


@pytest.mark.parametrize("missing", ["fullchain.pem", "privkey.pem"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    written(tmp_path, WHOLE, key_text(KEY))
    (tmp_path / missing).unlink()
    with pytest.raises(BadCertificate, match=f"{missing}: is not there"):
        load(Pair(tmp_path / "fullchain.pem", tmp_path / "privkey.pem"), now=NOW)


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    pair = written(tmp_path, WHOLE, key_text(KEY))
    pair.certificate.unlink()
    pair.certificate.mkdir()
    with pytest.raises(BadCertificate, match="cannot be read"):
        load(pair, now=NOW)


@pytest.mark.parametrize("cut", range(1, 20))
def test_no_part_of_a_file_is_taken_for_the_whole(tmp_path: Path, cut: int) -> None:
    """But for the leaf alone, which tells where its issuer is if that is needed."""
    leaf = OURS.leaf("a.example", key=KEY, issuer_elsewhere=True)
    whole = leaf + OURS.text
    part = whole[: len(whole) * cut // 20]
    with pytest.raises(BadCertificate):
        load(written(tmp_path, part, key_text(KEY)), now=NOW)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_two_versions_are_spoken(tmp_path: Path, version: ssl.TLSVersion) -> None:
    made = load(OURS.pair(tmp_path, "trk.shop.example.com"), now=NOW).context
    client = asking(OURS, version)
    client.set_alpn_protocols(["h2", "http/1.1"])
    near = handshake(made, client, "trk.shop.example.com")
    assert near.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
    assert near.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1_1, "DEFAULT@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256:@SECLEVEL=0"),  # no forward secrecy
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"),  # CBC
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_what_is_weak_is_not(tmp_path: Path, version: ssl.TLSVersion, ciphers: str) -> None:
    made = load(OURS.pair(tmp_path, "trk.shop.example.com"), now=NOW).context
    with pytest.raises(ssl.SSLError):
        handshake(made, asking(OURS, version, ciphers), "trk.shop.example.com")


def test_the_settings_offer_only_what_is_strong() -> None:
    for cipher in context().get_ciphers():
        assert cipher["aead"], cipher["name"]
        assert cipher["protocol"] in {"TLSv1.2", "TLSv1.3"}


def test_times_are_utc(tmp_path: Path) -> None:
    facts = examine(OURS.pair(tmp_path, "a.example"), now=NOW)
    ends = datetime.fromtimestamp(facts.ends / 1000, UTC)
    assert abs(ends - (OURS.now + 60 * DAY)) < timedelta(seconds=2)
