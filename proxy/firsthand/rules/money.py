"""What an event is worth, as a whole number that can be added up exactly.

Amounts are in ten-thousandths of a currency's unit: no currency of ISO 4217 has smaller units.
"""

from decimal import Decimal, DecimalException

from firsthand.convert import minor_digits
from firsthand.model import Fields
from firsthand.vendor import Money

UNIT = 10_000
MOST = 1_000_000_000 * UNIT
"""No more is believed of one event: whoever writes a page can write any number."""
_words = str.split
CODES = frozenset(
    _words(
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP"
        " BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD"
        " FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY"
        " KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP"
        " MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR"
        " RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT"
        " TND TOP TRY TTD TWD TZS UAH UGX USD UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF"
        " YER ZAR ZMW ZWG"
    )
)
"""ISO 4217, list one (active currencies), read 2026-11. Bounds what sums are kept by."""
OTHER = "(other)"


def worth(fields: Fields, money: Money) -> tuple[int, str]:
    """Return amount and currency that ``fields`` tell; 0 and "" where they tell no usable amount.

    The currency is "" where only an amount is told, and ``OTHER`` where its code is none.
    """
    value = fields.get(money.value) if money.value else None
    if not isinstance(value, str | int | float):
        return 0, ""
    told = fields.get(money.currency)
    code = told if isinstance(told, str) else ""
    amount = _whole(value, minor_digits(code) if money.minor else 0)
    return (amount, code if not code or code in CODES else OTHER) if amount else (0, "")


def _whole(value: str | float, shift: int) -> int:
    try:
        exact = Decimal(str(value)).scaleb(-shift) * UNIT
        whole = int(exact.to_integral_value()) if exact.is_finite() else 0
    except DecimalException:
        return 0
    return whole if abs(whole) <= MOST else 0


def order(fields: Fields, money: Money) -> str:
    """Return the order's number, "" where the event names none."""
    value = fields.get(money.order) if money.order else ""
    return value if isinstance(value, str) else ""


def decimal(amount: int) -> str:
    """Return an amount in units as text, at least two decimals: ``129.90``."""
    units, rest = divmod(abs(amount), UNIT)
    decimals = f"{rest:04d}"
    short = decimals[:2] if decimals.endswith("00") else decimals
    return f"{'-' if amount < 0 else ''}{units}.{short}"
