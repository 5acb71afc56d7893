"""Web addresses, freed from what identifies a person before they are stored or sent.

Removed: the fragment, userinfo, click ids and tracking parameters of other vendors, parameters
named like a secret or like contact data, values that look like e-mail, phone, card, IBAN or token.
All other parameters keep their bytes and their order.

Sources: the vendors' click-id documentation; the stripping lists that Brave and Firefox publish;
CNIL's conditions for analytics through a proxy (2022-07-20). All read 2026-11-20.
"""

import re
from functools import lru_cache
from itertools import pairwise
from urllib.parse import quote, unquote

_HOST = re.compile(
    r"https?://([a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])\.?(?::[0-9]{1,5})?"
    r"(?=[/?#]|\Z)",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*@")

TRACKING = frozenset(
    """
    gclid wbraid gbraid dclid gclsrc gad_source gad_campaignid srsltid _gl _ga _gac utm_id
    fbclid igshid igsh fb_action_ids fb_comment_id fb_source ttclid msclkid twclid li_fat_id
    sccid sclid epik rdt_cid irclickid irgwc yclid ysclid ymclid vmcid mc_eid mc_cid _kx wickedid
    obclid outbrainclickid dicbo tblci cjevent cjdata awc sscid ransiteid siteid ranmid raneaid
    tduid clickid click_id aff_sub qclid sznclid ndclid cto_pld aref maas gpixel s_kwcid ef_id
    s_cid mkt_tok __s vero_id vero_conv oly_anon_id oly_enc_id ml_subscriber ml_subscriber_hash
    _hsenc _hsmi __hssc __hstc __hsfp hsctatracking bsft_uid bsft_clkid et_rid at_recipient_id
    at_recipient_list _bhlid bbeml ss_email_id rb_clickid unicorn_click_id vgo_ee guce_referrer
    guce_referrer_sig _branch_match_id _branch_referrer _openstat mtm_cid pk_cid h_sid h_slt
    oppref olref
    """.split()  # noqa: SIM905 - a list of words, not of quotation marks
)
"""Click ids and tracking parameters, lower case."""

_TRACKING_PREFIXES = ("gad_", "oft_", "__hs", "_hs")
# refused wherever they occur in a name: user_email, resetToken
_PERSONAL_WORDS = frozenset(
    """
    token auth authorization session sessionid secret signature sig password passwd passcode pwd
    otp apikey jwt email mail phone telephone tel mobile msisdn firstname lastname surname fullname
    forename birthday birthdate dob iban ssn
    """.split()  # noqa: SIM905 - a list of words, not of quotation marks
)
# too common as a part (product_name, country_code): refused as the whole name only
_PERSONAL_NAMES = frozenset(
    """
    name code key sid reset address street zip zipcode postcode postalcode first_name last_name
    full_name api_key access_key
    """.split()  # noqa: SIM905 - a list of words, not of quotation marks
)
_PERSONAL_PARTS = ("email", "passw", "token")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_EMAIL = re.compile(r"[^\s@/?&=:;,<>]{1,64}@[^\s@/?&=:;,<>]{1,190}\.[A-Za-z]{2,24}")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{4,}\.[\w-]{4,}\.")
_DIALLED = re.compile(r"(?:\+|00)[\d .()/-]{7,24}")
_NATIONAL = re.compile(r"\(?0\d[\d ()/.-]{7,24}|\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}")
_CARD = re.compile(r"[2-6]\d{3}(?:[ -]?\d{2,6}){2,4}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_PHONE_DIGITS = range(8, 16)
_CARD_DIGITS = range(13, 20)
_MOST_PARTS = 200
_NESTED = 2  # addresses within addresses; deeper ones are dropped
_DECODINGS = 2
_SCHEME = len("https://")


def host(address: str) -> str:
    """Return the host of an ``http(s)`` address, lower case and without port; "" for all else."""
    found = _HOST.match(address)
    return found[1].lower() if found and "\\" not in address else ""


def clean(address: str, *, keep: frozenset[str]) -> str:
    """Return ``address`` without what identifies a person; ``keep`` names parameters that stay."""
    return _clean(address, _lower(keep), _NESTED)


def _clean(address: str, keep: frozenset[str], nested: int) -> str:
    path, question, query = address.partition("#")[0].partition("?")
    if "@" in path or "%40" in path:
        path = _clean_path(path)
    if not question:
        return path
    kept = _clean_query(query, keep, nested)
    return f"{path}?{kept}" if kept else path


@lru_cache(64)
def _lower(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _clean_path(path: str) -> str:
    bare = _USERINFO.sub(r"\1//", path)
    return "/".join(
        ":id" if _EMAIL.search(unquote(segment)) else segment for segment in bare.split("/")
    )


def _clean_query(query: str, keep: frozenset[str], nested: int) -> str:
    kept = []
    for part in query.split("&", _MOST_PARTS)[:_MOST_PARTS]:
        name, equals, value = part.partition("=")
        plain = unquote(name) if "%" in name else name
        if plain.lower() in keep:
            kept.append(part)
        elif not _tells(plain) and (clean_value := _clean_value(value, keep, nested)) is not None:
            kept.append(f"{name}{equals}{clean_value}")
    return "&".join(kept)


@lru_cache(2048)
def _tells(name: str) -> bool:
    """Say whether a parameter's name alone gives it away."""
    low = name.lower()
    if low in TRACKING or low.startswith(_TRACKING_PREFIXES) or low in _PERSONAL_NAMES:
        return True
    if any(part in low for part in _PERSONAL_PARTS):
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    pairs = {first + second for first, second in pairwise(words)}
    return not _PERSONAL_WORDS.isdisjoint({low, *words, *pairs})


def _clean_value(value: str, keep: frozenset[str], nested: int) -> str | None:
    """Return the value, ``None`` where it is personal; an address in it is cleaned likewise."""
    plain = value
    for decoded in range(_DECODINGS + 1):
        if "://" in plain[:_SCHEME] and ("?" in plain or "#" in plain):
            return _clean_nested(value, plain, decoded, keep, nested)
        if "%" not in plain or decoded == _DECODINGS:
            break
        plain = unquote(plain)
    return None if is_personal(plain) else value


def _clean_nested(
    value: str, plain: str, decoded: int, keep: frozenset[str], nested: int
) -> str | None:
    if not nested:
        return None
    cleaned = _clean(plain, keep, nested - 1)
    if cleaned == plain:
        return value
    for _ in range(decoded):
        cleaned = quote(cleaned, safe="")
    return cleaned


def is_mail(text: str) -> bool:
    """Say whether an e-mail address stands in a decoded value."""
    return "@" in text and _EMAIL.search(text) is not None


def is_personal(text: str) -> bool:
    """Say whether a decoded value looks like e-mail, phone, card, IBAN or a signed token."""
    if is_mail(text):
        return True
    spaced = text.replace("+", " ")
    bare = spaced.strip()
    digits = [int(sign) for sign in bare if sign.isdecimal()]
    if len(digits) < min(_PHONE_DIGITS):
        return bool(_JWT.search(text))
    return (
        (len(digits) in _PHONE_DIGITS and _is_phone(spaced, bare, len(digits)))
        or (len(digits) in _CARD_DIGITS and bool(_CARD.fullmatch(bare)) and _luhn(digits))
        or _is_iban(bare)
        or bool(_JWT.search(text))
    )


def _is_phone(spaced: str, bare: str, digits: int) -> bool:
    # a leading space was a "+", by the sender's encoding or by ours
    if _DIALLED.fullmatch(f"+{bare}" if spaced.startswith(" ") else bare):
        return True
    # eight digits behind a zero are a date more often than a number
    return digits > min(_PHONE_DIGITS) and bool(_NATIONAL.fullmatch(bare))


def _luhn(digits: list[int]) -> bool:
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 - ISO 7812
    return (sum(doubled) + sum(digits[::-2])) % 10 == 0


def _is_iban(text: str) -> bool:
    bare = text.replace(" ", "").upper()
    if not _IBAN.fullmatch(bare):
        return False
    return int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97 == 1
