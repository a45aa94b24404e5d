"""R-18, R-25: one set of warming potentials, and perfluorocarbons from what was recorded. Pure."""

from collections.abc import Iterator

from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import Family
from services.ghg.calculation.cells import tapped
from services.ghg.calculation.own_pfc import (
    OVERVOLTAGE_INCOMPLETE,
    SLOPE_INCOMPLETE,
    TOO_HIGH,
    TOO_LOW,
)
from services.ghg.calculation.own_pfc import OWN as OWN_PFC
from services.ghg.calculation.pfc import EXPIRED
from services.ghg.factors import gwp
from services.ghg.factors.tables import OWN

from .context import Context, Fault, listed
from .survey import Survey

OF_LINES = (Family.ANODE_EFFECT, Family.DUCT)
"""Data that may say of which line of cells they are; own coefficients are others."""
PFC_DOUBTS = (
    "low_voltage_unaddressed",
    "own_measurement_expected",
    "measurement_uncertain",
    EXPIRED,
    "own_measurement_ambiguous",
    SLOPE_INCOMPLETE,
    OVERVOLTAGE_INCOMPLETE,
    TOO_LOW,
    TOO_HIGH,
    "anode_effects_overlap",
    "anode_effect_minutes_differ",
)


def potentials(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-18: no set of warming potentials is named, or amounts of two are added: of tables, or of
    factors that somebody gave, in a result or in what counts in a report."""
    named = context.result.gwp_set
    if not named:
        yield Fault("The set of warming potentials is missing: it must be disclosed.")
        return
    used = {named, *seen.factor_sets.union(context.result.factor_sets)}
    mixed = list((used - {named}) & _known(context)) if len(used) > 1 else []
    if mixed:
        sentence = (
            f"Two sets of warming potentials in one {_what(context)}: {named} and {listed(mixed)}."
            " Recalculate all under one."
        )
        others = frozenset(mixed)
        lines = (line for line in context.result.lines if line.factor.factor_set in others)
        yield Fault(sentence, list(dict.fromkeys(name for line in lines for name in line.data)))
    yield from _of_own_factors(context, named)
    yield from _of_embedded(context, named)
    yield from _of_tables(context, named)


def _of_own_factors(context: Context, named: str) -> Iterator[Fault]:
    """Suppliers' and plants' own factors under other potentials than the result's; and those of
    which nobody says, which is told and stops nothing."""
    taken = {
        name
        for line in context.result.lines
        if line.factor.factor_set == OWN and line.factor.value != 0
        for name in line.data
    }
    if not taken:
        return
    own = [
        one for one in context.inventory.data if one.factor is not None and one.datum_id in taken
    ]
    others = sorted({one.factor_gwp_set for one in own} - {"", named})
    if others:
        sentence = (
            f"Factors of suppliers or plants are made under {listed(others)}, the {_what(context)}"
            f" under {named}: give them under {named}{_otherwise(context)}."
        )
        yield Fault(sentence, [one.datum_id for one in own if one.factor_gwp_set in others])
    unsaid = [one.datum_id for one in own if not one.factor_gwp_set]
    if unsaid:
        sentence = (
            f"Nobody says under which warming potentials {len(unsaid)} own factors are made; the"
            f" {_what(context)} is under {named}. Say it with `factor_gwp_set`."
        )
        yield Fault(sentence, unsaid, told_only=True)


def _of_embedded(context: Context, named: str) -> Iterator[Fault]:
    """What makers say that their metal embeds, where a report adds it: as with own factors."""
    told = () if context.of_report is None else context.of_report.embedded
    others = sorted({one.embedded_gwp_set for one in told} - {"", named})
    if others:
        sentence = (
            f"What bought metal embeds is told under {listed(others)}, the {_what(context)} is"
            f" under {named}: ask its makers for it under {named}."
        )
        yield Fault(sentence, [one.datum_id for one in told if one.embedded_gwp_set in others])
    unsaid = [one.datum_id for one in told if not one.embedded_gwp_set]
    if unsaid:
        sentence = (
            f"Nobody says under which warming potentials {len(unsaid)} makers tell what their metal"
            f" embeds; the {_what(context)} is under {named}. Say it with `embedded_gwp_set`."
        )
        yield Fault(sentence, unsaid, told_only=True)


def _of_tables(context: Context, named: str) -> Iterator[Fault]:
    """Averages whose source names other potentials: nobody can give them anew, so it is told."""
    if context.book is None:
        return
    sets = {line.factor.factor_set for line in context.result.lines}
    for name in sorted(sets):
        under = context.book.gwp_of(name)
        if under and under != named:
            lines = (one for one in context.result.lines if one.factor.factor_set == name)
            data = dict.fromkeys(datum for one in lines for datum in one.data)
            sentence = (
                f"{name} is made under {under}, the {_what(context)} under {named}: an average"
                " stands in, a factor of the supplier's own under the same set would not mix them."
            )
            yield Fault(sentence, list(data), told_only=True)


def perfluorocarbons(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-25: anode-effect data missing, tier 1 in spite of them, or nothing said of what cells give
    off without an anode effect. An own measurement that has expired is a major fault: what a table
    says in its place may be less than the cells give off."""
    recorded = [one.datum_id for one in seen.family(Family.ANODE_EFFECT)]
    tier1 = seen.raised("pfc_tier1")
    if tier1 and recorded:
        sentence = "Tier 1 was used for PFC although anode-effect data are recorded: use them."
        yield Fault(sentence, recorded)
    elif not recorded and not any(True for _ in seen.family(Family.DUCT)):
        metal = _metal(context, seen)
        if any(one.quantity > 0 for one in metal):
            sentence = "Anode-effect data are missing: PFC rests on the technology alone (tier 1)."
            yield Fault(sentence, [one.datum_id for one in metal])
    for about in PFC_DOUBTS:
        said: dict[str, dict[str, None]] = {}
        for one in seen.raised(about):
            said.setdefault(one.doubt.sentence, {}).update(dict.fromkeys(one.data))
        for sentence, data in said.items():
            yield Fault(sentence, list(data), graver=about == EXPIRED)
    yield from _of_no_metal(context, seen)


def _of_no_metal(context: Context, seen: Survey) -> Iterator[Fault]:
    """Data of a line of cells that no metal names, where lines are told apart: they count for metal
    that names no line, or one of which nothing is told, and a slip of the pen is all it takes."""
    told = [one for family in OF_LINES for one in seen.family(family)]
    named = [one for one in (*told, *seen.data(*OWN_PFC)) if one.potline]
    if not named:
        return
    usual = context.inventory.site.technology or ""
    metal = [one for one in _metal(context, seen) if one.quantity]
    for technology in dict.fromkeys(one.technology or usual for one in named):
        here = [one for one in named if (one.technology or usual) == technology]
        made = [one for one in metal if (one.technology or usual) == technology]
        lines, of_metal = {one.potline for one in here}, {one.potline for one in made} - {""}
        lost = [one for one in here if one.potline not in of_metal]
        counts_for = any(one.potline not in lines for one in made)
        if lost and counts_for and (of_metal or len(lines) > 1):
            sentence = (
                f"No metal is told of the line of cells {listed(one.potline for one in lost)}: what"
                " is told of it counts for the metal of which nothing is told by line. Name the"
                " line (potline) of its metal, or spell it as there."
            )
            yield Fault(sentence, [one.datum_id for one in lost])


def _metal(context: Context, seen: Survey) -> list[Datum]:
    """The metal of cells: told as tapped, or as cast alone."""
    return tapped(list(seen.family(Family.OUTPUT)), context.inventory.site, [])[0]


def _what(context: Context) -> str:
    return "result" if context.of_report is None else f"report {context.regime}"


def _otherwise(context: Context) -> str:
    """What else may be done about own factors of another set: nothing, where a regime names it."""
    laid_down = context.of_report is not None and context.of_report.laid_down
    return ", the set that its regime lays down" if laid_down else ", or recalculate under theirs"


def _known(context: Context) -> frozenset[str]:
    """Names of the sets of warming potentials: the book's, else those of the policy."""
    if context.book is not None:
        return frozenset(one.factor_set for one in context.book.family(gwp.FAMILY))
    return frozenset(context.policy.words("finding.gwp_sets"))
