"""What follows where a visitor refuses: cookies that expire, and whose waiting events end."""

from firsthand.model import Hit, Verdict, Withdrawal
from firsthand.rules import clickids, issuing, keeper
from firsthand.rules.consent import gate
from firsthand.rules.site import Site


def withdraw(
    hit: Hit, site: Site, verdict: Verdict
) -> tuple[tuple[str, ...], tuple[Withdrawal, ...]]:
    """Return lines that expire cookies of vendors whose code may not run, and what is withdrawn:
    from every vendor that may get nothing of this visitor.

    The keeper goes with the last vendor. Silence withdraws nothing: Safari forgets after a week
    what a consent platform's script wrote, and what the visitor said before lies unused until they
    are asked again, or the consent that carried it would have ended. A browser without a keeper is
    told nothing, unless its visitor has refused everything: then cookies of the vendors may be of
    our making all the same.
    """
    carried = hit.cookies.get(keeper.name(site), ())
    if verdict.silent:
        return (), ()
    if not carried and not verdict.refused and keeper.NAMES.isdisjoint(hit.cookies):
        return (), ()
    refused = [each for each in site.vendors.values() if gate.allows(verdict, each)]
    if not refused:
        return (), ()
    barred = [each for each in refused if not gate.may_load(verdict, each)]
    target = f"{site.base_path}/{hit.host}{hit.path}"
    lines = clickids.withdraw(site, barred, hit.cookies, target)
    if len(refused) == len(site.vendors):
        lines = [*clickids.drop_keeper(site, hit.cookies, target), *lines]
    held = keeper.decode(carried, site)
    subjects = keeper.subjects(held, site) if held else ()
    named = (Withdrawal(subject, each.key) for each in refused for subject in subjects)
    return tuple(issuing.fitting(lines, "")), tuple(named)
