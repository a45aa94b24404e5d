"""R-01, R-02, R-17, R-26: whose numbers these are, and for which days. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import ITEMS, PARAMETERS, Family
from services.ghg.activity.plausible import Low, doubted_below, least_of
from services.ghg.calculation.lines import Line, total_kg
from services.ghg.calculation.own_pfc import OWN, TOO_LOW
from services.ghg.calculation.totals import primary_data_share
from services.ghg.calculation.working import PERCENT
from services.ghg.factors.calorific import default_in

from .context import Context, Fault, listed, shown
from .survey import Survey

YEARLONG = frozenset(
    {
        Family.FUEL,
        Family.POWER,
        Family.INPUT,
        Family.ANODE_EFFECT,
        Family.DUCT,
        Family.BOUGHT,
        Family.OUTPUT,
    }
)
"""What runs all year; a lot of scrap, a voyage or a stock is of a day."""
DAY = timedelta(days=1)
BY_DEFAULT = " Its energy is by a default calorific value: tell that of the fuel."


def default_used(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-01: a default for a purchased input that weighs, whose supplier was never asked."""
    if not seen.stand_ins or seen.total_kg <= 0:
        return
    limit = context.policy.decimal("finding.default_percent")
    by_input: dict[str, list[Line]] = {}
    for line in seen.stand_ins:
        by_input.setdefault(line.item, []).append(line)
    supplier_of: dict[str, str] = {}
    for item, lines in by_input.items():
        share = total_kg(lines) * PERCENT / seen.total_kg
        if share <= limit:
            continue
        if context.inputs_asked and not supplier_of:
            supplier_of = {one.datum_id: one.supplier_id for one in context.inventory.data}
        ids = [name for line in lines for name in line.data]
        open_ids = [one for one in ids if (supplier_of.get(one), item) not in context.inputs_asked]
        if open_ids:
            sentence = (
                f"Primary supplier data expected for {_title(item)}; default used"
                f" ({shown(share)} % of the emissions)."
            )
            yield Fault(sentence, open_ids)


def primary_share(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-02: too little of the result rests on primary data."""
    part = context.primary_share
    if part is None:
        part = primary_data_share(context.result)
    if part is None:
        return
    share = part * PERCENT
    least = context.policy.decimal("finding.primary_share_percent_min")
    if share < least:
        yield Fault(f"Primary data share {shown(share)} % below {shown(least)} %.")


def best_case_factor(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-17: an own or a supplier's factor below the 10th percentile, or an own PFC coefficient far
    below what is published for such cells, with nothing to prove it; or a factor below anything
    that can be, or that is known, which a reference alone does not prove."""
    yield from _best_case_coefficient(seen)
    yield from _fuel_to_prove(context, seen)
    for item, data in seen.by_item.items():
        left, doubted = list[Datum](), dict[str, list[str]]()
        for one in [one for one in data if one.factor is not None]:
            said = _too_low_for_any(one, context)
            if said:
                doubted.setdefault(said, []).append(one.datum_id)
            else:
                left.append(one)
        yield from (Fault(said, named) for said, named in doubted.items())
        chosen = [one for one in left if not one.evidence]
        if not chosen:
            continue
        percentile = _tenth_percentile(item, context)
        if percentile is None:
            continue
        below = [one for one in chosen if _below(one, percentile)]
        if below:
            by_default = any(default_in(one.source) for one in below)
            sentence = (
                f"Best-case factor is not evidence: {_title(item)} below {shown(percentile)} kg"
                f" CO2e/{ITEMS[item].unit}, which nine of ten do not reach, without any reference."
                f"{BY_DEFAULT if by_default else ''}"
            )
            yield Fault(sentence, [one.datum_id for one in below])


def _fuel_to_prove(context: Context, seen: Survey) -> Iterator[Fault]:
    """Fuels without fossil carbon of which nothing shows that they are. An own factor of one is
    looked at as any is."""
    for item in context.policy.words("finding.fuels_to_prove"):
        bare = [
            one.datum_id
            for one in seen.data(item)
            if one.quantity > 0 and one.factor is None and not one.evidence
        ]
        if bare:
            yield Fault(
                f"Best-case factor is not evidence: {_title(item)} counts without fossil carbon,"
                " and nothing shows that it is that. Give a reference (a proof of sustainability, a"
                " delivery note).",
                bare,
            )


def _too_low_for_any(datum: Datum, context: Context) -> str:
    """What is said of a factor below anything that can be, or that is known; else empty."""
    least, said = least_of(datum, context.policy)
    if _below(datum, least):
        return said
    fuel = ITEMS[datum.item].family is Family.FUEL
    by = default_in(datum.source) if fuel else None
    low = doubted_below(datum.item, context.policy, by)
    return _lower_than_known(datum.item, low) if low is not None and low.doubts(datum) else ""


def _lower_than_known(item: str, low: Low) -> str:
    if low.amount:
        return (
            f"Best-case factor is not evidence: {_title(item)} below {low.amount} may be its"
            " carbon, not the CO2 of it. Tell the calorific value, by which it is judged."
        )
    explained = f"; name what explains it as its technology ({', '.join(sorted(low.unless))})"
    return (
        f"Best-case factor is not evidence: {_title(item)} below {shown(low.kg_per_unit)} kg CO2e/"
        f"{ITEMS[item].unit} is lower than any that is known, and a reference alone does not show"
        f" it. Look at its unit and boundary{explained if low.unless else ''}."
    )


def _best_case_coefficient(seen: Survey) -> Iterator[Fault]:
    """Own PFC coefficients that were asked about as too low, and have no reference."""
    raised = seen.raised(TOO_LOW)
    bare = [one.datum_id for one in seen.data(*OWN) if not one.evidence] if raised else []
    for sentence in dict.fromkeys(one.doubt.sentence for one in raised):
        named = [name for name in bare if sentence.startswith(f"{name}:")]
        if named:
            yield Fault(f"Best-case factor is not evidence. {sentence}", named)


def _below(datum: Datum, least: Decimal) -> bool:
    return datum.factor is not None and datum.factor < least


def not_a_year(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-26: data that came in before the calendar year was over, do not cover it, or lie outside
    it; an own or a supplier's factor of a year long before it. Data without days are of the whole
    year, which nobody can have before its end."""
    yield from _factors_of_long_ago(context)
    year = context.inventory.year
    first, last = date(year, 1, 1), date(year, 12, 31)
    sent_on = context.sent_on or context.reported_on
    if sent_on <= last:
        yield Fault(
            f"Activity data are not of the full calendar year: they are of {sent_on}, before the"
            f" end of {year}. The figures are interim."
        )
    if not seen.dated:
        return
    outside = [
        one.datum_id
        for one in seen.dated
        if one.item not in PARAMETERS
        and ((one.from_on or first) < first or (one.to_on or last) > last)
    ]
    if outside:
        yield Fault(f"Data of days outside {year}.", outside)
    groups: dict[tuple[Step, str], list[Datum]] = {}
    for item in dict.fromkeys(one.item for one in seen.dated):
        known = ITEMS.get(item)
        if known is not None and known.family in YEARLONG:
            for one in seen.by_item[item]:
                groups.setdefault((one.step, item), []).append(one)
    gaps = {
        key: gap
        for key, data in groups.items()
        if (gap := _first_gap(data, first, last)) is not None
    }
    if gaps:
        (step, item), gap = next(iter(gaps.items()))
        sentence = (
            f"Activity data are not of the full calendar year: {_title(item)} ({step}) says nothing"
            f" of {gap}; concerned: {listed(item for _, item in gaps)}."
        )
        yield Fault(sentence, [one.datum_id for key in gaps for one in groups[key]])


def _factors_of_long_ago(context: Context) -> Iterator[Fault]:
    """How old is too old stands in no source: the sentence says that the limit is ours."""
    year, limit = context.inventory.year, context.policy.integer("finding.factor_years_max")
    old = [
        (one.data_year, one.item, one.datum_id)
        for one in context.inventory.data
        if one.factor is not None and one.data_year is not None and year - one.data_year > limit
    ]
    if old:
        told = listed(f"{_title(item)} of {of}" for of, item, _ in old)
        sentence = (
            f"Factors of more than {limit} years before {year}: {told}. The limit is ours, no"
            " source gives one."
        )
        yield Fault(sentence, [name for _, _, name in old])


def _first_gap(data: Sequence[Datum], first: date, last: date) -> date | None:
    """The first day of the year that none of the data covers."""
    spans = sorted((one.from_on or first, one.to_on or last) for one in data)
    needed = first
    for start, end in spans:
        if start > needed:
            return needed
        needed = max(needed, end + DAY)
    return needed if needed <= last else None


def _tenth_percentile(item: str, context: Context) -> Decimal | None:
    if item in context.tenth_percentiles:
        return context.tenth_percentiles[item]
    name = f"finding.best_case.{item}"
    return context.policy.decimal(name) if name in context.policy.figures else None


def _title(item: str) -> str:
    known = ITEMS.get(item)
    return item if known is None else known.title
