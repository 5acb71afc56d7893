"""Cookies of a browser that has been everywhere, in the vendors' forms, made up sign by sign."""

from base64 import urlsafe_b64encode
from hashlib import shake_256

SEEN_AT = 1_795_500_001_000  # 2026-11-24T06:00:01Z


def signs(name: str, length: int) -> str:
    """Return text that looks random and is the same for a name."""
    return urlsafe_b64encode(shake_256(name.encode()).digest(length)).decode()[:length]


def digits(name: str, length: int) -> str:
    return str(int.from_bytes(shake_256(name.encode()).digest(length), "big"))[:length]


def uuid(name: str) -> str:
    text = shake_256(name.encode()).hexdigest(16)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


# Lengths are those of click ids in the vendors' documentation and in public captures.
CLICKS = {
    "fbclid": "IwAR" + signs("fbclid", 57),
    "gclid": "Cj0KCQiA" + signs("gclid", 83),
    "gad_source": "1",
    "ttclid": "E.C.P." + signs("ttclid", 194),
    "ScCid": uuid("ScCid"),
    "epik": "dj0yJnU9" + signs("epik", 80),
    "msclkid": shake_256(b"msclkid").hexdigest(16),
    "li_fat_id": uuid("li_fat_id"),
    "rdt_cid": digits("rdt_cid", 19),
    "twclid": "2-" + signs("twclid", 24).lower().replace("_", "x").replace("-", "y"),
    "oppref": "gAAAAA" + signs("oppref", 114),
}
"""One click of each vendor, by parameter."""

BROWSER = {
    "_ga": f"GA1.1.{digits('_ga', 9)}.1754650390",
    "_ga_ABC1234567": "GS2.1.s1795499000$o2$g1$t1795500001$j55$l0$h0",
    "_gcl_au": f"1.1.{digits('_gcl_au', 9)}.1754650390",
    "_fbp": f"fb.1.1795400000123.{digits('_fbp', 9)}",
    "_uetvid": shake_256(b"_uetvid").hexdigest(16),
    "_uetsid": shake_256(b"_uetsid").hexdigest(16),
    "__obref": uuid("__obref"),
    "_pin_unauth": "dWlkPU" + signs("_pin_unauth", 50),
    "_rdt_uuid": f"1795400000123.{uuid('_rdt_uuid')}",
    "_scid": signs("_scid", 32),
    "_ttp": signs("_ttp", 27) + ".tt.1",
    "_twpid": f"tw.1795400000123.{digits('_twpid', 18)}",
}
"""What the eleven vendors' scripts know a browser by."""
