"""What sections of the configuration file are made of: the base of all, and texts with a form."""

import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
LONGEST_HOST = 253


def host_text(text: str) -> str:
    """Return ``text`` if it is a host as browsers write it. Raises ``ValueError`` with a remedy."""
    if _HOST.fullmatch(text) and len(text) <= LONGEST_HOST:
        return text
    bare = re.sub(r"^[a-z]+://", "", text.strip().lower()).partition("/")[0]
    if _HOST.fullmatch(bare) and len(bare) <= LONGEST_HOST:
        raise ValueError(f'write the host alone, in lower case: "{bare}"')
    raise ValueError(
        "is no host: write lower-case letters, digits, dots and hyphens,"
        ' and a port where it is not the default: "shop.example.com"'
    )


Host = Annotated[str, AfterValidator(host_text)]


def _network(text: str) -> str:
    """Return ``text`` if it is a network like 10.0.0.0/8. Raises ``ValueError``."""
    ip_network(text)
    return text


NetworkText = Annotated[str, AfterValidator(_network)]


class Section(BaseModel):
    """A table of the file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Section):
    """Where a secret comes from: an environment variable or a file (mode 0600)."""

    env: str = Field("", description="name of an environment variable")
    file: str = Field("", description="path of a file that only its owner can read")
