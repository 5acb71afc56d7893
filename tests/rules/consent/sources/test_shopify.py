import json

import pytest

from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
    NEITHER,
    NOTHING,
    OVERSIZED,
    Examples,
    ask,
    encoded,
    is_broken,
    says,
)

NAME = "_tracking_consent="
ID = "ABCDEFghijk012345678-_"


def by_purpose(analytics: str, marketing: str, sale: str = "") -> str:
    told = {
        "con": {"CMP": {"a": analytics, "m": marketing, "p": "", "s": sale}},
        "v": "2.1",
        "region": "FR75",
        "reg": "GDPR",
        "purposes": {"a": True, "p": True, "m": True, "t": True},
        "sale_of_data_region": False,
    }
    return NAME + encoded(json.dumps(told, separators=(",", ":")))


def by_law(**laws: object) -> str:
    told = {"lim": ["GDPR"], "v": "2.0", "con": laws, "reg": "GDPR"}
    return NAME + encoded(json.dumps(told, separators=(",", ":")))


EXAMPLES = Examples(
    granted=by_purpose("1", "1"), denied=by_purpose("0", "0"), analytics=by_purpose("1", "0")
)


# Shopify's Customer Privacy API reference, read 2026-11-20; Mapp's documentation, read 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (by_purpose("", ""), NOTHING, False),
        (by_purpose("1", "1", "1"), BOTH, True),
        (by_purpose("1", "1", "0"), ANALYTICS, True),
        (by_purpose("", "", "0"), (Say.UNKNOWN, Say.DENIED), False),
        (by_law(GDPR="1"), BOTH, True),
        (by_law(GDPR="0"), NEITHER, True),
        (by_law(GDPR=""), NOTHING, False),
        (by_law(GDPR="1", CCPA="0"), ANALYTICS, True),
        (by_law(CCPA="1"), (Say.UNKNOWN, Say.GRANTED), True),
        (by_law(), NOTHING, False),
        (f"{NAME}3.AMPS_DEBE_t_f_{ID}", BOTH, True),
        (f"{NAME}3.ampS_ESCT_t_f_{ID}", NEITHER, True),
        (f"{NAME}3.AmpS_FR_t_f_{ID}", ANALYTICS, True),
        (f"{NAME}3.AMPs_DEBE_t_f_{ID}", ANALYTICS, True),
        (f"{NAME}3.AMPS_USCA_f_t_{ID}", BOTH, False),
        (f"{NAME}3.AMPS_VN_f_f_{ID}", BOTH, False),
        (f"{NAME}3.AMPs_USCA_f_t_{ID}", ANALYTICS, False),
        (NAME + encoded(EXAMPLES.granted.removeprefix(NAME)), BOTH, True),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER, True),
        (f"{NAME}3.AMPS_DEBE_t_f_{ID}; {EXAMPLES.analytics}", ANALYTICS, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("shopify", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", Fault.MALFORMED),
        ("1", Fault.MALFORMED),
        ("3.AMP_DEBE_t_f_" + ID, Fault.MALFORMED),
        ("3.MAPS_DEBE_t_f_" + ID, Fault.VERSION),
        ("3.AMPS_DEBE_t_" + ID, Fault.VERSION),
        ("4.AMPS_DEBE_t_f_" + ID, Fault.VERSION),
        ("3.AMPS_DEBE_t_f_", Fault.VERSION),
        ("{}", Fault.VERSION),
        ('{"v":"2.2","con":{"CMP":{"a":"1","m":"1"}}}', Fault.VERSION),
        ('{"v":"2.1","con":[]}', Fault.MALFORMED),
        ('{"v":"2.1","con":{"CMP":[]}}', Fault.MALFORMED),
        ('{"v":"2.1","con":{"CMP":{"a":"1","m":"2"}}}', Fault.MALFORMED),
        ('{"v":"2.1","con":{"CMP":{"a":"1","m":1}}}', Fault.MALFORMED),
        ('{"v":"2.1","con":{"CMP":{"a":"1","m":"0","m":"1"}}}', Fault.MALFORMED),
        ('{"v":"2.0","con":{"GDPR":true}}', Fault.MALFORMED),
        ('{"v":"2.0","con":{"GDPR":"yes"}}', Fault.MALFORMED),
    ],
)
def test_what_cannot_be_read_is_an_error(value: str, fault: Fault) -> None:
    assert is_broken(ask("shopify", NAME + value), fault)
    assert ask("shopify", NAME + OVERSIZED).error is Fault.OVERSIZED
