from dataclasses import replace
from pathlib import Path

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
