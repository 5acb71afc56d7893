from itertools import product

import pytest

from firsthand.admin.causes import EXPLANATIONS, GAP, Cause, Place, cause, note_cause, place
from firsthand.model import Client, Reason, Server

OK, FAILED, UNKNOWN, NONE = Client.OK, Client.FAILED, Client.UNKNOWN, Client.NONE

CASES = [
    # browser, server, reason, place, cause
    (OK, Server.ACCEPTED, Reason.NONE, Place.MATCHED, None),
    (OK, Server.WARNED, Reason.VENDOR_WARNING, Place.MATCHED, None),
    (OK, Server.RECORDED, Reason.SHADOW, Place.WOULD_MATCH, None),
    (OK, Server.VALIDATED, Reason.SHADOW, Place.WOULD_MATCH, None),
    (UNKNOWN, Server.ACCEPTED, Reason.NONE, Place.UNSEEN, None),
    (Client.FIRED, Server.ACCEPTED, Reason.NONE, Place.UNSEEN, None),
    (UNKNOWN, Server.RECORDED, Reason.SHADOW, Place.UNSEEN, None),
    (NONE, Server.ACCEPTED, Reason.NONE, Place.SERVER_ONLY, Cause.SCRIPT_BLOCKED),
    (NONE, Server.RECORDED, Reason.SHADOW, Place.WOULD_SERVER_ONLY, Cause.SCRIPT_BLOCKED),
    (FAILED, Server.ACCEPTED, Reason.NONE, Place.SERVER_ONLY, Cause.BEACON_BLOCKED),
    (FAILED, Server.RECORDED, Reason.SHADOW, Place.WOULD_SERVER_ONLY, Cause.BEACON_BLOCKED),
    (FAILED, Server.WITHHELD, Reason.BLOCKED, Place.NEITHER, Cause.BEACON_BLOCKED),
    (OK, Server.WITHHELD, Reason.CONSENT, Place.CLIENT_ONLY, Cause.CONSENT_REFUSED),
    (OK, Server.WITHHELD, Reason.AGGREGATE_ONLY, Place.CLIENT_ONLY, Cause.CONSENT_REFUSED),
    (OK, Server.WITHHELD, Reason.LIMITED_DATA, Place.CLIENT_ONLY, Cause.CONSENT_REFUSED),
    (OK, Server.WITHHELD, Reason.WITHDRAWN, Place.CLIENT_ONLY, Cause.CONSENT_REFUSED),
    (OK, Server.WITHHELD, Reason.BOT, Place.CLIENT_ONLY, Cause.BOT),
    (OK, Server.WITHHELD, Reason.MIRROR, Place.CLIENT_ONLY, Cause.DUPLICATE),
    (OK, Server.WITHHELD, Reason.DUPLICATE, Place.CLIENT_ONLY, Cause.DUPLICATE),
    (OK, Server.REFUSED, Reason.BAD_EVENT, Place.CLIENT_ONLY, Cause.VENDOR_REFUSED),
    (OK, Server.REFUSED, Reason.NONE, Place.CLIENT_ONLY, Cause.VENDOR_REFUSED),
    (OK, Server.DEAD, Reason.SETUP, Place.CLIENT_ONLY, Cause.VENDOR_REFUSED),
    (OK, Server.EXPIRED, Reason.AUTH, Place.CLIENT_ONLY, Cause.VENDOR_REFUSED),
    (OK, Server.EXPIRED, Reason.VENDOR_DOWN, Place.CLIENT_ONLY, Cause.LATE),
    (OK, Server.EXPIRED, Reason.NONE, Place.CLIENT_ONLY, Cause.LATE),
    (OK, Server.WITHHELD, Reason.TOO_OLD, Place.CLIENT_ONLY, Cause.LATE),
    (OK, Server.RECEIVED, Reason.NONE, Place.CLIENT_ONLY, Cause.STILL_QUEUED),
    (OK, Server.QUEUED, Reason.TIMEOUT, Place.CLIENT_ONLY, Cause.STILL_QUEUED),
    (UNKNOWN, Server.SENT, Reason.UNCONFIRMED, Place.NEITHER, Cause.STILL_QUEUED),
    (NONE, Server.SENT, Reason.RELAYED, Place.RELAYED, None),
    (NONE, Server.WITHHELD, Reason.NO_BEACON, Place.APART, None),
    (OK, Server.DEAD, Reason.FAULT, Place.CLIENT_ONLY, Cause.UNEXPLAINED),
    (OK, Server.WITHHELD, Reason.NONE, Place.CLIENT_ONLY, Cause.UNEXPLAINED),
    (OK, Server.WITHHELD, Reason.AUTOMATIC, Place.APART, None),
    (OK, Server.WITHHELD, Reason.UNMAPPABLE, Place.APART, None),
    (NONE, Server.WITHHELD, Reason.PREFETCH, Place.APART, None),
    (OK, Server.WITHHELD, Reason.FOREIGN_PAGE, Place.APART, None),
    (OK, Server.WITHHELD, Reason.UNKNOWN_ACCOUNT, Place.APART, None),
]


@pytest.mark.parametrize(("client", "server", "reason", "where", "why"), CASES)
def test_place_and_cause(
    client: Client, server: Server, reason: Reason, where: Place, why: Cause | None
) -> None:
    assert place(client, server, reason, has_browser_path=True) is where
    assert (where in GAP) is (why is not None)
    if why is not None:
        assert cause(client, server, reason) is why


def test_without_a_browser_path_a_delivered_event_stands_alone() -> None:
    assert place(NONE, Server.ACCEPTED, Reason.NONE, has_browser_path=False) is Place.ALONE
    assert place(NONE, Server.QUEUED, Reason.NONE, has_browser_path=False) is Place.NEITHER
    # From before the account's mode changed: the browser was heard, so there is something to match.
    assert place(OK, Server.ACCEPTED, Reason.NONE, has_browser_path=False) is Place.MATCHED
    assert place(NONE, Server.RECORDED, Reason.SHADOW, has_browser_path=False) is not Place.ALONE


def test_what_was_relayed_is_never_called_delivered() -> None:
    for client, seen in product(Client, (True, False)):
        where = place(client, Server.SENT, Reason.RELAYED, has_browser_path=seen)
        assert where is Place.RELAYED


def test_every_joint_state_has_a_place_and_every_gap_a_cause() -> None:
    for client, server, reason in product(Client, Server, Reason):
        where = place(client, server, reason, has_browser_path=True)
        assert where in Place
        if where in GAP:
            assert cause(client, server, reason) in Cause


def test_each_cause_is_explained_in_one_sentence() -> None:
    assert set(EXPLANATIONS) == set(Cause)
    for sentence in EXPLANATIONS.values():
        assert sentence.endswith(".")
        assert sentence.count(". ") == 0


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("consent", Cause.CONSENT_REFUSED),
        ("mirror", Cause.DUPLICATE),
        ("bot", Cause.BOT),
        ("script_blocked", Cause.SCRIPT_BLOCKED),
        ("too_large", None),
        ("", None),
    ],
)
def test_notes_count_for_a_cause(reason: str, why: Cause | None) -> None:
    assert note_cause(reason) is why
