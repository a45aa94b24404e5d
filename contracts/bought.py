"""What a facility bought, as its result tells it beside its totals. Source: sources.md 4.1."""

from typing import Annotated

from pydantic import Field

from .inventory import Step
from .values import Id, PlainDecimal, Value

ANODES_IN_KEPT = 64
"""At most so many deliveries of anodes and paste are told, those of nobody named first."""


class BoughtMetal(Value):
    """Metal and scrap from outside: tonnes, and what making them gave off, in t CO2e."""

    tonnes: PlainDecimal
    emission_t: PlainDecimal


class AnodesIn(Value):
    """Baked anodes or paste that came into a facility from outside for a step: tonnes, and what of
    the step's total of purchased goods they are, in kg CO2e; a facility that delivered them is
    named by its id, None where nobody is named."""

    item: Id
    step: Step
    tonnes: PlainDecimal
    kg: PlainDecimal
    supplier_id: Id | None = None


AllAnodesIn = Annotated[tuple[AnodesIn, ...], Field(max_length=ANODES_IN_KEPT)]
