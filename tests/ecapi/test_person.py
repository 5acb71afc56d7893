from hashlib import sha256
from typing import Any

import pytest

from firsthand.ecapi.event import Given
from firsthand.ecapi.person import e164, person
from firsthand.ecapi.readers import Code, Fault
from tests.events import ADA, HASHED, PLAIN

# Test vectors of the ECAPI repository, recomputed.
USER = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"


def told(user: dict[str, Any], plain: dict[str, Any] | None = None) -> dict[str, Given]:
    return person(user, plain or {}, [])


def test_hashes_and_plain_text_are_kept_apart() -> None:
    found = told(HASHED, PLAIN)
    assert found["email"] == Given(("Ada@example.com",), (ADA["email"],))
    assert found["phone"] == Given(("+4915112345678",), (ADA["phone"],))
    assert found["external_id"] == Given(("CUST-4711",), (ADA["id"],))
    assert found["city"] == Given(("berlin", "Berlin"))


def test_the_repositorys_vector_passes_unchanged() -> None:
    assert told({"email_address": [USER.upper()]})["email"].hashed == (USER,)


def test_plain_text_in_a_field_for_hashes_is_taken_and_noted() -> None:
    faults: list[Fault] = []
    found = person({"email_address": [" User@example.com "]}, {}, faults)
    assert found["email"] == Given(("User@example.com",))
    assert faults == [Fault("user_data.email_address", Code.PLAIN)]


def test_a_hash_among_plain_data_is_a_hash() -> None:
    assert told({}, {"email": [USER]})["email"] == Given((), (USER,))


@pytest.mark.parametrize("word", ["", "null", "undefined", "none", "N/A".lower()])
def test_junk_is_dropped_hashed_or_not(word: str) -> None:
    digest = sha256(word.encode()).hexdigest()
    found = told({"email_address": [digest], "customer_identifier": digest}, {"email": [word]})
    assert not any(given.plain or given.hashed for given in found.values())


def test_a_hash_cannot_be_a_city() -> None:
    faults: list[Fault] = []
    assert not person({"address": [{"city": USER}]}, {}, faults)
    assert faults == [Fault("user_data.address.city", Code.VALUE)]


def test_the_first_address_counts_also_where_it_is_no_list() -> None:
    two = [{}, {"city": "Berlin"}, {"city": "Bonn"}]
    assert told({"address": two})["city"] == told({"address": two[1]})["city"]


@pytest.mark.parametrize(
    ("given", "country", "expected"),
    [
        ("+49 151 12345678", "", "+4915112345678"),
        ("0049 (0)151 12345678", "", "+4915112345678"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("0151 12345678", "", None),
        ("0151 12345678", "Germany", None),
        ("4915112345678", "", "+4915112345678"),
        ("+1 212-555-0000", "", "+12125550000"),  # ECAPI's vector, which no network assigns
        ("(212) 555-2368", "us", "+12125552368"),
        ("212 555 2368", "", None),
        ("+999 12", "", None),
        ("call me", "DE", None),
        ("", "", None),
    ],
)
def test_a_phone_number_is_international_or_left_out(
    given: str, country: str, expected: str | None
) -> None:
    assert e164(given, country) == expected


def test_wrong_types_are_noted_by_place() -> None:
    faults: list[Fault] = []
    user = {"email_address": [{}], "address": "Berlin", "phone_numbers": ["12"]}
    assert not person(user, {"shoe_size": 43}, faults)
    assert set(faults) == {
        Fault("user_data.email_address", Code.TYPE),
        Fault("user_data.address", Code.TYPE),
        Fault("user_data.phone_numbers", Code.PLAIN),
        Fault("phone", Code.VALUE),
        Fault("ext.firsthand.plain", Code.UNKNOWN),
    }
