"""Configuration -> where certificates are, for whom they are, and what answers an authority."""

from dataclasses import dataclass
from pathlib import Path

from firsthand.config.load import Config
from firsthand.edge.certificates import Pair
from firsthand.errors import ConfigError

LINEAGE = "firsthand"
"""certbot's name for the certificate, whatever hosts it is for."""


@dataclass(frozen=True, slots=True)
class Tls:
    """``names``: the hosts of the certificate that ``firsthand cert`` gets. ``folder``: certbot's
    own, in the data folder. ``pairs``: all that are served; without ``acme`` only files of the
    operator's.
    """

    names: tuple[str, ...]
    folder: Path
    pairs: tuple[Pair, ...]
    acme: bool

    @property
    def webroot(self) -> Path:
        """The folder below which certbot lays what the authority asks for."""
        return self.folder / "webroot"

    @property
    def issued(self) -> Pair:
        """The files that certbot keeps current."""
        return issued(self.folder)


def issued(folder: Path) -> Pair:
    """Return where certbot keeps the current certificate and its key."""
    live = folder / "live" / LINEAGE
    return Pair(live / "fullchain.pem", live / "privkey.pem")


def tls_of(config: Config, path: Path, folder: Path) -> Tls:
    """Return what a configuration says about certificates. Raises ``ConfigError``.

    ``folder`` is the data folder; relative paths start at the configuration file's own.
    """
    _refuse(config, path)
    section, own = config.tls, folder / "tls"
    base = path.parent.resolve()
    given = tuple(Pair(base / each.certificate, base / each.key) for each in section.pairs)
    acme = bool(section.names) or not given
    tracking = config.site.tracking_host.partition(":")[0]
    return Tls(
        names=section.names or (tracking,),
        folder=own,
        pairs=(*given, *((issued(own),) if acme else ())),
        acme=acme,
    )


def _refuse(config: Config, path: Path) -> None:
    listen = config.listen
    if not listen.https_port:
        return
    if listen.https_port == listen.port:
        raise ConfigError(
            f"{path}: listen.https_port: is listen.port, which is for plain HTTP; use 443 and 80"
        )
    if config.site.scheme == "http":
        raise ConfigError(f"{path}: listen.https_port: needs site.scheme https")
