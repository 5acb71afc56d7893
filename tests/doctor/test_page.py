from pathlib import Path

import pytest

from firsthand.doctor.finding import Result
from firsthand.doctor.page import fetch, judged, look
from firsthand.doctor.patient import examined
from firsthand.doctor.web import Failed, Fetched
from firsthand.rules.consent.policy import Groups, Policy
from tests.doctor.front import NAMES, Front, Issued, fronting
from tests.doctor.nameserver import answering
from tests.doctor.setup import written
from tests.samples import shop

ZONE = dict.fromkeys(NAMES, ("A 127.0.0.1",))
ONETRUST = '<script src="https://cdn.cookielaw.org/scripttemplates/otSDKStub.js"></script>'
KLARO = '<script src="/static/klaro.js"></script>'
FH = '<script async src="https://trk.shop.example.com/fh.js"></script>'
IN_THE_PAGE = '<script src="https://app.usercentrics.eu/latest/main.js"></script>'
GTM = "https://www.googletagmanager.com/gtm.js?id=GTM-1"


def page(text: str, status: int = 200) -> Fetched:
    return Fetched(status, {}, (), text.encode())


@pytest.mark.parametrize(
    ("got", "policy", "result", "code"),
    [
        (page(ONETRUST), Policy(), Result.OK, "known"),
        (page(ONETRUST), Policy(authority="onetrust"), Result.OK, "known"),
        (page(ONETRUST), Policy(authority="didomi"), Result.WARN, "other_authority"),
        (page(KLARO), Policy(), Result.WARN, "groups"),
        (
            page(KLARO),
            Policy(groups={"klaro": Groups(marketing=("ads",))}),
            Result.OK,
            "known",
        ),
        (page(IN_THE_PAGE), Policy(), Result.WARN, "unheard"),
        (page(IN_THE_PAGE + FH), Policy(), Result.OK, "heard"),
        (page(f'<script src="{GTM}">'), Policy(), Result.UNKNOWN, "unrecognised"),
        (page(""), Policy(authority="onetrust"), Result.UNKNOWN, "unrecognised"),
        (page("", 503), Policy(), Result.UNKNOWN, "unread"),
        (Failed("nobody answers there"), Policy(), Result.UNKNOWN, "unread"),
    ],
)
def test_what_a_platform_comes_to(
    got: Fetched | Failed, policy: Policy, result: Result, code: str
) -> None:
    found = judged("https://shop.example.com", got, shop(policy=policy))
    assert (found.about, found.result, found.code) == ("shop.example.com", result, code)
    assert bool(found.remedy) is (result is not Result.OK)


async def test_it_is_read_from_the_page_itself(tmp_path: Path, trusted: Issued) -> None:
    front = Front(page=ONETRUST)
    async with answering(ZONE) as server, fronting(front, trusted):
        hosts = f'"{NAMES[0]}:{front.port}", "none.example.com"'
        async with examined(written(tmp_path, hosts=hosts), server) as patient:
            found = await look(patient)
            origin = f"https://{NAMES[0]}:{front.port}"
            assert isinstance(await fetch(patient, origin), Fetched)
    assert [(each.about, each.code) for each in found] == [
        ("none.example.com", "unread"),
        (f"{NAMES[0]}:{front.port}", "known"),
    ]
