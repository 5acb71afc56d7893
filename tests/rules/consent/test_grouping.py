from dataclasses import replace

import pytest

from firsthand.rules.consent.grouping import broken, by_groups, grouped, of_text, silent
from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say, Statement

GRANTED, UNKNOWN, DENIED = Say.GRANTED, Say.UNKNOWN, Say.DENIED
ANSWERS = {"yes": GRANTED, "no": DENIED, "open": UNKNOWN}


@pytest.mark.parametrize(
    ("wanted", "otherwise", "expected"),
    [
        (("yes",), UNKNOWN, GRANTED),
        (("yes", "yes"), UNKNOWN, GRANTED),
        (("no",), UNKNOWN, DENIED),
        (("yes", "no"), UNKNOWN, DENIED),
        (("yes", "open"), UNKNOWN, UNKNOWN),
        (("open", "no"), UNKNOWN, DENIED),
        (("yes", "absent"), UNKNOWN, UNKNOWN),
        (("yes", "absent"), DENIED, DENIED),
        ((), UNKNOWN, UNKNOWN),
        ((), DENIED, UNKNOWN),
    ],
)
def test_all_of_a_purposes_groups_must_be_granted(
    wanted: tuple[str, ...], otherwise: Say, expected: Say
) -> None:
    assert by_groups(ANSWERS, wanted, otherwise) is expected


def test_a_statement_by_purpose() -> None:
    groups = Groups(analytics=("yes",), marketing=("no",), social=("open",))
    said = grouped("acme", ANSWERS, groups, explicit=True, decided_at=1, expires_at=2)
    assert said == Statement(
        "acme",
        GRANTED,
        DENIED,
        explicit=True,
        decided_at=1,
        expires_at=2,
        social=UNKNOWN,
        yields=True,
    )


def test_without_an_answer() -> None:
    assert broken("acme") == Statement("acme", error=Fault.MALFORMED, yields=True)
    assert broken("acme", Fault.VERSION).error is Fault.VERSION
    assert silent("acme", "x") == Statement("acme", notes=("x",), yields=True)


@pytest.mark.parametrize(
    ("told", "wanted", "kept"),
    [(1, 0, True), (None, 0, True), (2, 2, True), (3, 2, True), (1, 2, False), (None, 2, False)],
)
def test_an_older_text_takes_grants_back(told: object, wanted: int, *, kept: bool) -> None:
    said = Statement("acme", GRANTED, DENIED, explicit=True, yields=True)
    found = of_text(said, told, Groups(version=wanted))
    assert found == (said if kept else replace(said, analytics=UNKNOWN, notes=("old_text",)))
    assert of_text(said, True, Groups(version=1)).notes == ("old_text",)  # noqa: FBT003 - JSON's


def test_a_vendor_is_refused_with_its_services() -> None:
    groups = Groups(
        marketing=("yes",),
        vendors={"a": ("yes",), "b": ("yes", "open"), "c": ("absent",), "d": ("no",)},
    )
    assert grouped("acme", ANSWERS, groups, explicit=True).without == ("b", "c", "d")
    assert grouped("acme", ANSWERS, groups, explicit=False).without == ("d",)
    said = grouped("acme", ANSWERS, groups, explicit=False, otherwise=DENIED)
    assert said.without == ("c", "d")
