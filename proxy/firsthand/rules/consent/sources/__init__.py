"""The consent sources: every module of this package that has a ``SOURCE``. No list to edit."""

from importlib import import_module
from pkgutil import iter_modules

from firsthand.rules.consent.statement import Source


def discover() -> tuple[Source, ...]:
    """Return the sources in the order of their keys. Raises ``ValueError`` on a key twice."""
    found: dict[str, Source] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        source = getattr(import_module(module.name), "SOURCE", None)
        if not isinstance(source, Source):
            continue
        if source.key in found:
            raise ValueError(f"two consent sources have the key {source.key!r}")
        found[source.key] = source
    return tuple(found[key] for key in sorted(found))


SOURCES = discover()
