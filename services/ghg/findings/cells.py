"""R-18, R-25: one set of warming potentials, and perfluorocarbons from what was recorded. Pure."""

from collections.abc import Iterator

from services.ghg import gwp
from services.ghg.items import Family

from .context import Context, Fault, listed
from .survey import Survey

TAPPED = "output.liquid_metal"
PFC_DOUBTS = (
    "low_voltage_unaddressed",
    "own_measurement_expected",
    "measurement_uncertain",
    "measurement_expired",
)


def potentials(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-18: no set of warming potentials is named, or amounts of two are added."""
    named = context.result.gwp_set
    if not named:
        yield Fault("The set of warming potentials is missing: it must be disclosed.")
        return
    used = {named, *seen.factor_sets.union(context.result.factor_sets)}
    if len(used) < 2:
        return
    mixed = list((used - {named}) & _known(context))
    if mixed:
        sentence = (
            f"Two sets of warming potentials in one result: {named} and {listed(mixed)}."
            " Recalculate all under one."
        )
        others = frozenset(mixed)
        lines = (line for line in context.result.lines if line.factor.factor_set in others)
        yield Fault(sentence, list(dict.fromkeys(name for line in lines for name in line.data)))


def perfluorocarbons(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-25: anode-effect data missing, tier 1 in spite of them, or nothing said of what cells give
    off without an anode effect."""
    recorded = [one.datum_id for one in seen.family(Family.ANODE_EFFECT)]
    tier1 = seen.raised("pfc_tier1")
    if tier1 and recorded:
        sentence = "Tier 1 was used for PFC although anode-effect data are recorded: use them."
        yield Fault(sentence, recorded)
    elif not recorded and _taps(seen) and not any(True for _ in seen.family(Family.DUCT)):
        sentence = "Anode-effect data are missing: PFC rests on the technology alone (tier 1)."
        yield Fault(sentence, [one.datum_id for one in seen.data(TAPPED)])
    for about in PFC_DOUBTS:
        raised = seen.raised(about)
        if raised:
            data = dict.fromkeys(name for one in raised for name in one.data)
            yield Fault(raised[0].doubt.sentence, list(data))


def _taps(seen: Survey) -> bool:
    return any(one.quantity > 0 for one in seen.data(TAPPED))


def _known(context: Context) -> frozenset[str]:
    """Names of the sets of warming potentials: the book's, else those of the policy."""
    if context.book is not None:
        return frozenset(one.factor_set for one in context.book.family(gwp.FAMILY))
    return frozenset(context.policy.words("finding.gwp_sets"))
