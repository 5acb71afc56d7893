"""What ``document.cookie`` shows and the digest of the consent cookies in it.

Expected values: computed once by a separate implementation, with big integers in JavaScript.
"""

NAMES = ("c", "p-*")
DIGESTS = [
    ("", "811c9dc5"),
    ("other=1", "811c9dc5"),
    ("c=yes", "d0785a8"),
    ("other=1; c=yes; c2=no", "d0785a8"),
    ("c=2; c=1", "43e9ea85"),
    ("c=1; c=2", "43e9ea85"),
    ("p-1=a; c=b; p-2=a", "96ae9774"),
    ("p-=a", "77290960"),
    ('c={"a":"b=c"}%7C', "8444d437"),
    ("c=zoë \U0001f36a", "91e0e9db"),
]


def cookies_of(header: str) -> dict[str, tuple[str, ...]]:
    """Split as the server does: every value of every name, raw."""
    found: dict[str, tuple[str, ...]] = {}
    for pair in header.split("; "):
        name, equals, value = pair.partition("=")
        if equals:
            found[name] = (*found.get(name, ()), value)
    return found
