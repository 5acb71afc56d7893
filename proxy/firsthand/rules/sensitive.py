"""What a script on a checkout page had better not begin to use unseen: names of browser APIs.

Names as the specifications of WHATWG and W3C write them (HTML, Web Storage, Web Audio, Clipboard,
Credential Management, WebRTC, Geolocation; read 2026-11-24). The list is what readers of a script
look for first; a script that builds a name from pieces is not seen by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """Where in a script a name counts."""

    MEMBER = "member"  # after a dot, in brackets, taken apart by a pattern
    GLOBAL = "global"  # the same, and standing alone
    CALLED = "called"  # standing alone and called
    TEXT = "text"  # a whole string, anywhere
    LISTENED = "listened"  # a whole string that a call is given


@dataclass(frozen=True, slots=True)
class Ability:
    """What a script is able to do by some names. ``grave``: beginning to do it is an alarm."""

    words: str
    grave: bool
    names: Mapping[str, Where]


def _all(where: Where, *names: str) -> dict[str, Where]:
    return dict.fromkeys(names, where)


ABILITIES: Mapping[str, Ability] = {
    "cookies": Ability(
        "reads or writes cookies",
        grave=True,
        names=_all(Where.MEMBER, "cookie") | _all(Where.GLOBAL, "cookieStore"),
    ),
    "storage": Ability(
        "reads or writes what the browser stores for the site",
        grave=True,
        names=_all(Where.GLOBAL, "localStorage", "sessionStorage", "indexedDB", "openDatabase")
        | _all(Where.MEMBER, "caches"),
    ),
    "canvas": Ability(
        "draws and reads pictures, as fingerprinting does",
        grave=True,
        names=_all(Where.MEMBER, "toDataURL", "getImageData", "measureText")
        | _all(Where.GLOBAL, "OffscreenCanvas")
        | _all(Where.TEXT, "WEBGL_debug_renderer_info"),
    ),
    "audio": Ability(
        "computes sound, as fingerprinting does",
        grave=True,
        names=_all(
            Where.GLOBAL,
            "AudioContext",
            "webkitAudioContext",
            "OfflineAudioContext",
            "webkitOfflineAudioContext",
        ),
    ),
    "clipboard": Ability(
        "reads or writes the clipboard",
        grave=True,
        names=_all(Where.MEMBER, "clipboard", "clipboardData") | _all(Where.TEXT, "paste"),
    ),
    "credentials": Ability(
        "asks the browser for saved sign-ins or payment cards",
        grave=True,
        names=_all(Where.MEMBER, "credentials")
        | _all(
            Where.GLOBAL,
            "PasswordCredential",
            "FederatedCredential",
            "PublicKeyCredential",
            "PaymentRequest",
        ),
    ),
    "code": Ability(
        "runs text as code",
        grave=True,
        names=_all(Where.GLOBAL, "eval", "execScript") | _all(Where.CALLED, "Function"),
    ),
    "hidden text": Ability("decodes hidden text", grave=True, names=_all(Where.GLOBAL, "atob")),
    "forms": Ability(
        "watches or reads forms",
        grave=True,
        names=_all(Where.LISTENED, "submit", "change", "input", "beforeinput", "focusout")
        | _all(Where.MEMBER, "onsubmit", "oninput", "onchange")
        | _all(Where.GLOBAL, "FormData"),
    ),
    "card fields": Ability(
        "names fields of cards or passwords",
        grave=True,
        names=_all(
            Where.TEXT,
            "password",
            "cc-number",
            "cc-csc",
            "cc-exp",
            "cardnumber",
            "card-number",
            "cvv",
            "cvc",
            "input[type=password]",
        ),
    ),
    "keys": Ability(
        "watches the keyboard",
        grave=True,
        names=_all(Where.TEXT, "keydown", "keyup", "keypress")
        | _all(Where.MEMBER, "onkeydown", "onkeyup", "onkeypress"),
    ),
    "place": Ability("asks for the place", grave=True, names=_all(Where.MEMBER, "geolocation")),
    "camera": Ability(
        "asks for camera, microphone or screen",
        grave=True,
        names=_all(Where.MEMBER, "getUserMedia", "getDisplayMedia", "mediaDevices"),
    ),
    "channels": Ability(
        "opens a channel that is no request",
        grave=True,
        names=_all(
            Where.GLOBAL,
            "RTCPeerConnection",
            "webkitRTCPeerConnection",
            "WebSocket",
            "WebTransport",
            "EventSource",
        ),
    ),
    "workers": Ability(
        "starts code outside the page",
        grave=True,
        names=_all(Where.GLOBAL, "Worker", "SharedWorker")
        | _all(Where.MEMBER, "serviceWorker", "audioWorklet"),
    ),
    "sensors": Ability(
        "reads the device",
        grave=True,
        names=_all(Where.MEMBER, "getBattery", "enumerateDevices", "getHighEntropyValues")
        | _all(Where.TEXT, "devicemotion", "deviceorientation"),
    ),
    "page": Ability(
        "writes markup into the page",
        grave=False,
        names=_all(Where.MEMBER, "innerHTML", "outerHTML", "insertAdjacentHTML", "write"),
    ),
    "watching": Ability(
        "watches changes of the page",
        grave=False,
        names=_all(Where.GLOBAL, "MutationObserver"),
    ),
    "messages": Ability(
        "talks to other windows", grave=False, names=_all(Where.MEMBER, "postMessage")
    ),
}
"""By a short name of ours, which is what is kept of a version."""

NAMES: Mapping[str, tuple[str, Where]] = {
    name: (key, where) for key, each in ABILITIES.items() for name, where in each.names.items()
}
"""An API's name -> the ability that it gives, and where it counts."""
