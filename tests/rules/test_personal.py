import pytest

from firsthand.mapping import Table
from firsthand.model import Kind, Value
from firsthand.rules.personal import telling
from firsthand.vendor import Field

TABLE = Table(
    [
        Field("v", "data.value", Kind.COMMERCE, str),
        Field("items", "data.items", Kind.COMMERCE, str),
        Field("em", "user.em", Kind.CONTACT, str),
        Field("x.*", "data.*", Kind.CUSTOM, str),
    ]
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.note", "write to jane.doe@example.com please"),
        ("data.note", "+49 151 1234 5678"),
        ("data.note", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc"),
        ("data.note", "4111 1111 1111 1111"),
        ("data.email", "anything at all"),
        ("data.user_phone", "1"),
        ("data.form", [{"answer": "jane.doe@example.com"}]),
        ("data.items", [{"item_name": "Voucher for jane.doe@example.com"}]),
        ("data.order", "jane.doe@example.com"),
    ],
)
def test_readable_contact_data_is_told(path: str, value: Value) -> None:
    assert telling({path: value, "user.em": "jane.doe@example.com"}, TABLE) == (path,)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.score", "7"),
        ("data.product_name", "Lamp 3000"),
        ("data.items", [{"item_id": "0012345678905", "quantity": 2}]),
        ("data.sku", "00491511234567"),
        ("data.ean", "4006381333931"),
        ("data.value", 142.52),
        ("data.plan", "gold@home"),
        ("user.em", "a" * 64),
    ],
)
def test_what_only_looks_like_it_stays(path: str, value: Value) -> None:
    assert telling({path: value}, TABLE) == ()
