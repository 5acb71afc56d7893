from datetime import timedelta
from pathlib import Path

import pytest

from firsthand.doctor.certificate import Seen, look, read, told
from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import examined
from tests.doctor.front import DAY, NAMES, TODAY, Front, Issued, fronting, issue
from tests.doctor.nameserver import answering
from tests.doctor.setup import written

ZONE = dict.fromkeys(NAMES, ("A 127.0.0.1",))


async def looked(folder: Path, certificate: Issued) -> Finding:
    async with answering(ZONE) as server, fronting(Front(), certificate) as front:
        path = written(folder, tracking=f"{NAMES[1]}:{front.port}")
        async with examined(path, server) as patient:
            (found,) = await look(patient)
    return found


async def test_a_good_one_says_how_long_it_is_good(tmp_path: Path, trusted: Issued) -> None:
    found = await looked(tmp_path, trusted)
    assert (found.result, found.remedy) == (Result.OK, "")
    assert "(79 days)" in found.found or "(80 days)" in found.found


@pytest.mark.parametrize(
    ("names", "begins", "ends", "code", "said"),
    [
        (NAMES, TODAY - 90 * DAY, TODAY - DAY, "expired", (TODAY - DAY).date().isoformat()),
        (NAMES, TODAY + DAY, TODAY + 90 * DAY, "not_yet", (TODAY + DAY).date().isoformat()),
        (("other.example.org",), TODAY - DAY, TODAY + 90 * DAY, "name", "other.example.org"),
    ],
)
async def test_what_browsers_refuse_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    begins: object,
    ends: object,
    code: str,
    said: str,
) -> None:
    made = issue(tmp_path, names, begins=begins, ends=ends)  # type: ignore[arg-type]
    monkeypatch.setenv("SSL_CERT_FILE", str(made.issuer))
    found = await looked(tmp_path, made)
    assert (found.result, found.code) == (Result.FAIL, code)
    assert said in found.found
    assert found.remedy


async def test_an_issuer_that_nobody_knows_fails(tmp_path: Path) -> None:
    found = await looked(tmp_path, issue(tmp_path))
    assert (found.result, found.code) == (Result.FAIL, "issuer")


async def test_no_tls_fails_and_no_address_is_not_known(tmp_path: Path) -> None:
    async with answering(ZONE) as server:
        async with examined(written(tmp_path, tracking=f"{NAMES[1]}:1"), server) as patient:
            (found,) = await look(patient)
            assert (found.result, found.code) == (Result.FAIL, "no_tls")
        async with examined(written(tmp_path, tracking="none.example.com"), server) as patient:
            (found,) = await look(patient)
            assert (found.result, found.code) == (Result.UNKNOWN, "dns")


async def test_the_sandbox_has_none() -> None:
    from firsthand.serve.plan import SANDBOX_CONFIG  # noqa: PLC0415 - only here

    async with examined(SANDBOX_CONFIG) as patient:
        (found,) = await look(patient)
    assert (found.result, found.code) == (Result.OK, "plain")


async def test_addresses_that_differ_are_told_apart(tmp_path: Path, trusted: Issued) -> None:
    zone = ZONE | {NAMES[1]: ("A 127.0.0.1", "A 127.0.0.9")}
    async with answering(zone) as server, fronting(Front(), trusted) as front:
        path = written(tmp_path, tracking=f"{NAMES[1]}:{front.port}")
        async with examined(path, server) as patient:
            found = await look(patient)
    assert {each.about: each.result for each in found} == {
        f"{NAMES[1]} at 127.0.0.1": Result.OK,
        f"{NAMES[1]} at 127.0.0.9": Result.FAIL,
    }


@pytest.mark.parametrize(
    ("age", "left", "result"),
    [
        (timedelta(days=30), timedelta(days=60), Result.OK),
        (timedelta(days=60), timedelta(days=30), Result.OK),
        (timedelta(days=65), timedelta(days=25), Result.WARN),
        (timedelta(days=1), timedelta(days=1), Result.WARN),
        (timedelta(days=2), timedelta(days=4), Result.OK),
    ],
)
def test_renewal_is_due_when_a_third_is_left(
    age: timedelta, left: timedelta, result: Result
) -> None:
    seen = Seen(0, NAMES, TODAY - age, TODAY + left)
    assert told(NAMES[1], seen, TODAY).result is result


def test_a_certificate_is_read_without_trust(issued: Issued) -> None:
    seen = read(issued.der, 10)
    assert (seen.code, seen.names) == (10, NAMES)
    with pytest.raises(ValueError, match=r"."):
        read(b"no certificate", 10)
