"""The private listener's keys of the configuration file, people and programs among them."""

from pydantic import Field

from firsthand.admin.sessions import Role
from firsthand.config.section import Section, Source

NAME_PATTERN = r"^[a-z0-9][a-z0-9._@-]{0,63}$"


class UserSection(Section):
    """[[admin.users]]: a person who signs in."""

    name: str = Field(pattern=NAME_PATTERN, description="what is typed, lower case")
    hash: str = Field("", description="argon2id hash of the password: firsthand admin password")
    hash_from: Source = Field(Source(), description="where the hash is, instead")
    role: Role = Field(Role.WRITE, description="read: look at all; write: decide, too")


class ProgramSection(Section):
    """[[admin.tokens]]: a program's key to the pages and figures."""

    name: str = Field(pattern=NAME_PATTERN, description="the program's, for the audit log")
    hash: str = Field("", description="SHA-256 of the token: firsthand admin token")
    hash_from: Source = Field(Source(), description="where the hash is, instead")
    role: Role = Field(Role.READ, description="read: pages and figures; write: decide, too")


class AdminSection(Section):
    """[admin]: the private listener."""

    host: str = Field(
        "127.0.0.1", description="address to listen on; one beyond this machine needs users"
    )
    kept_private: bool = Field(
        default=False,
        description="says that a firewall, or how a container's port is published, lets this"
        " machine alone reach host; then it needs no users",
    )
    port: int = Field(8081, ge=1, le=65535, description="port to listen on")
    hosts: tuple[str, ...] = Field(
        ("localhost", "127.0.0.1"), description="Host names under which the pages answer"
    )
    token: Source = Field(
        Source(), description="opens the pages; default: made at first start, kept in store.path"
    )
    users: tuple[UserSection, ...] = Field(
        (),
        description="who signs in by name and password; then token opens nothing. firsthand admin"
        " password prints an entry; hash_from = { env = ... } names the hash; role read or write",
    )
    tokens: tuple[ProgramSection, ...] = Field(
        (),
        description="keys of programs, for Authorization: Bearer. firsthand admin token prints an"
        " entry; role read (pages, /metrics) or write",
    )
