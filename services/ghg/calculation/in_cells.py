"""Whether scrap that cells melted is in what they tapped, or went beside it. Pure.

Source: sources.md 4.1 [A24]; decision 0017. Metal that is weighed as it is tapped holds what came
of scrap that the cells melted; scrap that is charged behind the scale does not. A row of such scrap
says which: `of` `output.liquid_metal` is in what was tapped, `of` `output.cast_metal` only in what
was cast. Of post-consumer scrap nothing else is taken for it, and all rows of a year say the same:
a difference of masses would turn with the next tonne of it. Where tapped metal tells several lines
of cells or days apart, it and its loss name theirs. Of other scrap that does not say it, it is read
as metal in and out of the casthouse balances nearer; unless post-consumer scrap whose loss nobody
tells leaves both open.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum

from . import metal
from .melts import ZERO, net_of, sum_t
from .scrap import Kind

OLD = Kind.POST_CONSUMER.value
Line = tuple[str, str, date | None, date | None]
"""Technology and potline, and the days for which they are told."""


class InCells(NamedTuple):
    """Scrap that cells melted, less what is told lost of its kind there: `within` what they tapped,
    and `beside` it. Until somebody tells which of the two `unread_t` tonnes are (as charged), both
    are as masses have it."""

    within: Sequence[Datum] = ()
    beside: Sequence[Datum] = ()
    unread_t: Decimal = ZERO

    @property
    def within_t(self) -> Decimal:
        """Tonnes in what was tapped that cells did not make of alumina."""
        return sum_t(self.within)

    @property
    def old_within_t(self) -> Decimal:
        """Those of post-consumer scrap."""
        return sum_t(one for one in self.within if one.scrap_kind == OLD)


def in_cells(data: Iterable[Datum], *, only_cast: bool) -> InCells:
    """How scrap in cells is read. Where tapped metal is told as cast alone (`only_cast`) it is in
    what was cast either way."""
    every = list(data)
    lots = [one for one in every if _charged(one)]
    if not lots:
        return InCells()
    lost = [one for one in every if one.item == metal.LOST and one.scrap_kind]
    lines = lines_of(one for one in every if one.item == metal.TAPPED)
    net = _net(lots, [one for one in lost if one.step is Step.ELECTROLYSIS], lines)
    if only_cast:
        return InCells((), net)
    told = [one for one in net if metal.is_told(one)]
    untold = [one for one in net if not metal.is_told(one)]
    unread = _old_unread(lots, lost, lines)
    others = [one for one in untold if one.scrap_kind != OLD]
    within: bool | None = True
    if others and not unread:
        within = _on_masses(every, told, others, lost)
        open_ = lots if within is None else []
        unread = sum_t(one for one in open_ if not metal.is_told(one))
    if unread:
        within = metal.reading_of_shares(metal.by_item(every)).in_tapped
    inside = [one for one in told if one.of == metal.TAPPED]
    outside = [one for one in told if one.of == metal.CAST]
    (inside if within else outside).extend(untold)
    return InCells(inside, outside, unread)


def _charged(one: Datum) -> bool:
    return one.item == metal.SCRAP_IN and one.step is Step.ELECTROLYSIS and one.quantity > 0


def line_of(datum: Datum) -> Line:
    """Of which cells and days tapped metal is told."""
    return datum.technology, datum.potline, datum.from_on, datum.to_on


def lines_of(tapped: Iterable[Datum]) -> Sequence[Line]:
    """The lines of cells and the days that tapped metal tells apart."""
    return list(dict.fromkeys(line_of(one) for one in tapped if one.quantity))


def of_line(datum: Datum, lines: Sequence[Line]) -> Sequence[Line]:
    """Those that a datum may be of: by the line, the technology and the days that it names, if
    metal was tapped of these; a technology of anything else is free text. Who names a line of which
    no metal is told is of the rows that name none, or of the one line that there is; who names none
    is of the rows that name none as well, where there are any."""
    technologies, potlines = {line[0] for line in lines}, {line[1] for line in lines}
    potline = datum.potline if datum.potline in potlines else ""
    every = potline not in potlines and (not datum.potline or len(potlines) == 1)
    found = [
        line
        for line in lines
        if (every or potline == line[1])
        and (datum.technology not in technologies or datum.technology == line[0])
    ]
    days = [line for line in found if line[2:] == (datum.from_on, datum.to_on)]
    return days or found


def _named(data: Iterable[Datum], lines: Sequence[Line], parts: int) -> bool:
    """Whether each names one line of cells; with all four parts, its days as well."""
    return all(len({line[:parts] for line in of_line(one, lines)}) == 1 for one in data)


def _net(lots: Sequence[Datum], lost: Sequence[Datum], lines: Sequence[Line]) -> list[Datum]:
    """Less what is told lost of each kind; of post-consumer scrap by line, where all name one."""
    at = Step.ELECTROLYSIS
    old, gone = ([one for one in of if one.scrap_kind == OLD] for of in (lots, lost))
    every = (*old, *gone)
    parts = next((many for many in (4, 2) if lines and _named(every, lines, many)), 0)
    if not parts:
        return net_of({at: lots}, lost)[at]
    found = net_of({at: [one for one in lots if one.scrap_kind != OLD]}, lost)[at]
    for line in dict.fromkeys(line[:parts] for line in lines):
        here, less = (
            [one for one in of if of_line(one, lines)[0][:parts] == line] for of in (old, gone)
        )
        found += net_of({at: here}, less)[at]
    return found


def _old_unread(lots: Sequence[Datum], lost: Sequence[Datum], lines: Sequence[Line]) -> Decimal:
    """Tonnes of post-consumer scrap, where not all of it is told to be on one side, or in tapped
    metal of several lines or days and it or its loss does not name which."""
    old = [one for one in lots if one.scrap_kind == OLD]
    said = {one.of if metal.is_told(one) else "" for one in old}
    if said <= {metal.CAST}:
        return ZERO
    gone = [one for one in lost if one.step is Step.ELECTROLYSIS and one.scrap_kind == OLD]
    named = not lines or _named((*old, *gone), lines, 4)
    return ZERO if said == {metal.TAPPED} and named else sum_t(old)


def _on_masses(
    data: Sequence[Datum], told: Sequence[Datum], others: Sequence[Datum], lost: Sequence[Datum]
) -> bool | None:
    """Whether other scrap is in what was tapped as the casthouse balances nearer, stock of cast
    metal left out; None where that depends on what post-consumer scrap lost. What is told of that
    scrap goes in and comes out, so it moves nothing here."""
    known_at = {one.step for one in lost if one.scrap_kind == OLD}
    by_item = metal.by_item(data)
    rest: dict[Step, list[Datum]] = {}
    for one in by_item.get(metal.SCRAP_IN, ()):
        if not _charged(one):
            rest.setdefault(one.step, []).append(one)
    charged = [one for lots in net_of(rest, lost).values() for one in lots]
    charged += [one for one in told if one.of == metal.CAST]
    open_ = [one for one in charged if one.scrap_kind == OLD and one.step not in known_at]
    settled = [one for one in charged if one not in open_]
    plain = [one for one in by_item.get(metal.LOST, ()) if not one.scrap_kind]
    masses = {**by_item, metal.SCRAP_IN: settled, metal.LOST: plain}
    drawn_up = metal.drawn_up(masses, metal.Reading(in_tapped=False))
    missing = next((one.difference_t for one in drawn_up if one.where == metal.AT_CASTHOUSE), ZERO)
    half = sum_t(others) / 2
    if missing >= -half:
        return True
    at_casthouse = (one for one in open_ if one.step in metal.CASTHOUSE)
    return False if missing + sum_t(at_casthouse) < -half else None
