import pytest

from firsthand.errors import BadHit, ConfigError, FirsthandError, SendFailed
from firsthand.model import Reason


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ConfigError("conf.toml: site.name: is required"), "conf.toml: site.name: is required"),
        (BadHit(413, "body_size"), "413 body_size"),
        (SendFailed(Reason.DNS, "no such host"), "no such host"),
    ],
)
def test_an_error_says_what_happened(error: FirsthandError, shown: str) -> None:
    assert isinstance(error, FirsthandError)
    assert str(error) == shown


def test_what_is_counted_is_carried_along() -> None:
    refused = BadHit(421, "host")
    assert (refused.status, refused.reason) == (421, "host")
    assert SendFailed(Reason.TLS, "handshake").reason is Reason.TLS


def test_one_except_catches_them_all_and_nothing_else() -> None:
    assert {*FirsthandError.__subclasses__()} >= {ConfigError, BadHit, SendFailed}
    assert FirsthandError.__bases__ == (Exception,)
