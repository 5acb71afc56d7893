import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from firsthand.admin import cookies
from firsthand.admin.sessions import Sessions, Use
from tests.admin.people import ADA, KEYS
from tests.admin.sample import NOW

HERE = Sessions(KEYS)


def given(**headers: str) -> dict[str, str]:
    answer = web.Response()
    cookies.put(answer, make_mocked_request("POST", "/", headers), HERE, ADA, now=NOW)
    return {name: each.OutputString() for name, each in answer.cookies.items()}


@pytest.mark.parametrize(
    ("origin", "names"),
    [
        ("https://admin.example.com", {Use.SECURE_SESSION, Use.SECURE_KNOWN}),
        ("http://127.0.0.1:8081", {Use.SESSION, Use.KNOWN}),
    ],
)
def test_where_the_browser_came_by_https_the_prefix_binds_the_cookie(
    origin: str, names: set[Use]
) -> None:
    found = given(Origin=origin)
    assert set(found) == names
    for name, text in found.items():
        assert ("; Secure" in text) is name.startswith("__Host-")
        for part in ("; HttpOnly", "; Path=/", "; SameSite=Strict", "; Max-Age="):
            assert part in text
        assert "Domain" not in text


def test_a_cookie_is_read_under_its_own_name_only() -> None:
    for use, other in (
        (Use.SESSION, Use.SECURE_SESSION),
        (Use.SECURE_SESSION, Use.SESSION),
        (Use.KNOWN, Use.SESSION),
        (Use.SECURE_KNOWN, Use.SECURE_SESSION),
    ):
        cookie = HERE.begin(use, ADA, now=NOW)
        own, misplaced = (
            make_mocked_request("GET", "/", {"Cookie": f"{name}={cookie}"}) for name in (use, other)
        )
        read = cookies.session if use.is_session else cookies.known
        assert read(own, HERE, now=NOW) is not None
        assert cookies.session(misplaced, HERE, now=NOW) is None
        assert cookies.known(misplaced, HERE, now=NOW) is None


def test_the_session_leaves_the_browser_and_the_mark_stays() -> None:
    answer = web.Response()
    cookies.drop(answer)
    gone = {name: each["max-age"] for name, each in answer.cookies.items()}
    assert gone == dict.fromkeys(("fh_admin", Use.SESSION, Use.SECURE_SESSION), "0")
    assert "Secure" in answer.cookies[Use.SECURE_SESSION].OutputString()
