import hmac
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from firsthand.delivery.auth import EnvToken, FileToken, Secret, join, scrub
from firsthand.model import Call, Reply
from firsthand.vendor import Auth
from tests.delivery.acme import ACME

CALL = Call("acme", "A-1", "POST", "https://api.acme.test/v1?at=1", {"Accept": "x"}, b"{}")


def test_bearer() -> None:
    made = join(CALL, ACME, Secret("t0k/en"))
    assert made.headers == {"Accept": "x", "Authorization": "Bearer t0k/en"}
    assert (made.url, made.method, made.body) == (CALL.url, "POST", b"{}")
    assert CALL.headers == {"Accept": "x"}


@pytest.mark.parametrize(
    ("url", "joined"),
    [
        ("https://a.test/c?at=1", "https://a.test/c?at=1&api_secret=t0k%2Fen"),
        ("https://a.test/c", "https://a.test/c?api_secret=t0k%2Fen"),
    ],
)
def test_query(url: str, joined: str) -> None:
    vendor = replace(ACME, auth=Auth.QUERY, auth_param="api_secret")
    made = join(replace(CALL, url=url), vendor, Secret("t0k/en"))
    assert made.url == joined
    assert made.headers == CALL.headers


def test_header() -> None:
    vendor = replace(ACME, auth=Auth.HEADER, auth_param="Access-Token")
    made = join(CALL, vendor, Secret("t0k/en"))
    assert made.headers == {"Accept": "x", "Access-Token": "t0k/en"}
    assert made.url == CALL.url


def signed(header: str, secrets: str) -> str:
    """Return the signature that the parameters of an OAuth header must have: RFC 5849, 3.4."""
    pairs = sorted(part.split("=", 1) for part in header.removeprefix("OAuth ").split(", "))
    told = "&".join(f"{key}={value.strip(chr(34))}" for key, value in pairs if key != SIGNATURE)
    base = "&".join(quote(part, safe="") for part in ("POST", "https://api.acme.test/v1", told))
    digest = hmac.digest(secrets.encode(), base.encode(), "sha1")
    return quote(b64encode(digest), safe="")


SIGNATURE = "oauth_signature"


def test_oauth1_signs_the_address_and_not_the_body() -> None:
    vendor = replace(ACME, auth=Auth.OAUTH1, auth_param="X-Acme-Token")
    call = replace(CALL, url="https://api.acme.test/v1")
    header = join(call, vendor, Secret("key c/secret user u+secret")).headers["Authorization"]
    other = join(call, vendor, Secret("key c/secret user u+secret")).headers["Authorization"]
    fields = dict(part.split("=", 1) for part in header.removeprefix("OAuth ").split(", "))
    assert fields[SIGNATURE] == f'"{signed(header, "c%2Fsecret&u%2Bsecret")}"'
    assert fields["oauth_consumer_key"] == '"key"'
    assert fields["oauth_token"] == '"user"'
    assert fields["oauth_signature_method"] == '"HMAC-SHA1"'
    assert fields["oauth_version"] == '"1.0"'
    assert header != other, "a nonce is used once"
    assert "secret" not in header


@pytest.mark.parametrize("token", ["t0k/en", "one two three", "a b c d e"])
def test_what_is_not_four_words_goes_out_in_the_header_as_it_is(token: str) -> None:
    vendor = replace(ACME, auth=Auth.OAUTH1, auth_param="X-Acme-Token")
    made = join(CALL, vendor, Secret(token))
    assert made.headers == {"Accept": "x", "X-Acme-Token": token}
    assert made.url == CALL.url


def test_scrub_knows_each_word_of_a_token() -> None:
    reply = Reply(401, {"x-echo": "c/secret"}, b"user u+secret or c%2Fsecret, key fine", 3)
    clean = scrub(reply, Secret("key c/secret user u+secret"))
    assert (clean.headers, clean.body) == ({"x-echo": "***"}, b"*** *** or ***, *** fine")


@pytest.mark.parametrize("auth", Auth)
def test_no_repr_shows_a_token(auth: Auth, tmp_path: Path) -> None:
    vendor = replace(ACME, auth=auth, auth_param="p")
    path = tmp_path / "token"
    path.write_text("s3cr3t-token")
    path.chmod(0o600)
    file = FileToken(path)
    secret = file.read()
    assert secret is not None
    env = EnvToken("T", {"T": "s3cr3t-token"})
    shown = [repr(one) + str(one) for one in (secret, file, env, join(CALL, vendor, secret))]
    assert "s3cr3t" not in "".join(shown)


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("abc", Secret("abc")),
        (" abc\n", Secret("abc")),
        ("", None),
        ("  \n", None),
        ("a\r\nHost: evil", None),
        ("tökén", None),
    ],
)
def test_environment(value: str, secret: Secret | None) -> None:
    assert EnvToken("ACME", {"ACME": value}).read() == secret


def test_environment_unset() -> None:
    token = EnvToken("ACME_TOKEN", {})
    assert token.read() is None
    assert "ACME_TOKEN" in token.remedy()


def test_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "token"
    token = FileToken(path)
    assert token.read() is None
    assert str(path) in token.remedy()
    path.touch(mode=0o600)
    path.write_text("one\n")
    assert token.read() == Secret("one")
    other = tmp_path / "other"
    other.touch(mode=0o600)
    other.write_text("two\n")
    other.replace(path)
    assert token.read() == Secret("two")
    path.unlink()
    assert token.read() is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_file_that_others_reach_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    path.chmod(mode)
    token = FileToken(path)
    assert token.read() is None
    assert "chmod 600" in token.remedy()
    path.chmod(0o600)
    assert token.read() == Secret("one")


def test_file_that_holds_no_text(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.touch(mode=0o600)
    path.write_bytes(b"\xff\xfe\x00")
    assert FileToken(path).read() is None
    assert FileToken(tmp_path).read() is None


def test_scrub_takes_the_token_out_of_an_answer() -> None:
    reply = Reply(401, {"www-authenticate": "Bearer t0k/en"}, b"bad t0k/en or t0k%2Fen", 3)
    assert scrub(reply, Secret("t0k/en")) == Reply(
        401, {"www-authenticate": "Bearer ***"}, b"bad *** or ***", 3
    )
