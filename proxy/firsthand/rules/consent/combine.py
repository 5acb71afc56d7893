"""From what all sources say to one verdict.

A refusal from anybody holds. Under ``optin`` a purpose is granted only by an explicit yes, and by
no yes at all while any source could not be read; under ``optout`` and ``notice`` an implied yes is
enough, and the policy says what silence means. Nothing a source adds can lift another's refusal,
with one exception: the policy's ``authority``, once it has spoken, silences other consent cookies.
"""

from collections.abc import Sequence
from dataclasses import replace

from firsthand.model import Verdict
from firsthand.rules.consent.policy import Policy, RuleSet, WhenUnknown
from firsthand.rules.consent.regions import rules_in
from firsthand.rules.consent.statement import Fault, Say, Statement

__all__ = ["Policy", "combine", "problems", "refused", "words"]

DAY_MS = 86_400_000


def combine(
    statements: Sequence[Statement], policy: Policy, *, now: int, region: str = ""
) -> Verdict:
    """Return the verdict at ``now`` (Unix ms) for a visitor in ``region`` (empty: not told)."""
    rules = rules_in(policy, region)
    aged = [_aged(said, policy, now) for said in statements]
    heard = _heard(aged, policy)
    errors = any(said.error for said in heard)
    analytics = _granted([(said.analytics, said.explicit) for said in heard], errors, policy, rules)
    marketing = _granted([(said.marketing, said.explicit) for said in heard], errors, policy, rules)
    social = any(said.social is Say.DENIED for said in heard)
    return Verdict(
        analytics=analytics,
        marketing=marketing,
        explicit=_explicit(heard, analytics=analytics, marketing=marketing),
        sources=tuple(map(words, aged)),
        without=refused(policy.social_vendors if social else (), heard),
        problems=problems(aged),
        refused=not analytics and not marketing and any(map(_refuses, heard)),
        decided=any(said.explicit and _answers(said) for said in heard),
        silent=not any(said.explicit or said.error or said.notes for said in aged),
        until=_until(heard, policy, now) if marketing else None,
    )


def _until(heard: Sequence[Statement], policy: Policy, now: int) -> int | None:
    """Return when the first of the yeses ends. One of unknown age was given at the latest now."""
    longest = policy.max_age_days * DAY_MS
    ends = [
        end
        for said in heard
        if said.marketing is Say.GRANTED
        for end in (
            said.expires_at,
            (now if said.decided_at is None else said.decided_at) + longest,
        )
        if end is not None
    ]
    return min(ends, default=None)


def _refuses(said: Statement) -> bool:
    return said.explicit and said.analytics is Say.DENIED and said.marketing is Say.DENIED


def _answers(said: Statement) -> bool:
    """Say whether a statement says anything: an old yes is none any more."""
    return said.analytics is not Say.UNKNOWN or said.marketing is not Say.UNKNOWN


def _aged(said: Statement, policy: Policy, now: int) -> Statement:
    """Judge a statement's age: an old yes is none, and one from the future is an error."""
    if said.expires_at is not None and said.expires_at <= now:
        return said.without_grants("expired")
    if said.decided_at is None:
        return said
    if said.decided_at > now + DAY_MS:
        return replace(said.without_grants("from the future"), error=said.error or Fault.FUTURE)
    if said.decided_at + policy.max_age_days * DAY_MS <= now:
        return said.without_grants("expired")
    return said


def _heard(statements: Sequence[Statement], policy: Policy) -> Sequence[Statement]:
    """Leave out what the authority silences. While it says nothing, the others may still refuse."""
    authority = policy.authority
    if not authority:
        return statements
    if any(said.source == authority for said in statements):
        return [said for said in statements if said.source == authority or not said.yields]
    return [
        said.without_grants("not the authority") if said.yields else said for said in statements
    ]


def _granted(
    says: Sequence[tuple[Say, bool]],
    errors: bool,  # noqa: FBT001 - private
    policy: Policy,
    rules: RuleSet,
) -> bool:
    if errors or any(say is Say.DENIED for say, _ in says):
        return False
    if any(say is Say.GRANTED and explicit for say, explicit in says):
        return True
    if rules is RuleSet.OPTIN:
        return False
    implied = any(say is Say.GRANTED for say, _ in says)
    return implied or policy.unknown is WhenUnknown.ALLOW


def _explicit(heard: Sequence[Statement], *, analytics: bool, marketing: bool) -> bool:
    acts = [said for said in heard if said.explicit]
    by_analytics = any(said.analytics is Say.GRANTED for said in acts)
    by_marketing = any(said.marketing is Say.GRANTED for said in acts)
    return (
        (analytics or marketing)
        and (by_analytics or not analytics)
        and (by_marketing or not marketing)
    )


def refused(before: Sequence[str], statements: Sequence[Statement]) -> tuple[str, ...]:
    """Return the vendors that were refused ``before`` or that any statement refuses by name."""
    named = (key for said in statements for key in said.without)
    return tuple(dict.fromkeys((*before, *named)))


def words(said: Statement) -> str:
    """Return a statement in words from a bounded list: no value of the visitor is among them."""
    text = f"{said.source}: analytics {said.analytics}, marketing {said.marketing}"
    if said.social is Say.DENIED:
        text += ", social denied"
    if said.without:
        text += f", without {' '.join(said.without)}"
    if said.yields and not said.explicit and Say.GRANTED in (said.analytics, said.marketing):
        text += ", implied"
    return "; ".join([text, *([said.error] if said.error else []), *said.notes])


def problems(statements: Sequence[Statement]) -> tuple[str, ...]:
    """Return what is to be counted of ``statements``, as ``source:reason``."""
    return tuple(
        f"{said.source}:{reason}"
        for said in statements
        if said.error or said.notes
        for reason in (*([said.error] if said.error else []), *said.notes)
    )
