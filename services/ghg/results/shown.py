"""A result and its lines as JSON: activity times factor is emission, with all that stands behind
it. Pure."""

from contracts.ghg import DisclosurePublished, ResultCalculated
from services.ghg.calculation.lines import Line, primary_rule
from services.ghg.calculation.working import Working
from services.ghg.factors.book import FactorBook

from .assumed import assumptions
from .biogenic import biogenic_co2, biogenic_shown
from .primary_told import disclosed_rule, share_rule


def result_shown(found: ResultCalculated, book: FactorBook) -> dict[str, object]:
    """A result as it is stored, by which rule its share of primary data is counted, the CO2 of
    biomass beside it, and what it takes for granted of its fuels."""
    return {
        **found.model_dump(mode="json"),
        "primary_share_rule": share_rule(found.engine),
        "biogenic_co2": biogenic_shown(biogenic_co2(found.energy, found.as_of, book)),
        "assumed": assumptions(found.energy, found.as_of, book),
    }


def disclosure_shown(
    found: DisclosurePublished, result: ResultCalculated, book: FactorBook
) -> dict[str, object]:
    """A disclosure of a result as it is stored, with the same two beside it. Of one that does
    not tell by which rule its share of primary data is counted, that of the result's engine."""
    told = found.model_dump(mode="json")
    told["biogenic_co2"] = biogenic_shown(biogenic_co2(found.energy, result.as_of, book))
    told["assumed"] = assumptions(found.energy, result.as_of, book)
    if found.primary_share is not None and found.primary_share_rule is None:
        told["primary_share_rule"] = disclosed_rule(result.engine).model_dump(mode="json")
    return told


def line_shown(line: Line, engine: str) -> dict[str, object]:
    """A line with its factor, its equation and its doubts, as the engine that made it counts it."""
    return {
        "data": line.data,
        "step": line.step,
        "scope": line.scope,
        "item": line.item,
        "activity": line.activity,
        "unit": line.unit,
        "factor": line.factor._asdict(),
        "rule": line.rule,
        "kg": line.kg,
        "kind": line.kind,
        "primary": line.primary_by(primary_rule(engine)),
        "working": [_working(one) for one in line.working],
        "doubts": [one._asdict() for one in line.doubts],
    }


def _working(one: Working) -> dict[str, object]:
    return {
        "rule": one.rule,
        "formula": one.formula,
        "terms": [term._asdict() for term in one.terms],
        "value": one.value,
        "unit": one.unit,
        "factor_set": one.factor_set,
        "doubts": [doubt._asdict() for doubt in one.doubts],
    }
