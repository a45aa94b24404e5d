"""Why two reports of the same data differ, line by line. Pure.

Every difference has its reason, and all of them add up to the difference of the totals: a reader
who does not see why one regime tells 13 and another 2 finds the lines that make it so.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Scope, Step
from contracts.values import plain
from services.ghg.calculation.lines import Line
from services.ghg.calculation.totals import OTHER_SIDE
from services.ghg.calculation.working import Working

from .report import Report, Reported

ZERO = Decimal(0)
Key = tuple[Step, Scope, str, tuple[str, ...], int]


class Difference(NamedTuple):
    """One line that two reports count differently: kilograms in each, and why."""

    step: Step
    scope: Scope
    item: str
    data: tuple[str, ...]
    a_kg: Decimal
    b_kg: Decimal
    reason: str

    @property
    def kg(self) -> Decimal:
        """What the second counts more than the first."""
        return self.b_kg - self.a_kg


def differences(a: Report, b: Report) -> tuple[Difference, ...]:
    """The lines that differ, greatest first. They add up to `b.total_kg - a.total_kg`. Of bought
    power the line is compared that each report counts, by location or by market."""
    ours, theirs = _by_key(a), _by_key(b)
    found: list[Difference] = []
    for key in dict.fromkeys((*ours, *theirs)):
        mine, yours = ours.get(key), theirs.get(key)
        a_kg = mine.kg if mine else ZERO
        b_kg = yours.kg if yours else ZERO
        if a_kg == b_kg:
            continue
        step, scope, item, data, _ = key
        counted = yours if mine is None or mine.share == 0 else mine
        scope = counted.line.scope if counted else scope
        reason = _reason(a, b, mine, yours)
        found.append(Difference(step, scope, item, data, a_kg, b_kg, reason))
    return tuple(sorted(found, key=lambda one: (-abs(one.kg), one.step, one.item, one.data)))


def _by_key(report: Report) -> Mapping[Key, Reported]:
    """Lines by what they are about, without the side of Scope 2 that the report does not take; of
    several alike, by their order."""
    unused = OTHER_SIDE[report.rules.side]
    found: dict[Key, Reported] = {}
    for one in report.lines:
        line = one.line
        if line.scope is unused:
            continue
        scope = Scope.POWER_MARKET if line.scope in OTHER_SIDE.values() else line.scope
        at = 0
        while (line.step, scope, line.item, line.data, at) in found:
            at += 1
        found[(line.step, scope, line.item, line.data, at)] = one
    return found


def _reason(a: Report, b: Report, mine: Reported | None, yours: Reported | None) -> str:
    """Why, every cause of it: left out by one, another part of it, another rule, another factor,
    another activity."""
    if mine is None or yours is None:
        there, only = (b, yours) if mine is None else (a, mine)
        rule = only.line.rule if only else ""
        return f"only {there.regime} has this line: {rule}"
    found: list[str] = []
    if mine.share != yours.share:
        found += [f"{one.regime}: {told.reason}" for one, told in ((a, mine), (b, yours))]
    if mine.share and yours.share:  # of what one does not count nothing else matters
        found += _causes(a, b, mine.line, yours.line)
    return "; ".join(found)


def _causes(a: Report, b: Report, ours: Line, theirs: Line) -> list[str]:
    """What makes two lines about the same differ, before any share of them is counted."""
    found: list[str] = []
    if ours.rule != theirs.rule:
        found += [f"{a.regime}: {ours.rule}", f"{b.regime}: {theirs.rule}"]
    if ours.factor.value != theirs.factor.value:
        found.append(
            f"factor {plain(ours.factor.value)} ({ours.factor.factor_set}) against"
            f" {plain(theirs.factor.value)} ({theirs.factor.factor_set}), {theirs.factor.unit}"
        )
    if ours.activity != theirs.activity:
        sets = {one.factor_set for line in (ours, theirs) for one in line.working}
        terms = _terms(ours.working, theirs.working)
        found.append(
            f"activity {plain(ours.activity)} against {plain(theirs.activity)} {ours.unit}"
            + (f", for {' and '.join(terms)}" if terms else "")
            + (f", by {' and '.join(sorted(sets))}" if sets else "")
        )
    return found


def _terms(ours: Sequence[Working], theirs: Sequence[Working]) -> list[str]:
    """The parameters of one equation that have other values in the other line."""
    return [
        f"{mine.symbol} {plain(mine.value)} against {plain(yours.value)} {yours.unit}"
        for first, second in zip(ours, theirs, strict=False)
        if first.formula == second.formula
        for mine, yours in zip(first.terms, second.terms, strict=False)
        if mine.symbol == yours.symbol and mine.value != yours.value
    ]
