"""Text -> what stands in it readable: e-mail addresses, phone numbers, payment card numbers.

Made to be right about what pixels send all day: hashes, keys, click ids, times and prices must not
match, so a number alone is no phone number. It is one behind a ``+`` (if a country has numbers of
that length), or where its field or the word before it says so. A card number is in a range that is
issued, of its length, and passes the check digit; fifteen or sixteen digits at a stretch count, all
else only in a card's own grouping or in a field named like a card. Numbers of things (``order``,
``sku``, ``..._id``) are left alone, unless they are grouped like a card's.

Sources: ISO/IEC 7812-1 (check digit, lengths) and the networks' published ranges; ITU-T E.164;
file endings as IANA registers media types. Read 2026-11-24.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

import phonenumbers


class What(StrEnum):
    """What may stand in no call."""

    MAIL = "e-mail address"
    PHONE = "phone number"
    CARD = "card number"


_MAIL = re.compile(
    r"[^\s@/?&=:;,<>\"'()\[\]{}|\\]{1,64}@(?:[^\W_][\w-]{0,62}\.){1,8}"
    r"(xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})(?![\w@])",
    re.IGNORECASE,
)
# `logo@2x.png` and `widget@next.min.js` are names of files
_FILES = frozenset(
    """
    avif bmp cjs css csv eot gif gz htm html ico jpeg jpg js json jsx less map mjs mp3 mp4 otf pdf
    php png scss svg tgz ts tsx ttf txt vue wasm webm webp woff xml yaml yml zip
    """.split()  # noqa: SIM905 - a list of words, not of quotation marks
)
_NUMBER = re.compile(r"(?<![\w.%])\+?\(?\+?\d(?:[ .()/+-]{0,3}\d){6,18}(?![\w%])")
_CARD = re.compile(
    r"(?<![\w.%-])(?:\d{13,19}|\d{4}([ +-])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?"
    r"|\d{4}([ +-])\d{6}\2\d{4,5})(?![\w%-]|\.\d)"
)
_BARE = frozenset({15, 16})
_LONGEST_WORD = 40
_WORD_BEFORE = re.compile(r"([^\W\d_]+)[\W_]{0,4}\Z")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TEL = frozenset(
    """
    tel telephone telefon telno phone phoneno phonenumber cellphone telephonenumber mobile mobil
    mobileno mobilenumber msisdn whatsapp handy fax ph
    """.split()  # noqa: SIM905 - a list of words, not of quotation marks
)
_CARDS = frozenset("card cards cardno cardnumber cardnum cc ccno ccnum ccnumber pan".split())  # noqa: SIM905 - as above
_THINGS = (
    *("id", "ids", "sku", "skus", "ean", "gtin", "isbn", "key", "code", "ref", "reference", "nr"),
    *("order", "orders", "ord", "transaction", "transactions", "invoice", "invoices", "number"),
    *("product", "products", "item", "items", "article", "random", "rnd", "nonce", "time", "ti"),
)
_PHONE_DIGITS = range(7, 16)
_NETWORKS: tuple[tuple[range, range, int], ...] = (
    # first digits from, to; lengths; how many first digits
    (range(4, 5), range(13, 20), 1),  # Visa
    (range(51, 56), range(16, 17), 2),  # Mastercard
    (range(2221, 2721), range(16, 17), 4),  # Mastercard
    (range(34, 35), range(15, 16), 2),  # American Express
    (range(37, 38), range(15, 16), 2),  # American Express
    (range(300, 306), range(14, 20), 3),  # Diners Club
    (range(36, 37), range(14, 20), 2),  # Diners Club
    (range(38, 40), range(14, 20), 2),  # Diners Club
    (range(6011, 6012), range(16, 20), 4),  # Discover
    (range(644, 660), range(16, 20), 3),  # Discover
    (range(3528, 3590), range(16, 20), 4),  # JCB
    (range(62, 63), range(16, 20), 2),  # UnionPay
    (range(81, 82), range(16, 20), 2),  # UnionPay
)


def readable(text: str, name: str) -> Iterator[What]:
    """Yield each kind that stands in ``text``, the decoded value of a field called ``name``."""
    if "@" in text and _has_mail(text):
        yield What.MAIL
    if _has_phone(text, name):
        yield What.PHONE
    if _has_card(text, name):
        yield What.CARD


def _has_mail(text: str) -> bool:
    return any(found[1].lower() not in _FILES for found in _MAIL.finditer(text))


def _has_phone(text: str, name: str) -> bool:
    return any(_is_phone(text, found, name) for found in _NUMBER.finditer(text))


def _is_phone(text: str, found: re.Match[str], name: str) -> bool:
    digits = "".join(sign for sign in found[0] if sign.isdecimal())
    if len(digits) not in _PHONE_DIGITS:
        return False
    if found[0].lstrip("(").startswith("+") and _is_dialled(digits):
        return True
    if _is_tel(name):
        return True
    # "Windows Phone 10.0.15063.0" and "Opera Mobile 12.10.5432" name versions
    return "." not in found[0] and _is_tel(_word_before(text, found.start()))


def _is_dialled(digits: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _word_before(text: str, at: int) -> str:
    found = _WORD_BEFORE.search(text, max(at - _LONGEST_WORD, 0), at)
    return found[1] if found else ""


@lru_cache(2048)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORDS.findall(name))


def _is_tel(name: str) -> bool:
    words = _words(name)
    return bool(words) and words[-1] not in {"id", "ids"} and not _TEL.isdisjoint(words)


def _has_card(text: str, name: str) -> bool:
    return any(_is_card(text, found, name) for found in _CARD.finditer(text))


def _is_card(text: str, found: re.Match[str], name: str) -> bool:
    digits = "".join(sign for sign in found[0] if sign.isdecimal())
    if not (_is_issued(digits) and luhn(digits)):
        return False
    about = _word_before(text, found.start()) or name
    if not _CARDS.isdisjoint(_words(name)) or not _CARDS.isdisjoint(_words(about)):
        return True
    if len(digits) < len(found[0]):
        return True
    return len(digits) in _BARE and not _is_thing(about)


def _is_thing(name: str) -> bool:
    words = _words(name)
    return bool(words) and words[-1].endswith(_THINGS)


def _is_issued(digits: str) -> bool:
    return any(
        int(digits[:size]) in firsts and len(digits) in lengths
        for firsts, lengths, size in _NETWORKS
    )


def luhn(digits: str) -> bool:
    """Say whether the last of ``digits`` is the check digit of the others (ISO/IEC 7812-1)."""
    doubled = [2 * int(sign) - 9 * (sign > "4") for sign in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[::-2]))) % 10 == 0
