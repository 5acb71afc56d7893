import pytest

from firsthand.admin.asking import FIRST_PAGE, target


@pytest.mark.parametrize(
    ("text", "leads_to"),
    [
        ("/events?vendor=meta&before=12", "/events?vendor=meta&before=12"),
        ("/scripts?done=roll-back", "/scripts?done=roll-back"),
        ("/", "/"),
        ("", FIRST_PAGE),
        ("events", FIRST_PAGE),
        ("//evil.example/x", FIRST_PAGE),
        ("/\\evil.example", FIRST_PAGE),
        ("https://evil.example", FIRST_PAGE),
        ("javascript:alert(1)", FIRST_PAGE),
        ("/x\r\nSet-Cookie: a=b", FIRST_PAGE),
        ("/x\n", FIRST_PAGE),
        ("/\t/evil.example", FIRST_PAGE),
        ("/" + "x" * 501, FIRST_PAGE),
        ("/sign-in?to=/report", FIRST_PAGE),
        ("/sign-out", FIRST_PAGE),
    ],
)
def test_signing_in_leads_to_a_page_of_ours(text: str, leads_to: str) -> None:
    assert target(text) == leads_to
