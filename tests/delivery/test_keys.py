"""Google's keys at a token door on loopback, through Google's own library."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from firsthand.delivery.auth import EnvToken, Secret
from firsthand.delivery.keys import GOOGLE_SCOPE, AsGiven, GoogleKeys, keys_of
from firsthand.delivery.live import Live
from firsthand.delivery.sender import HttpSender
from firsthand.delivery.shadow import Shadow
from firsthand.errors import SendFailed
from firsthand.model import Accepted, Reason, Recorded, TryLater
from firsthand.vendor import Auth
from tests.delivery.acme import ACME, HOST, Place, Settings, make_beacon, write

DOOR = "oauth2.googleapis.com"
USER = {
    "type": "authorized_user",
    "client_id": "client-1",
    "client_secret": "client-s3cr3t",
    "refresh_token": "refresh-s3cr3t",
}
USER_KEY = Secret(json.dumps(USER))
GOOGLE = replace(ACME, auth=Auth.GOOGLE, api_hosts=(HOST, DOOR))
BEACONS = [make_beacon(number=1)]
CALL = write(BEACONS, Settings(), now=1)


@dataclass
class Google:
    """The token door, and an API that takes the token it gave last."""

    suffix: str = ""
    life_s: int = 3600
    status: int = 200
    error: str = ""
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    revoked: bool = False

    async def serve(self, request: web.Request) -> web.Response:
        if request.host.startswith(DOOR):
            return await self._token(request)
        self.bearers.append(request.headers["Authorization"])
        if self.revoked:
            return web.Response(status=401, text="old")
        return web.json_response({"result": "taken"})

    async def _token(self, request: web.Request) -> web.Response:
        assert request.path == "/token"
        self.forms.append(parse_qs(await request.text()))
        if self.error:
            told = {"error": self.error, "error_description": "refresh-s3cr3t is not good"}
            return web.json_response(told, status=self.status)
        token = f"token-{len(self.forms)}"
        return web.json_response({"access_token": token, "expires_in": self.life_s})

    def sender(self) -> HttpSender:
        return HttpSender(GOOGLE.api_hosts, suffix=self.suffix)


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    made = Google()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", made.serve)
    async with TestServer(app) as server:
        made.suffix = f".vendors.localhost:{server.port}"
        yield made


@pytest.fixture(scope="module")
def service() -> dict[str, str]:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "client_email": "sender@project.iam.gserviceaccount.com",
        "private_key": pem,
        "private_key_id": "k1",
        "token_uri": "https://evil.example/token",
    }


def test_who_gets_what(google: Google) -> None:
    assert isinstance(keys_of(ACME, google.sender()), AsGiven)
    assert isinstance(keys_of(GOOGLE, google.sender()), GoogleKeys)


async def test_a_secret_goes_out_as_given() -> None:
    assert await AsGiven().key(Secret("t0k")) == Secret("t0k")


async def test_a_users_refresh_token_is_exchanged(google: Google) -> None:
    keys = GoogleKeys(sender := google.sender())
    assert await keys.key(USER_KEY) == Secret("token-1")
    await sender.close()
    [form] = google.forms
    assert form["grant_type"] == ["refresh_token"]
    assert form["refresh_token"] == ["refresh-s3cr3t"]
    assert form["client_id"] == ["client-1"]


async def test_a_service_account_signs_for_the_scope_at_googles_door(
    google: Google, service: dict[str, str]
) -> None:
    pretty = EnvToken("K", {"K": json.dumps(service, indent=2)}).read()
    assert pretty is not None, "a key file has many lines"
    keys = GoogleKeys(sender := google.sender())
    assert await keys.key(pretty) == Secret("token-1")
    await sender.close()
    [form] = google.forms
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = json.loads(urlsafe_b64decode(form["assertion"][0].split(".")[1] + "=="))
    assert (claims["iss"], claims["scope"]) == (service["client_email"], GOOGLE_SCOPE)
    assert claims["aud"] == "https://oauth2.googleapis.com/token", "whatever the key says"
    assert 0 < claims["exp"] - claims["iat"] <= 3600


async def test_a_token_is_kept_until_five_minutes_before_its_end(google: Google) -> None:
    keys = GoogleKeys(sender := google.sender())
    assert await keys.key(USER_KEY) == await keys.key(USER_KEY)
    google.life_s = 300
    keys.refused()
    assert await keys.key(USER_KEY) == Secret("token-2")
    assert await keys.key(USER_KEY) == Secret("token-3"), "300 s left is as good as none"
    await sender.close()


async def test_calls_at_the_same_time_share_one_question(google: Google) -> None:
    keys = GoogleKeys(sender := google.sender())
    found = await asyncio.gather(*(keys.key(USER_KEY) for _ in range(5)))
    await sender.close()
    assert set(found) == {Secret("token-1")}
    assert len(google.forms) == 1


async def test_another_key_gets_another_token(google: Google) -> None:
    keys = GoogleKeys(sender := google.sender())
    await keys.key(USER_KEY)
    other = Secret(json.dumps({**USER, "refresh_token": "other"}))
    assert await keys.key(other) == Secret("token-2")
    await sender.close()


@pytest.mark.parametrize(
    "text",
    ["abc", "{}", "[]", "null", '{"type":"service_account"}', '{"type":"authorized_user"}', "{"],
)
async def test_what_is_no_key_holds_the_lane(google: Google, text: str) -> None:
    keys = GoogleKeys(google.sender())
    with pytest.raises(SendFailed) as failed:
        await keys.key(Secret(text))
    assert failed.value.reason is Reason.AUTH
    assert google.forms == []


async def test_a_key_that_google_refuses_is_named_by_its_code_alone(google: Google) -> None:
    google.status, google.error = 400, "invalid_grant"
    keys = GoogleKeys(sender := google.sender())
    with pytest.raises(SendFailed) as failed:
        await keys.key(USER_KEY)
    await sender.close()
    assert failed.value.reason is Reason.AUTH
    assert str(failed.value) == "Google does not take the key: invalid_grant"
    assert "s3cr3t" not in repr(failed.value)


async def test_a_broken_connection_to_the_token_door_is_for_later() -> None:
    keys = GoogleKeys(sender := HttpSender(GOOGLE.api_hosts, suffix=".vendors.localhost:1"))
    with pytest.raises(SendFailed) as failed:
        await keys.key(USER_KEY)
    await sender.close()
    assert failed.value.reason is Reason.CONNECT


async def test_a_call_carries_the_token_and_a_refused_one_is_replaced(google: Google) -> None:
    way = Live(GOOGLE, Place(USER_KEY.value), google.sender())
    assert (await way.go(CALL, BEACONS)).outcomes == [Accepted()]
    google.revoked = True
    [outcome] = (await way.go(CALL, BEACONS)).outcomes
    assert isinstance(outcome, TryLater)
    google.revoked = False
    assert (await way.go(CALL, BEACONS)).outcomes == [Accepted()]
    await way.close()
    assert google.bearers == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


async def test_a_bad_key_fails_the_call_before_it_is_sent(google: Google) -> None:
    way = Live(GOOGLE, Place("nonsense"), google.sender())
    [outcome] = (await way.go(CALL, BEACONS)).outcomes
    assert isinstance(outcome, TryLater)
    assert outcome.reason is Reason.AUTH
    assert google.bearers == []


async def test_shadow_checks_with_a_token_too(google: Google) -> None:
    way = Shadow(GOOGLE, Place(USER_KEY.value), google.sender(), now=lambda: 1)
    assert (await way.go(CALL, BEACONS)).outcomes == [Recorded(validated=True)]
    await way.close()
    assert google.bearers == ["Bearer token-1"]
