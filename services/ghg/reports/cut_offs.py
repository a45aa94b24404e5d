"""What a report may leave out: little each, and little together. Pure.

Source: sources.md 4.7, R-24. A facility names data; each is measured against the whole, or against
its process step, as the regime says, together with what else is left out of the same item at the
same step: a year in twelve rows is no less than in one. What is at the limit or above it stays in,
and of what is below, the least is left out first until the limit of the sum is reached.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from contracts.inventory import Step
from services.ghg.calculation.lines import Line
from services.ghg.calculation.working import PERCENT

from .regimes import CutOffRule
from .threshold import Comparator

ZERO = Decimal(0)


class CutOff(NamedTuple):
    """One datum that was to be left out: its per cent, whether the rule allows it, and why."""

    what: str
    percent: Decimal
    allowed: bool
    reason: str
    data: tuple[str, ...]


class Counted(Protocol):
    """A line as a report counts it."""

    @property
    def line(self) -> Line:
        """The line."""

    @property
    def kg(self) -> Decimal:
        """What counts of it."""


def cut_offs(
    counted: Sequence[Counted], rule: CutOffRule | None, cut: Collection[str]
) -> tuple[CutOff, ...]:
    """The cut-offs asked for, the least first. Data that a report does not count at all are not
    among them; neither is a line that follows from several data (an equation), unless all of
    them were named."""
    wanted: dict[tuple[str, ...], Decimal] = {}
    item: dict[tuple[str, ...], tuple[str, Step]] = {}
    for one in counted:
        data = one.line.data
        if one.kg and all(name in cut for name in data):
            wanted[data] = wanted.get(data, ZERO) + one.kg
            item[data] = (one.line.item, one.line.step)
    whole = sum((one.kg for one in counted), ZERO)
    of_step: dict[Step, Decimal] = {}
    for one in counted:
        of_step[one.line.step] = of_step.get(one.line.step, ZERO) + one.kg
    of_item: dict[tuple[str, Step], Decimal] = {}
    for data, kg in wanted.items():
        of_item[item[data]] = of_item.get(item[data], ZERO) + abs(kg)
    found: list[CutOff] = []
    together = ZERO
    for data, kg in sorted(wanted.items(), key=lambda pair: (abs(pair[1]), pair[0])):
        name, step = item[data]
        base = of_step[step] if rule is not None and rule.of_step else whole
        percent = abs(kg) * PERCENT / base if base else PERCENT
        in_all = of_item[name, step] * PERCENT / base if base else PERCENT
        reason = _refusal(in_all, percent, together, rule)
        if not reason:
            together += percent
        found.append(CutOff(name, percent, not reason, reason or "within the rule", data))
    return tuple(found)


def _refusal(in_all: Decimal, percent: Decimal, together: Decimal, rule: CutOffRule | None) -> str:
    """Why a cut-off is not allowed; nothing when it is. `in_all` is left out of its item."""
    if rule is None:
        return "the regime has no cut-offs"
    limit = rule.each_percent
    if in_all > limit or (in_all == limit and rule.comparator is Comparator.BELOW):
        word = "below" if rule.comparator is Comparator.BELOW else "at most"
        return f"each is {word} {limit} %, and all that is left out of this item is {in_all:.4g} %"
    if rule.sum_percent is not None and together + percent > rule.sum_percent:
        return f"all together are at most {rule.sum_percent} %"
    return ""
