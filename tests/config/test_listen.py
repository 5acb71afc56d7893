import pytest
from pydantic import ValidationError

from firsthand.config.listen import ListenSection, TlsSection


def test_names_of_a_certificate_have_no_port() -> None:
    assert TlsSection.model_validate({"names": ["trk.shop.example.com"]}).names
    with pytest.raises(ValidationError, match="write the host alone, without one"):
        TlsSection.model_validate({"names": ["trk.shop.example.com:443"]})


@pytest.mark.parametrize(
    "given",
    [
        {"port": 0},
        {"https_port": 65536},
        {"workers": 0},
        {"forwarded_header": "X Forwarded"},
        {"country_header": "X Country"},
        {"region_header": "x\r\ny"},
        {"trusted_proxies": ["10.0.0.1/8"]},
    ],
)
def test_what_nobody_can_listen_on_or_send(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ListenSection.model_validate(given)
