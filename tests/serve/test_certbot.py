"""What certbot's words mean. The command itself runs against a real authority in test_cert.py."""

from pathlib import Path

import pytest

from firsthand.config.listen import TlsSection
from firsthand.serve.certbot import LONGEST_DETAIL, REMEDIES, Order, command, explain, find
from firsthand.serve.tls import Tls

SAID = """
Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority \
reported these problems:
  Identifier: trk.shop.example.com
  Type:   {kind}
  Detail: {detail}
"""
# as certbot 5.8 prints an order that is refused (display_util.describe_acme_error)
LIMITED = (
    "An unexpected error occurred:\nThere were too many requests of a given type ::"
    " too many certificates (5) already issued for this exact set of identifiers in the last 168h,"
    " retry after 2026-11-26 10:00:00 UTC\nAsk for help or search for solutions"
)
LOGGED = (
    '{"type": "urn:ietf:params:acme:error:badNonce"}\n'
    '{"type": "urn:ietf:params:acme:error:%s", "detail": "x"}\n'
    '{"type": "urn:ietf:params:acme:error:badNonce"}\n'
)


@pytest.mark.parametrize("kind", REMEDIES)
def test_each_problem_has_a_remedy_whatever_way_it_is_told(kind: str) -> None:
    for said, log in (
        (SAID.format(kind=kind, detail="203.0.113.7: it said so"), ""),
        (SAID.format(kind=f"urn:ietf:params:acme:error:{kind}", detail="203.0.113.7: x"), ""),
        ("An unexpected error occurred:\nIt is so :: 203.0.113.7: it said so", LOGGED % kind),
    ):
        why = explain(said, log)
        assert why.startswith(REMEDIES[kind])
        assert "203.0.113.7" in why


def test_a_limit_is_told_with_the_time_when_it_ends() -> None:
    why = explain(LIMITED, LOGGED % "rateLimited")
    assert "Wait until" in why
    assert "retry after 2026-11-26 10:00:00 UTC" in why


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("Another instance of Certbot is already running.", "Try again"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "tls.acme_ca"),
        ("HTTPSConnectionPool: Max retries exceeded with url: /dir", "cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "Make room"),
        ("PermissionError: [Errno 13] Permission denied", "another user"),
    ],
)
def test_what_is_no_problem_of_the_authoritys_has_one_too(said: str, remedy: str) -> None:
    assert remedy in explain(said, "")


def test_what_another_server_said_is_bounded_and_plain() -> None:
    detail = "\x1b[31mred\x1b[0m \u202e" + "x" * 5000
    why = explain(SAID.format(kind="unauthorized", detail=detail), "")
    assert why.isascii()
    assert why.isprintable()
    assert len(why) < len(REMEDIES["unauthorized"]) + LONGEST_DETAIL + 50


def test_an_unknown_problem_is_told_as_it_is() -> None:
    assert "(newKind)" in explain(SAID.format(kind="newKind", detail="of late"), "")
    assert explain("What is this?", "") == "certbot says: What is this?"


def test_the_command_keeps_to_the_data_folder(tmp_path: Path) -> None:
    tls = Tls(("a.example.com", "b.example.com"), tmp_path / "tls", (), acme=True)
    section = TlsSection(email="ops@example.com")
    line = command(Order(tls, section))
    told = " ".join(line)
    assert line[0] == find()
    for option in ("--config-dir", "--work-dir", "--logs-dir", "--webroot-path"):
        assert Path(line[line.index(option) + 1]).is_relative_to(tmp_path / "tls")
    assert "--domain a.example.com --domain b.example.com" in told
    assert "-m ops@example.com" in told
    assert "--force-renewal" not in told
    assert "--force-renewal" in command(Order(tls, section, again=True))
    assert "--register-unsafely-without-email" in command(Order(tls, TlsSection()))
