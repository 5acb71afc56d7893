import pytest

from firsthand.errors import BadHit
from firsthand.rules.scriptdoor import Asked, asked
from tests.samples import PIXEL, PROPERTY, SECOND, shop

SITE = shop()
HASH = "0123456789abcdef0123456789abcdef"


def at(address: str) -> Asked:
    path, _, query = address.partition("?")
    host, slash, rest = path.partition("/")
    found = SITE.doors.find(host, slash + rest)
    assert found is not None
    return asked(found, host, slash + rest, query, SITE)


@pytest.mark.parametrize(
    ("address", "at_vendor", "version"),
    [
        ("connect.facebook.net/en_US/fbevents.js", "connect.facebook.net/en_US/fbevents.js", ""),
        (
            f"connect.facebook.net/en_US/fbevents.js?fh={HASH}",
            "connect.facebook.net/en_US/fbevents.js",
            HASH,
        ),
        (
            f"www.googletagmanager.com/gtag/js?id={PROPERTY}&l=dataLayer&utm=x&fh=live",
            f"www.googletagmanager.com/gtag/js?id={PROPERTY}&l=dataLayer",
            "live",
        ),
        (
            f"connect.facebook.net/signals/config/{PIXEL}?v=2.9.248&r=stable&domain=shop.example.com",
            f"connect.facebook.net/signals/config/{PIXEL}?v=2.9.248&r=stable&domain=shop.example.com",
            "",
        ),
        (
            f"www.googletagmanager.com/gtag/js?%69d={PROPERTY}&id={PROPERTY}&l=d%61ta&l=other",
            f"www.googletagmanager.com/gtag/js?id={PROPERTY}&l=d%61ta",
            "",
        ),
    ],
)
def test_an_address_within_its_grammar(address: str, at_vendor: str, version: str) -> None:
    found = at(address)
    assert (found.address, found.version) == (at_vendor, version)


@pytest.mark.parametrize(
    "address",
    [
        "connect.facebook.net/signals/config/9999999999999999",
        f"connect.facebook.net/signals/config/{PIXEL}?domain=evil.example",
        f"connect.facebook.net/signals/config/{PIXEL}?v=2.9%22%3Balert(1)",
        "www.googletagmanager.com/gtag/js?id=G-OTHER",
        f"www.googletagmanager.com/gtag/js?id={SECOND}",
        f"www.googletagmanager.com/gtag/js?id={PROPERTY}%22%7D%3Balert(1)//",
        f"www.googletagmanager.com/gtag/js?id={PROPERTY}&l=</script>",
        "connect.facebook.net/en_US/fbevents.js?fh=../../etc",
        "connect.facebook.net/en_US/fbevents.js?fh=LIVE",
    ],
)
def test_an_address_outside_its_grammar_is_unknown(address: str) -> None:
    with pytest.raises(BadHit) as refused:
        at(address)
    assert refused.value.status == 404
