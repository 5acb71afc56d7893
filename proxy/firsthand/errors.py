"""The errors that Firsthand raises itself; expected results are values (``model.Outcome``).

FirsthandError
├── ConfigError     the configuration cannot be used: names file, key and remedy
├── BadCertificate  a certificate or its key cannot be served
├── BadHit          a request that gets a 4xx: carries status and the reason that is counted
└── SendFailed      a call got no complete answer: carries the cause as a reason
"""

from firsthand.model import Reason


class FirsthandError(Exception):
    """Something an operator can act on; ``str()`` is fit to be shown."""


class ConfigError(FirsthandError):
    """The configuration cannot be used. The message names file, key and remedy."""


class BadCertificate(FirsthandError):
    """A certificate or its key cannot be served. The message names the file, without its folder."""


class BadHit(FirsthandError):
    """A request that is refused. ``status`` is 4xx, ``reason`` is what is counted."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class SendFailed(FirsthandError):
    """A call that got no complete answer. ``reason`` says where it broke; ``redirected``: the
    answer names another address, to which nothing is sent."""

    def __init__(self, reason: Reason, message: str, *, redirected: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.redirected = redirected
