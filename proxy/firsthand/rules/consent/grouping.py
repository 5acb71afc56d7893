"""From the answers to a platform's groups to a statement by purpose."""

from collections.abc import Mapping
from typing import TypeAlias

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say, Statement

Answers: TypeAlias = Mapping[str, Say]


def broken(source: str, fault: Fault = Fault.MALFORMED) -> Statement:
    """Return the statement of a cookie that cannot be read."""
    return Statement(source, error=fault, yields=True)


def silent(source: str, *notes: str) -> Statement:
    """Return the statement of a cookie that holds no answer."""
    return Statement(source, notes=notes, yields=True)


def grouped(  # noqa: PLR0913 - one keyword for each thing that a cookie tells
    source: str,
    answers: Answers,
    groups: Groups,
    *,
    explicit: bool,
    decided_at: int | None = None,
    expires_at: int | None = None,
    otherwise: Say = Say.UNKNOWN,
) -> Statement:
    """Return what the answers say by purpose.

    ``otherwise`` holds for a group without an answer: ``denied`` where the platform lists only
    what was accepted.
    """
    return Statement(
        source,
        analytics=by_groups(answers, groups.analytics, otherwise),
        marketing=by_groups(answers, groups.marketing, otherwise),
        social=by_groups(answers, groups.social, otherwise),
        explicit=explicit,
        decided_at=decided_at,
        expires_at=expires_at,
        without=_refused(answers, groups, explicit=explicit, otherwise=otherwise),
        yields=True,
    )


def _refused(
    answers: Answers, groups: Groups, *, explicit: bool, otherwise: Say
) -> tuple[str, ...]:
    """Return the vendors whose own services were not all accepted; while nobody has acted, those
    of which one is refused."""
    taken = {Say.GRANTED} if explicit else {Say.GRANTED, Say.UNKNOWN}
    return tuple(
        vendor
        for vendor, services in groups.vendors.items()
        if by_groups(answers, services, otherwise) not in taken
    )


def by_groups(answers: Answers, wanted: tuple[str, ...], otherwise: Say = Say.UNKNOWN) -> Say:
    """Return what the answers to one purpose's groups say: all must be granted, one refuses."""
    found = [answers.get(group, otherwise) for group in wanted]
    if Say.DENIED in found:
        return Say.DENIED
    return Say.GRANTED if found and Say.UNKNOWN not in found else Say.UNKNOWN


def of_text(said: Statement, version: object, groups: Groups) -> Statement:
    """Take the grants back where they answer an older text than the policy asks for."""
    if not groups.version:
        return said
    if isinstance(version, int) and not isinstance(version, bool) and version >= groups.version:
        return said
    return said.without_grants("old_text")
