"""Where the public listener is reached, and by which certificates."""

from typing import Annotated

from pydantic import AfterValidator, Field

from firsthand.config.section import NetworkText, Section, host_text


class ListenSection(Section):
    """[listen]: the public listener."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(
        8080,
        ge=1,
        le=65535,
        description="port to listen on; beside https_port it only answers certificate challenges"
        " and sends the rest to https",
    )
    https_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="port on which Firsthand ends TLS itself; 0: a front server does",
    )
    workers: int = Field(1, ge=1, le=64, description="processes that share the port")
    trusted_proxies: tuple[NetworkText, ...] = Field(
        (), description="networks of front servers whose forwarding header is believed"
    )
    forwarded_header: str = Field(
        "X-Forwarded-For",
        pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="the one header they set",
    )
    country_header: str = Field(
        "",
        pattern=r"^[A-Za-z0-9-]{0,64}$",
        description="header in which trusted_proxies say a visitor's country, CF-IPCountry; for"
        " accounts whose location is region or country",
    )
    region_header: str = Field(
        "",
        pattern=r"^[A-Za-z0-9-]{0,64}$",
        description="the same for the region (ISO 3166-2), CF-Region-Code",
    )


def _bare(text: str) -> str:
    """Return ``text`` if it is a host without a port. Raises ``ValueError`` with a remedy."""
    if ":" in host_text(text):
        raise ValueError("is for every port: write the host alone, without one")
    return text


class PairSection(Section):
    """A certificate and its key, of the operator's own."""

    certificate: str = Field(description="PEM file: the host's own certificate, then its issuer's")
    key: str = Field(description="PEM file of its key, without a passphrase")


class TlsSection(Section):
    """[tls]: certificates, where listen.https_port is set."""

    names: tuple[Annotated[str, AfterValidator(_bare)], ...] = Field(
        (), description="hosts of the certificate that firsthand cert gets; default: tracking_host"
    )
    pairs: tuple[PairSection, ...] = Field(
        (),
        description='certificates of your own, chosen by host: [{ certificate = "a.pem", key ='
        ' "a.key" }]; relative to this file; firsthand cert is then only for hosts in names',
    )
    email: str = Field("", description="where the authority writes to; may stay empty")
    acme_url: str = Field(
        "https://acme-v02.api.letsencrypt.org/directory",
        pattern="^https://",
        description="the certificate authority's ACME directory",
    )
    acme_ca: str = Field(
        "", description="PEM file of who vouches for acme_url, where that is an authority of yours"
    )
