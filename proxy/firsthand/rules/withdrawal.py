"""What follows where a visitor refuses: cookies that expire, and whose waiting events end."""

from firsthand.model import Hit, Verdict, Withdrawal
from firsthand.rules import clickids, keeper
from firsthand.rules.consent import gate
from firsthand.rules.site import Site


def withdraw(
    hit: Hit, site: Site, verdict: Verdict
) -> tuple[tuple[str, ...], tuple[Withdrawal, ...]]:
    """Return lines that expire cookies of vendors whose code may not run, and what is withdrawn:
    from every vendor that may get nothing of this visitor.

    The keeper goes with the last vendor. Nothing is said to a browser that carries none of ours.
    """
    carried = hit.cookies.get(keeper.name(site))
    if not carried:
        return (), ()
    refused = [each for each in site.vendors.values() if gate.allows(verdict, each)]
    if not refused:
        return (), ()
    barred = [each for each in refused if not gate.may_load(verdict, each)]
    lines = clickids.withdraw(site, barred, hit.cookies)
    if len(refused) == len(site.vendors):
        lines += clickids.drop_keeper(site, hit.cookies)
    held = keeper.decode(carried, site)
    subjects = keeper.subjects(held, site) if held else ()
    named = (Withdrawal(subject, each.key) for each in refused for subject in subjects)
    return tuple(lines), tuple(named)
