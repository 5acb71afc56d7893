"""What fires, and what is still to be told of it: kept in a file, so that no restart tells twice.

``alerts.json`` holds rule names, accounts of the configuration and figures, nothing of a visitor.
"""

import logging
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from uuid import uuid4

import orjson

from firsthand.rules.alerts import Alert, Key, On

log = logging.getLogger(__name__)

TRIES = 10
"""So often a letter is tried, once a minute; then it is given up, and counted as such."""
LETTERS = 1000
"""At most so many wait; the oldest is given up first."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to the webhook and how often it was tried."""

    id: str
    body: str
    tries: int = 0


@dataclass(slots=True)
class Book:
    """``accepted_at``: when each account's last event was accepted, Unix ms."""

    firing: dict[Key, Alert] = field(default_factory=dict)
    accepted_at: dict[tuple[str, str], int] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)

    def turn(self, firing: dict[Key, Alert], *, site: str, told: bool, now: int) -> None:
        """Take over what fires now; ``told``: write a letter of each change."""
        began = [alert for key, alert in firing.items() if key not in self.firing]
        ended = [alert for key, alert in self.firing.items() if key not in firing]
        self.firing = dict(firing)
        if told:
            self.letters += [_letter(alert, "firing", site, now) for alert in began]
            self.letters += [_letter(alert, "cleared", site, now) for alert in ended]

    def failed(self, letter: Letter) -> bool:
        """Count a try; return whether the letter was given up, which takes it out."""
        again = replace(letter, tries=letter.tries + 1)
        at = self.letters.index(letter)
        self.letters[at : at + 1] = [] if again.tries >= TRIES else [again]
        return again.tries >= TRIES

    def trim(self) -> int:
        """Give up the oldest letters beyond ``LETTERS``; return how many."""
        over = max(0, len(self.letters) - LETTERS)
        del self.letters[:over]
        return over


def _letter(alert: Alert, state: str, site: str, now: int) -> Letter:
    letter = uuid4().hex
    body = {"id": letter, "site": site, "state": state, "at": now, **asdict(alert)}
    return Letter(letter, orjson.dumps(body).decode())


def read_book(folder: Path) -> Book:
    """Return the kept book; an empty one where there is none, or none that can be read."""
    path = folder / "alerts.json"
    try:
        kept = orjson.loads(path.read_bytes())
        alerts = [Alert(**{**each, "on": On(each["on"])}) for each in kept["firing"]]
        return Book(
            {alert.key: alert for alert in alerts},
            {(vendor, account): at for vendor, account, at in kept["accepted_at"]},
            [Letter(**each) for each in kept["letters"]],
        )
    except FileNotFoundError:
        return Book()
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.error("alerts: what was kept cannot be read (%s)", type(error).__name__)  # noqa: TRY400 - the kind is enough
        return Book()


def write_book(folder: Path, book: Book) -> None:
    """Keep ``book``. A disk that does not take it is told in the log."""
    path = folder / "alerts.json"
    draft = path.with_suffix(".draft")
    kept = {
        "firing": [asdict(alert) for alert in book.firing.values()],
        "accepted_at": [[*account, at] for account, at in book.accepted_at.items()],
        "letters": [asdict(letter) for letter in book.letters],
    }
    try:
        draft.touch(0o600)
        draft.write_bytes(orjson.dumps(kept))
        draft.replace(path)
    except OSError as error:
        log.error("alerts: cannot be kept: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough
