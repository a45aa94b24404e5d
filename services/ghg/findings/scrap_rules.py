"""R-03 to R-05: scrap of every kind with the burden and the evidence it needs. Pure.

The equations doubt what they calculate (`scrap`); these rules look at the data as well, because a
zero in the data is wrong whichever method a result was made by.
"""

from collections.abc import Iterator

from contracts.inventory import DataKind
from services.ghg.activity.inventory import Datum
from services.ghg.activity.plausible import least_factor
from services.ghg.calculation.scrap import Kind

from .context import Context, Fault, shown
from .survey import Survey

SCRAP = "scrap.in"
KINDS = frozenset(Kind)


def unburdened(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-03: pre-consumer scrap at zero or next to it, below any primary metal with nothing to prove
    it, or of a metal that nobody named."""
    if context.regime in context.policy.words("scrap.pre_consumer_zero_regimes"):
        return
    pre = _of(seen, Kind.PRE_CONSUMER)
    least = least_factor(SCRAP, context.policy, Kind.PRE_CONSUMER)
    none = [one.datum_id for one in pre if one.factor is not None and one.factor < least]
    none += [name for one in seen.raised("pre_consumer_zero") for name in one.data]
    if none:
        sentence = (
            "Pre-consumer scrap must carry the burden of its source metal; it has zero, or less"
            f" than the {shown(least)} kg CO2e/t that melting a metal once takes."
        )
        yield Fault(sentence, _once(none))
    low = context.policy.decimal("finding.pre_consumer.low")
    unproven = [
        one.datum_id
        for one in pre
        if one.factor is not None and least <= one.factor < low and not _proven(one)
    ]
    if unproven:
        sentence = (
            "Pre-consumer scrap must carry the burden of its source metal; it has less than the"
            f" {shown(low)} kg CO2e/t of any primary metal, and neither a reference nor a verified"
            " supplier shows that it was cut from recycled metal."
        )
        yield Fault(sentence, unproven)
    unknown = [one.datum_id for one in pre if one.factor is None]
    kindless = {one.datum_id for one in _kindless(seen)}  # told by R-04, once is enough
    unknown += [
        name
        for one in seen.raised("pre_consumer_source_unknown")
        for name in one.data
        if name not in kindless
    ]
    if unknown:
        sentence = (
            "Pre-consumer scrap must carry the burden of its source metal; it is not known, so"
            " world-average primary metal stands in. Ask the supplier which metal it was cut from."
        )
        yield Fault(sentence, _once(unknown))


def kind_missing(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-04: scrap of no kind, or of several in one lot."""
    mixed = [one.datum_id for one in _kindless(seen)]
    if mixed:
        sentence = (
            "Split scrap into pre-/post-consumer: until then it counts as pre-consumer scrap of"
            " unknown metal."
        )
        yield Fault(sentence, mixed)


def origin_unproven(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-05: post-consumer scrap that nothing shows to come from the end of a product's life."""
    unproven = [one.datum_id for one in _of(seen, Kind.POST_CONSUMER) if not one.evidence]
    if unproven:
        yield Fault("Post-consumer scrap without evidence of its origin.", unproven)


def _proven(datum: Datum) -> bool:
    return bool(datum.evidence) or datum.kind is DataKind.SUPPLIER_VERIFIED


def _kindless(seen: Survey) -> list[Datum]:
    return [one for one in seen.data(SCRAP) if one.scrap_kind not in KINDS]


def _of(seen: Survey, kind: Kind) -> list[Datum]:
    return [one for one in seen.data(SCRAP) if one.scrap_kind == kind and one.quantity > 0]


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))
