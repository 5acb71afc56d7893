import pytest

from firsthand.doctor.platforms import MARKS, found
from firsthand.rules.consent.sources import SOURCES


@pytest.mark.parametrize("key", sorted(MARKS))
def test_each_is_a_source_that_we_read_and_is_found_by_its_script(key: str) -> None:
    assert key in {source.key for source in SOURCES if source.cookies}
    for mark in MARKS[key]:
        start = "https://www.example.com" if mark.startswith("/") else "https://"
        page = f'<script async src="{start}{mark}/x.js"></script>'
        assert found(page) == ([key], [])


@pytest.mark.parametrize(
    ("page", "known", "others"),
    [
        ('<script src="//cdn.cookielaw.org/scripttemplates/otSDKStub.js">', ["onetrust"], []),
        ("<script src=https://consent.cookiebot.com/uc.js data-cbid=x>", ["cookiebot"], []),
        ('var u = "https://sdk.privacy-center.org/" + id;', ["didomi"], []),
        ('<link href="/app/plugins/complianz-gdpr/a.css">', ["complianz"], []),
        ("<p>We use consent.cookiebot.com and Klaro: klaro.js</p>", [], []),
        ('<script src="https://app.usercentrics.eu/latest/main.js">', [], ["Usercentrics"]),
        ("", [], []),
        ("\x00<script src=", [], []),
    ],
)
def test_only_addresses_tell(page: str, known: list[str], others: list[str]) -> None:
    assert found(page) == (known, others)


def test_a_long_page_is_read_in_linear_time() -> None:
    assert found('<script src="' + "a" * 1_000_000) == ([], [])
    assert found("src=" * 250_000) == ([], [])
