"""The public material flow: sums from which nobody's own figures can be found. Pure.

Figures come out in releases. A release covers whole quarters and never changes afterwards: what
becomes known later counts in the first quarter that is still to come, so that two looks at
different times differ by whole quarters only.

Within a quarter, every figure is the sum of a *cell*, and cells never overlap. A cell is published
if enough members are in it and none dominates it; regions that fail this are taken together, with
the smallest ones that would pass if need be (complementary suppression), and what still fails waits
until the year is complete; what fails then is withheld for good. Every answer is a sum of published
cells, no total contains anything withheld, and so no subtraction of answers leaves less than a
whole cell. Stock and losses are not published: a mass balance closes no gap. The market of CoC
metal keeps nothing, so that what is sold follows from what is bought: see `market`; what enters a
stage follows from what left the one before: see `conversions`.

The members of a cell are counted, not its entities: a group is one whatever its size. Rules:
policy figures `flow.*`, of which the numbers are our own choice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from contracts.custody import Stage
from infra.errors import Refused

from .cells import (
    SEVERAL,
    Atom,
    Atoms,
    Members,
    Quarter,
    Rule,
    Rules,
    at,
    kind_of,
    merged,
    size,
    total,
)
from .conversions import Sides, added, sides_safe, with_other, year_safe
from .flow import Flow, Link, Picture, Place, picture_of, region_at, stages_at
from .market import Shown, hold_quarters, hold_years

UNPUBLISHED = frozenset({Place.LOSSES})


class Release(NamedTuple):
    """All quarters through one, from what was recorded through a day. Each covers more than the
    one before."""

    through: Quarter
    recorded_through: date


class Cell(NamedTuple):
    """A published sum. A year's cell (quarter 0) is not part of any quarter."""

    quarter: Quarter
    link: Link
    kg: int


class Withheld(NamedTuple):
    """Something is not shown: of this kind, whatever its region."""

    quarter: Quarter
    link: Link


class Public(NamedTuple):
    """All that was published, and what was withheld."""

    cells: Sequence[Cell]
    withheld: Sequence[Withheld]


class Query(NamedTuple):
    """What may be asked: a published quarter or a complete year, one stage or all, one region or
    all."""

    period: Quarter
    stage: Stage | None = None
    region: str | None = None


def quarter_of(day: date) -> Quarter:
    """The quarter of a day."""
    return Quarter(day.year, (day.month + 2) // 3)


def following(quarter: Quarter) -> Quarter:
    """The next quarter."""
    if quarter.number == 4:
        return Quarter(quarter.year + 1, 1)
    return Quarter(quarter.year, quarter.number + 1)


def parse_quarter(text: str) -> Quarter:
    """`2026-Q1` or `2026`; Refused `flow-off-grid` for all else."""
    year, _, quarter = text.partition("-Q")
    number = quarter if "-Q" in text else "0"
    if not (year.isdecimal() and len(year) == 4 and number in {"0", "1", "2", "3", "4"}):
        raise _off_grid(text)
    if number == "0" and "-" in text:
        raise _off_grid(text)
    return Quarter(int(year), int(number))


def last_day(period: Quarter) -> date:
    """The last day of a quarter, or of a year."""
    after = following(period) if period.number else Quarter(period.year + 1, 1)
    return date(after.year, after.number * 3 - 2, 1) - timedelta(days=1)


def calendar(
    first_recorded: date, days: int, today: date, told: Sequence[Release] = ()
) -> Sequence[Release]:
    """The releases so far: so many days after each quarter, from what was recorded by then. The
    first is the first one by which anything was recorded, and covers all quarters before it. Those
    that were `told` stay as they were, also where the days are others since."""
    found: list[Release] = []
    quarter = quarter_of(first_recorded - timedelta(days=days + 100))
    while (recorded := last_day(quarter) + timedelta(days=days)) < today:
        if recorded >= first_recorded:
            found.append(Release(quarter, recorded))
        quarter = following(quarter)
    if not told:
        return found
    last = told[-1]
    return [
        *told,
        *(
            one
            for one in found
            if one.through > last.through and one.recorded_through > last.recorded_through
        ),
    ]


def public_quarter(flow: Flow, releases: Sequence[Release]) -> Quarter | None:
    """The quarter in which the public figures count a flow: its own, unless that was published
    before it became known; then the first one after. None while that is not published."""
    quarter = quarter_of(flow.day)
    for release in releases:
        if flow.recorded_on <= release.recorded_through:
            return quarter if quarter <= release.through else _later(quarter, releases)
        quarter = max(quarter, following(release.through))
    return None


def _later(quarter: Quarter, releases: Sequence[Release]) -> Quarter | None:
    return quarter if quarter <= releases[-1].through else None


def publish(flows: Iterable[Flow], releases: Sequence[Release], rules: Rules) -> Public:
    """All cells of the releases."""
    groups, withheld = grouped(atoms(flows, releases), releases, rules)
    cells = [Cell(quarter, link, total(members)) for (quarter, link), members in groups.items()]
    return Public(sorted(cells), sorted(withheld))


def atoms(flows: Iterable[Flow], releases: Sequence[Release]) -> Atoms:
    """The finest sums, by quarter and link and member, of what is published at all."""
    found: Atoms = defaultdict(lambda: defaultdict(int))
    for flow in flows:
        if {flow.link.source.place, flow.link.target.place} & UNPUBLISHED:
            continue
        quarter = public_quarter(flow, releases)
        if quarter is not None:
            found[quarter, flow.link][flow.member_id] += flow.kg
    return {atom: dict(members) for atom, members in found.items() if any(members.values())}


def grouped(
    found: Atoms, releases: Sequence[Release], rules: Rules
) -> tuple[Atoms, Sequence[Withheld]]:
    """Disjoint groups of atoms that are safe, and what is left over."""
    kinds: dict[Atom, dict[str, Members]] = defaultdict(dict)
    for (quarter, link), members in found.items():
        kinds[quarter, kind_of(link)][region_at(link)] = members
    published: Atoms = {}
    left: dict[Atom, Members] = {}
    for quarter, kind in kinds:
        together = with_other(kind, (other for when, other in kinds if when == quarter))
        if kind != together[0]:
            continue  # it was shown, or not, with the other side of its conversion
        by_region = _sides([kinds[quarter, one] for one in together])
        groups, alone = _regions(together, by_region, rules(quarter))
        hidden = not sides_safe(together, alone, rules(quarter))
        for number, one in enumerate(together):
            for region, sides in groups.items():
                if sides[number]:
                    published[quarter, at(one, region)] = sides[number]
            if alone[number] and hidden:
                left[quarter, one] = alone[number]
            elif alone[number]:
                published[quarter, at(one, SEVERAL)] = alone[number]
    picture = Shown(published, left)
    hold_quarters(picture, rules)
    return _years(picture, releases, rules)


def _sides(kinds: Sequence[dict[str, Members]]) -> dict[str, Sides]:
    """By region what is shown together of some kinds."""
    regions = sorted({region for by_region in kinds for region in by_region})
    return {region: tuple(by_region.get(region, {}) for by_region in kinds) for region in regions}


def _regions(
    kinds: Sequence[Link], by_region: dict[str, Sides], rule: Rule
) -> tuple[dict[str, Sides], Sides]:
    """The regions shown by themselves, and all others taken together: those that fail the rule,
    and the smallest that pass until the whole does."""
    shown = {one: sides for one, sides in by_region.items() if sides_safe(kinds, sides, rule)}
    pooled: Sides = tuple({} for _ in kinds)
    for region, sides in by_region.items():
        if region not in shown:
            pooled = added(pooled, sides)
    by_size = sorted(shown, key=lambda region: (sum(map(size, shown[region])), region))
    while any(pooled) and not sides_safe(kinds, pooled, rule) and by_size:
        pooled = added(pooled, shown.pop(by_size.pop(0)))
    return shown, pooled


def _years(
    shown: Shown, releases: Sequence[Release], rules: Rules
) -> tuple[Atoms, Sequence[Withheld]]:
    """What was left over in the quarters of a complete year, taken together."""
    withheld: list[Withheld] = []
    years: dict[Atom, Members] = {}
    for (quarter, kind), members in shown.left.items():
        withheld.append(Withheld(quarter, kind))
        if complete(quarter.year, releases):
            key = (Quarter(quarter.year, 0), kind)
            years[key] = merged(years.get(key, {}), members)
    fit = {atom: years[atom] for atom in years if _year_fits(atom, years, shown, rules)}
    kept = hold_years(fit, shown, rules)
    withheld += [Withheld(*atom) for atom in years if atom not in kept]
    of_years = {(year, at(kind, SEVERAL)): members for (year, kind), members in kept.items()}
    return {**shown.published, **of_years}, withheld


def _year_fits(atom: Atom, years: dict[Atom, Members], shown: Shown, rules: Rules) -> bool:
    """Whether a year's figure is safe, with that of the other side of its conversion."""
    year, kind = atom
    kinds = with_other(kind, (other for when, other in years if when == year))
    quarters = [
        tuple(shown.left.get((Quarter(year.year, number), one), {}) for one in kinds)
        for number in range(1, 5)
    ]
    return year_safe(kinds, quarters, rules(year))


def complete(year: int, releases: Sequence[Release]) -> bool:
    """Whether all quarters of a year are published."""
    return bool(releases) and Quarter(year, 4) <= releases[-1].through


# --- queries ---


class Answer(NamedTuple):
    """What a query finds. `withheld` are kinds of links of which something is not shown in it."""

    picture: Picture
    withheld: Sequence[Link]


def answer(public: Public, query: Query, releases: Sequence[Release]) -> Answer:
    """The published cells of a query, summed by link; Refused `flow-off-grid` where the period is
    not published. A query for a region leaves out what is shown for several together."""
    last = releases[-1].through if releases else None
    wanted = query.period
    if last is None or (wanted if wanted.number else Quarter(wanted.year, 4)) > last:
        raise _off_grid(wanted.name, last)
    sums: dict[Link, int] = defaultdict(int)
    for cell in public.cells:
        if asks(query, cell.quarter, cell.link) and query.region in (None, region_at(cell.link)):
            sums[cell.link] += cell.kg
    missing = {
        held.link
        for held in public.withheld
        if held.quarter == wanted and query.stage in (None, *stages_at(held.link))
    }
    return Answer(picture_of(sums), sorted(missing))


def asks(query: Query, quarter: Quarter, link: Link) -> bool:
    """Whether a cell of a quarter lies in the period and the stage of a query."""
    period = query.period
    within = quarter == period or (not period.number and quarter.year == period.year)
    return within and query.stage in (None, *stages_at(link))


def queries(regions: Iterable[str], releases: Sequence[Release], first: int) -> Sequence[Query]:
    """Every query that may be asked, from a first year on."""
    last = releases[-1].through
    quarters = [Quarter(year, n) for year in range(first, last.year + 1) for n in range(1, 5)]
    periods = [quarter for quarter in quarters if quarter <= last]
    periods += [
        Quarter(year, 0) for year in range(first, last.year + 1) if complete(year, releases)
    ]
    stages = (None, *Stage)
    wanted = (None, *sorted({*regions, SEVERAL}))
    return [Query(one, stage, region) for one in periods for stage in stages for region in wanted]


def _off_grid(period: str, last: Quarter | None = None) -> Refused:
    through = f", through {last.name}" if last else "; nothing is published yet"
    return Refused(
        "flow-off-grid",
        f"The public flow has no figures of {period}. Ask for a quarter such as 2026-Q1 or for a"
        f" complete year such as 2025{through}.",
        period=period,
        through=last.name if last else None,
    )
