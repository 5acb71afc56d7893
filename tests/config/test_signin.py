from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from firsthand.admin.sessions import Role
from firsthand.config.load import parse
from firsthand.config.signin import keys
from firsthand.errors import ConfigError
from tests.admin.people import ADA, cheap
from tests.config.sample import FILE, sample, variables

SECRET = b"s" * 32
DIGEST = sha256(b"a token").hexdigest()
USER = {"name": "ada", "hash": ADA.hash}
PROGRAM = {"name": "prometheus", "hash": DIGEST}


def read(**admin: Any) -> Any:
    return keys(parse(sample(admin=admin), FILE), secret=SECRET, file=FILE)


def test_nobody_is_named_unless_somebody_is() -> None:
    assert (read().users, read().programs, read().secret) == ((), (), SECRET)


def test_who_is_named_with_their_roles(tmp_path: Path) -> None:
    kept = tmp_path / "ben"
    kept.write_text(cheap("another password") + "\n")
    kept.chmod(0o600)
    with variables(PROM_HASH=DIGEST):
        found = read(
            users=[USER, {"name": "ben", "hash_from": {"file": str(kept)}, "role": "read"}],
            tokens=[{"name": "prometheus", "hash_from": {"env": "PROM_HASH"}}],
            host="0.0.0.0",
        )
    assert [(user.name, user.role) for user in found.users] == [
        ("ada", Role.WRITE),
        ("ben", Role.READ),
    ]
    assert found.users[0].hash == ADA.hash
    assert [(each.name, each.hash, each.role) for each in found.programs] == [
        ("prometheus", DIGEST, Role.READ)
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "a.localhost"])
def test_this_machine_needs_no_users(host: str) -> None:
    read(host=host)
    read(host=host, tokens=[PROGRAM])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "admin.example.com", ""])
def test_a_listener_beyond_this_machine_does_not_start_without_users(host: str) -> None:
    for more in ({}, {"tokens": [PROGRAM]}, {"token": {"env": "ANY"}}):
        with pytest.raises(ConfigError, match=rf"^{FILE}: admin\.host: .*firsthand admin password"):
            read(host=host, **more)
    read(host=host, users=[USER])
    read(host=host, kept_private=True)


@pytest.mark.parametrize(
    ("admin", "message"),
    [
        ({"users": [{"name": "ada"}]}, "admin.users ada: hash: is required; make one with: "),
        ({"users": [{"name": "ada", "hash": "CANARY"}]}, "admin.users ada: hash: is no argon2id"),
        ({"users": [USER, USER]}, "admin.users: ada: is listed twice"),
        ({"users": [USER | {"hash_from": {"env": "CANARY_HASH"}}]}, "not both"),
        ({"users": [{"name": "ada", "hash_from": {"env": "UNSET"}}]}, "is named but empty"),
        ({"users": [USER], "token": {"env": "CANARY_HASH"}}, "admin.token: opens nothing where"),
        ({"users": [{"name": "A B", "hash": "x"}]}, "admin.users.0.name"),
        ({"users": [USER | {"role": "root"}]}, "admin.users.0.role"),
        ({"users": [USER | {"hsah": "x"}]}, 'admin.users.0.hsah: unknown key; did you mean "hash"'),
        ({"users": ["ada"]}, "admin.users.0: is a table; write { name"),
        ({"users": [{"name": "ada", "hash_from": "CANARY"}]}, "hash_from: say where it is"),
        ({"tokens": [{"name": "p", "hash": "CANARY"}]}, "admin.tokens p: hash: is no SHA-256"),
        ({"tokens": [{"name": "p"}]}, "admin.tokens p: hash: is required"),
        ({"tokens": [PROGRAM, PROGRAM]}, "admin.tokens: prometheus: is listed twice"),
    ],
)
def test_what_cannot_hold_stops_the_start(admin: dict[str, Any], message: str) -> None:
    with variables(CANARY_HASH=ADA.hash), pytest.raises(ConfigError) as raised:
        read(**admin)
    told = str(raised.value)
    assert told.startswith(f"{FILE}: admin.")
    assert message in told
    assert "CANARY" not in told
    assert ADA.hash not in told
