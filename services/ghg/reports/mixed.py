"""What is found of a report and not of the result beside it: R-03 and R-18. Pure.

The scrap method of a report may be another than the result's, and give pre-consumer scrap nothing
(R-03, sources.md 4.8). R-18 asks for one set of warming potentials in everything that counts.

A regime may lay down another set than the result was calculated under (sources.md 4.4). What tables
tell in parts is then worked out anew under it; what suppliers and plants gave as one number in CO2e
cannot be, so a report that counts such a number of another set mixes two, though its result does
not. The stop is the report's: another regime, and the result itself, may be whole.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from contracts.ghg import Finding
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.lines import Line, Result
from services.ghg.factors.pinned import Pinned
from services.ghg.findings import Context, OfReport, blocks, findings

from .cbam import CbamFields
from .regimes import Rules

RULES = ("R-03", "R-18")


class Stands(NamedTuple):
    """What a report counts: lines with Scope 2 told its own way and the other way, and the fields
    of the border mechanism."""

    ways: Sequence[Iterable[Line]]
    cbam: CbamFields | None


def mixed(result: Result, stands: Stands, rules: Rules, pinned: Pinned) -> tuple[Finding, ...]:
    """What R-03 and R-18 find in a report, `result` and `pinned` being those of its regime."""
    counted = {id(one) for one in chain.from_iterable(stands.ways)}
    lines = tuple(one for one in result.lines if id(one) in counted)
    return findings(
        Context(
            inventory=result.inventory,
            result=result._replace(lines=lines),
            policy=pinned.policy,
            reported_on=pinned.as_of,
            regime=rules.regime,
            book=pinned.book,
            of_report=OfReport(rules.gwp is not None, _embedded(result, stands.cbam)),
        ),
        RULES,
    )


def stopped(found: Iterable[Finding]) -> tuple[str, ...]:
    """The rules by whose findings a report is not to be handed out as one of its regime."""
    return tuple(sorted({one.rule for one in found if blocks([one])}))


def _embedded(result: Result, cbam: CbamFields | None) -> Sequence[Datum]:
    """Bought metal whose embedded emissions the report adds: none, unless those of all fit."""
    if cbam is None or cbam.precursors_t is None:
        return ()
    added = {one.datum_id for one in cbam.precursors if one.embedded_kg_per_t}
    return [one for one in result.inventory.data if one.datum_id in added]
