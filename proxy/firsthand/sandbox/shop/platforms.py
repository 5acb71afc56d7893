"""Which consent platform the shop's banner plays: one file ``static/platform_NAME.js`` each.

``?platform=cookiebot`` on any page chooses one, from then on.
"""

from collections.abc import Mapping
from pathlib import Path

COOKIE = "shop_platform"
USUAL = "onetrust"
_FILES = Path(__file__).parent.joinpath("static").glob("platform_*.js")
PLATFORMS = tuple(sorted(path.stem.removeprefix("platform_") for path in _FILES))


def played(params: Mapping[str, str], cookies: Mapping[str, str]) -> str:
    """Return the name of the platform for this visitor, the usual one if they name none of ours."""
    asked = params.get("platform") or cookies.get(COOKIE, "")
    return asked if asked in PLATFORMS else USUAL


def remembered(params: Mapping[str, str]) -> dict[str, str]:
    """Return the cookie that keeps a choice; none where none was made."""
    return {COOKIE: played(params, {})} if "platform" in params else {}
