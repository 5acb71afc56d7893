"""Who may come in: two people and two programs. Their hashes are the cheapest that are taken."""

from dataclasses import replace
from hashlib import sha256

from aiohttp import ClientResponse, ClientSession
from argon2 import PasswordHasher

from firsthand.admin.passwords import LEAST_KIB, LEAST_PASSES
from firsthand.admin.sessions import Keys, Program, Role, User

PASSWORD = "three words of ada's"
OTHER_PASSWORD = "three words of ben's"
READ_TOKEN, WRITE_TOKEN = "r" * 64, "w" * 64
PAGE = {"Sec-Fetch-Site": "same-origin"}


def cheap(password: str) -> str:
    return PasswordHasher(LEAST_PASSES, LEAST_KIB, 1).hash(password)


ADA = User("ada", cheap(PASSWORD), Role.WRITE)
BEN = User("ben", cheap(OTHER_PASSWORD), Role.READ)
PROGRAMS = (
    Program("prometheus", sha256(READ_TOKEN.encode()).hexdigest(), Role.READ),
    Program("deploy", sha256(WRITE_TOKEN.encode()).hexdigest(), Role.WRITE),
)
KEYS = Keys((ADA, BEN), PROGRAMS, b"the site's secret" * 2)
OTHER_SECRET = replace(KEYS, secret=b"another site's secret" * 2)


async def sign_in(
    client: ClientSession, address: str, name: str = "ada", password: str = PASSWORD, **more: str
) -> ClientResponse:
    """Send the form, as a page of ours does; the answer is read already."""
    said = {"name": name, "password": password}
    headers = PAGE | more
    async with client.post(
        f"{address}/sign-in", data=said, headers=headers, allow_redirects=False
    ) as answer:
        await answer.read()
        return answer
