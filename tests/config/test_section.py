import pytest
from pydantic import TypeAdapter, ValidationError

from firsthand.config.section import Host, NetworkText, Section, Source

HOST: TypeAdapter[str] = TypeAdapter(Host)
NETWORK: TypeAdapter[str] = TypeAdapter(NetworkText)


@pytest.mark.parametrize("text", ["shop.example.com", "shop.localhost:8090", "a", "xn--80ak6aa92e"])
def test_a_host_as_browsers_write_it(text: str) -> None:
    assert HOST.validate_python(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "https://Shop.example.com/cart",
            'write the host alone, in lower case: "shop.example.com"',
        ),
        ("Shop.example.com", '"shop.example.com"'),
        ("shop example", "is no host: write lower-case letters"),
        ("", "is no host"),
        ("a" * 254, "is no host"),
    ],
)
def test_what_is_no_host_is_told_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        HOST.validate_python(text)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"])
def test_a_network(text: str) -> None:
    assert NETWORK.validate_python(text) == text


@pytest.mark.parametrize("text", ["10.0.0.1/8", "proxy.example", ""])
def test_no_network(text: str) -> None:
    with pytest.raises(ValidationError):
        NETWORK.validate_python(text)


def test_an_unknown_key_is_an_error() -> None:
    class Shelf(Section):
        rows: int = 1

    with pytest.raises(ValidationError, match="colour"):
        Shelf.model_validate({"colour": "red"})
    assert Source.model_validate({"env": "TOKEN"}).file == ""
