"""Takes names and passwords. Who guesses waits; who was let in before does not wait for strangers.

A name's tries are counted whether there is such a user or not, and a password is checked either
way, so neither words nor time tell who exists. Tries from browsers without a mark of an earlier
sign-in wait for each other too, so that guessing over many names is bounded, and so are the
threads it takes; a browser with the mark has a reckoning of its own.
"""

import logging
from dataclasses import dataclass, field

from firsthand.admin.passwords import Checker
from firsthand.admin.sessions import Keys, Session, User
from firsthand.admin.waits import Budget, Waits
from firsthand.store.audit import Act, Audit

log = logging.getLogger(__name__)

FREE_ERRORS = 5
STRANGERS, STRANGER_MS = 20, 2000
LINES, LINE_MS = 20, 60_000
TELL_MS = 600_000
NOBODY = "no such user"


@dataclass(slots=True)
class Uncounted:
    """Tries that stand in no line yet."""

    n: int = 0
    told_at: int = 0


@dataclass(slots=True)
class Reception:
    """What is remembered between requests; a new configuration changes none of it."""

    audit: Audit
    ended: set[str] = field(default_factory=set)
    _checker: Checker = field(default_factory=Checker)
    _waits: Waits = field(default_factory=lambda: Waits(FREE_ERRORS))
    _strangers: Budget = field(default_factory=lambda: Budget(STRANGERS, STRANGER_MS))
    _lines: Budget = field(default_factory=lambda: Budget(LINES, LINE_MS))
    _put_off: Uncounted = field(default_factory=Uncounted)

    async def enter(
        self, keys: Keys, name: str, password: str, *, known: Session | None, now: int
    ) -> User | int | None:
        """Return who may come in, ``None`` for nobody, or for how many ms to wait before a try."""
        user = next((each for each in keys.users if each.name == name), None)
        wait = self._wait(name, user, known, now)
        if wait:
            await self.put_off(now=now)
            return wait
        right = await self._checker.fits(password, (user or keys.users[0]).hash)
        if user is None or not right:
            await self.failed(user.name if user else NOBODY, now=now)
            return None
        self._waits.forget(_reckoning(name, user, known))
        await self.tell(now=now)
        return user

    def _wait(self, name: str, user: User | None, known: Session | None, now: int) -> int:
        """Reckon a try as an error until it turns out right, or return how long it has to wait."""
        reckoning = _reckoning(name, user, known)
        wait = self._waits.left(reckoning, now=now)
        if not wait and reckoning == f"name {name}":
            wait = self._strangers.take(now=now)
        return wait or self._waits.error(reckoning, now=now)

    async def failed(self, subject: str, *, now: int) -> None:
        """Note a wrong try; of very many a line only now and then, and then their number."""
        if self._lines.take(now=now):
            await self.put_off(now=now)
        else:
            await self.note("", Act.SIGN_IN_FAILED, subject, now=now)

    async def put_off(self, *, now: int) -> None:
        """Count a try that gets no line of its own."""
        self._put_off.n += 1
        if now - self._put_off.told_at >= TELL_MS:
            await self.tell(now=now)

    async def tell(self, *, now: int) -> None:
        """Write what was only counted so far."""
        n, self._put_off = self._put_off.n, Uncounted(told_at=now)
        if n:
            await self.note("", Act.SIGN_IN_PUT_OFF, now=now, n=n)

    async def end(self, session: Session) -> None:
        """End a session before its time."""
        self.ended.add(session.id)
        try:
            await self.audit.end(session.id, expires=session.expires)
        except OSError as error:
            log.error("a session's end is not kept over a restart: %s", error.strerror)  # noqa: TRY400 - the disk's word is enough

    async def note(self, who: str, what: Act, subject: str = "", *, now: int, n: int = 1) -> None:
        """Add a line to the audit log. Where the disk does not take it, the server's log has it.

        The pages are needed most when something fails: a full disk locks nobody out.
        """
        try:
            await self.audit.note(who, what, subject, at=now, n=n)
        except OSError as error:
            text = "audit log: %s. Not noted: %s, %s, %s, %s"
            log.error(text, error.strerror, who, what, subject, n)  # noqa: TRY400 - the disk's word is enough


def _reckoning(name: str, user: User | None, known: Session | None) -> str:
    """Return under which name a try is counted."""
    if user is not None and known is not None and known.user == user:
        return f"browser {known.id}"
    return f"name {name}"
