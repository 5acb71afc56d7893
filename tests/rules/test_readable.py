"""What is contact data or a card number, and what only looks like one.

Sources: the made-up numbers that are free for it (NANP 555-01xx; the Bundesnetzagentur's drama
numbers; Ofcom's), the card networks' published test numbers, the identifiers' forms as the vendors
document them, all read 2026-11-24.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.rules.readable import What, luhn, readable

MUST = [
    # e-mail
    (What.MAIL, "note", "jane.doe@example.com"),
    (What.MAIL, "note", "write to JANE+news@mail.example.co.uk, please"),
    (What.MAIL, "event_id", "jane@example.com-991"),
    (What.MAIL, "title", "Thanks, jane_doe@example.museum!"),
    (What.MAIL, "x", "jörg@müller.example.de"),
    (What.MAIL, "x", "jane@xn--mller-kva.example"),
    (What.MAIL, "x", "<jane@example.com>"),
    (What.MAIL, "x", "mailto:jane@example.com?subject=x"),
    # a phone behind a plus
    (What.PHONE, "note", "+493023125001"),
    (What.PHONE, "note", "+49 (30) 23125-001"),
    (What.PHONE, "note", "+1 202-555-0123"),
    (What.PHONE, "note", "call +44 20 7946 0958 now"),
    (What.PHONE, "note", "+49+30+23125001"),
    # a phone by its field, or by the word before it
    (What.PHONE, "phone", "03023125001"),
    (What.PHONE, "user_phone", "(030) 23125 001"),
    (What.PHONE, "ph", "12025550123"),
    (What.PHONE, "phoneNumber", "202-555-0123"),
    (What.PHONE, "note", "Tel.: 030 23125001"),
    (What.PHONE, "q", "mobile=01715550100"),
    # cards: test numbers of the networks
    (What.CARD, "note", "4111111111111111"),
    (What.CARD, "q", "4111 1111 1111 1111"),
    (What.CARD, "q", "4111+1111+1111+1111"),
    (What.CARD, "q", "5555-5555-5555-4444"),
    (What.CARD, "q", "my card is 2223003122003222, thanks"),
    (What.CARD, "q", "378282246310005"),
    (What.CARD, "q", "3782 822463 10005"),
    (What.CARD, "q", "6011111111111117"),
    (What.CARD, "q", "3530111333300000"),
    (What.CARD, "q", "3056 930902 5904"),
    (What.CARD, "q", "6250941006528599"),
    (What.CARD, "card_number", "30569309025904"),
    (What.CARD, "cc", "4222222222222"),
    (What.CARD, "order_id", "4111 1111 1111 1111"),
    (What.CARD, "dl", "https://shop.example.com/pay/4111111111111111/done"),
]


@pytest.mark.parametrize(("what", "name", "text"), MUST)
def test_it_is_found(what: What, name: str, text: str) -> None:
    assert list(readable(text, name)) == [what]


MUST_NOT = [
    # hashes, keys and ids
    ("em", "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d"),
    ("ph", "80536ff12e8d8f2e4a0a3d8f9ec7b6b0a7a1c7d3f8d2e2a5b3c1d0e9f8a7b6c5"),
    ("ph", "1234567812345678123456781234567812345678123456781234567812345678"),
    ("hash", "4111111111111111aaaaaaaaaaaaaaaa"),
    ("event_id", "4111111111111111"),
    ("order_id", "5555555555554444"),
    ("items.id", "4111111111111111"),
    ("content_ids", "378282246310005"),
    ("dl", "https://shop.example.com/orders/4111111111111111/thanks"),
    ("dl", "https://shop.example.com/thanks?order=4111111111111111"),
    ("note", "Order 4111111111111111"),
    ("gtin", "4006381333931"),
    ("ean", "4012345678901"),
    ("note", "40123456789015"),
    ("uuid", "41111111-1111-4111-8111-411111111111"),
    ("uuid", "12345678-4111-1111-1111-111111111234"),
    # cookies and click ids
    ("_ga", "GA1.1.1234567890.1795500000"),
    ("_ga_X", "GS2.1.s1795500000$o1$g1$t1795500010$j50$l0$h0"),
    ("fbp", "fb.1.1795500000123.4111111111111111"),
    ("fbc", "fb.1.1795500000123.IwAR2abcDEF-ghi_123"),
    ("gclid", "Cj0KCQiA4111111111111111EALw_wcB"),
    ("ttclid", "E.C.P.abcDEF123"),
    ("_uetvid", "4111111111111111a111111111111111"),
    ("li_fat_id", "5ad1c5f0-4111-1111-1111-111111111111"),
    ("_scid", "@-9f4a"),
    ("gcd", "13l3l3l3l1l1"),
    # times, prices, sizes, versions
    ("ts", "1795500000123"),
    ("t", "1795500000123456"),
    ("note", "2026-11-24T10:00:00+01:00"),
    ("note", "2026-11-24 10:00:00"),
    ("value", "4111111.11"),
    ("rnd", "0.4111111111111111"),
    ("value", "-4111111111111111.5"),
    ("screen", "1920x1080"),
    ("ua", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148"),
    ("ua", "Mozilla/5.0 (Linux; Android 10; K) Chrome/143.0.0.0 Mobile Safari/537.36"),
    ("ua", "Mozilla/5.0 (Windows Phone 10.0.15063.0; Android 6.0.1; Microsoft; Lumia 950)"),
    ("ua", "Opera/9.80 (Android) Opera Mobile 12.10.5432"),
    ("ip", "203.0.113.109"),
    ("ip", "2001:db8:1234:5678:9012:3456:7890:1234"),
    # numbers without a sign that they are a phone's
    ("note", "03023125001"),
    ("sku", "0171-2345678"),
    ("note", "12025550123"),
    ("hotel", "12025550123"),
    ("phone_id", "12025550123"),
    ("note", "1+2345678"),
    ("note", "a+493023125001"),
    ("note", "+1795500000"),
    ("note", "+999999999999"),
    # signs that are in no address
    ("img", "/img/logo@2x.png"),
    ("img", "https://cdn.example.com/npm/react@18.2.0/umd/react.js"),
    ("img", "widget@next.min.js"),
    ("page", "https://video.example.com/@jane.doe"),
    ("page", "https://maps.example.com/maps/@52.52,13.40,15z"),
    ("note", "2 @ 5.00"),
    ("note", "jane@localhost"),
    # digits that no network issues, or with a wrong check digit
    ("note", "4111111111111112"),
    ("note", "1234567812345670"),
    ("note", "9999999999999995"),
    ("note", "0000000000000000"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), MUST_NOT)
def test_it_is_left_alone(name: str, text: str) -> None:
    assert list(readable(text, name)) == []


DIGITS = st.text("0123456789", min_size=1, max_size=19)
MADE = st.one_of(
    st.uuids().map(str),
    st.binary(min_size=16, max_size=32).map(bytes.hex),
    st.integers(1_600_000_000_000, 1_999_999_999_999).map(str),
    st.builds("GA1.1.{}.{}".format, st.integers(1, 2**31), st.integers(1_600_000_000, 2**31)),
    st.builds("fb.1.{}.{}".format, st.integers(1_600_000_000_000, 1_999_999_999_999), DIGITS),
    st.decimals(0, 10**9, places=2).map(str),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", min_size=20).map(
        lambda text: f"Cj0KCQ{text}EALw_wcB"
    ),
)


@settings(max_examples=300)
@given(MADE, st.sampled_from(["x", "event_id", "fbp", "value", "ts", "em"]))
def test_no_id_hash_time_or_price_is_taken_for_a_person(text: str, name: str) -> None:
    assert list(readable(text, name)) == []


@settings(max_examples=150)
@given(DIGITS, st.sampled_from(["order_id", "transaction_id", "sku", "contents.id", "eid", "ord"]))
def test_no_number_of_a_thing_is_taken_for_a_person(digits: str, name: str) -> None:
    assert list(readable(digits, name)) == []


def test_a_check_digit() -> None:
    right = [digit for digit in "0123456789" if luhn(f"411111111111111{digit}")]
    assert right == ["1"]
