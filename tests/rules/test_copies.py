import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import BadHit
from firsthand.model import Client, Origin
from firsthand.rules.copies import original
from tests.samples import hit, shop

SITE = shop()
GOOD = {
    "url": "https://www.facebook.com/tr/?id=1&ev=PageView",
    "method": "POST",
    "body": "cd[value]=1",
    "content_type": "application/x-www-form-urlencoded",
    "outcome": "ok",
    "ms": 30.7,
    "attempt": 1,
}


def copy(**changes: object) -> str:
    return orjson.dumps({**GOOD, **changes}).decode()


def test_a_copy_becomes_the_request_that_the_vendor_got() -> None:
    found = original(hit("fh/copy", body=copy()), SITE)
    assert (found.method, found.host, found.path) == ("POST", "www.facebook.com", "/tr/")
    assert (found.query, found.body) == ("id=1&ev=PageView", b"cd[value]=1")
    assert found.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (found.origin, found.client, found.client_ms) == (Origin.COPY, Client.OK, 30)
    assert found.ip == "203.0.113.9"


@pytest.mark.parametrize(
    ("outcome", "client"),
    [
        ("ok", Client.OK),
        ("failed", Client.FAILED),
        ("unknown", Client.UNKNOWN),
        ("OK", Client.UNKNOWN),
        ("", Client.UNKNOWN),
        (None, Client.UNKNOWN),
    ],
)
def test_only_a_plain_word_is_an_outcome(outcome: str | None, client: Client) -> None:
    assert original(hit("fh/copy", body=copy(outcome=outcome)), SITE).client is client


@pytest.mark.parametrize("ms", [-1, 1e30, "12", None, True])
def test_an_impossible_time_is_none(ms: object) -> None:
    assert original(hit("fh/copy", body=copy(ms=ms)), SITE).client_ms in {0, 1}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"url": "https://evil.example/tr/"}, 404),
        ({"url": "https://www.facebook.com:8443/tr/"}, 404),
        ({"url": "https://user@www.facebook.com/tr/"}, 404),
        ({"url": "https://www.facebook.com/tr/../x"}, 404),
        ({"url": "ftp://www.facebook.com/tr/"}, 404),
        ({"url": "https://stats.g.doubleclick.net/g/collect"}, 404),
        ({"url": "https://www.facebook.com/tr/?" + "a" * 20_000}, 400),
        ({"url": ["https://www.facebook.com/tr/"]}, 400),
        ({"method": 7}, 400),
        ({"body": {"a": 1}}, 400),
    ],
)
def test_what_is_no_copy_of_a_beacon_is_refused(changes: dict[str, object], status: int) -> None:
    with pytest.raises(BadHit) as refused:
        original(hit("fh/copy", body=copy(**changes)), SITE)
    assert refused.value.status == status


@given(st.binary(max_size=300))
def test_any_body_is_a_copy_or_refused(body: bytes) -> None:
    try:
        original(hit("fh/copy", body=body.decode("latin-1")), SITE)
    except BadHit as refused:
        assert refused.status in {400, 404}
