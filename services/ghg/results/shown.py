"""A result and its lines as JSON: activity times factor is emission, with all that stands behind
it. Pure."""

from contracts.ghg import DisclosurePublished, ResultCalculated
from services.ghg.calculation.lines import Line, primary_rule
from services.ghg.calculation.working import Working

from .primary_told import disclosed_rule, share_rule


def result_shown(found: ResultCalculated) -> dict[str, object]:
    """A result as it is stored, and by which rule its share of primary data is counted."""
    return {**found.model_dump(mode="json"), "primary_share_rule": share_rule(found.engine)}


def disclosure_shown(found: DisclosurePublished, engine: str) -> dict[str, object]:
    """A disclosure as it is stored. Of one that does not tell by which rule its share of primary
    data is counted, that of the engine which made its result."""
    told = found.model_dump(mode="json")
    if found.primary_share is not None and found.primary_share_rule is None:
        told["primary_share_rule"] = disclosed_rule(engine).model_dump(mode="json")
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
