"""What everybody may see of a year, decided as one: tables and the curve guard each other. Pure.

Numbers are told one after the other, each only if it gives nobody away beside those before it
(`guard`): regions first, then finer tables, in each the largest cell first, then the steps of the
curve, which are pooled until they fit. So what is told does not depend on what is asked first, and
a number that is not told follows from nothing else. A member is shown nothing that others are not,
and of that what leaves enough others once its own is taken away.

What is told of one edition is told beside all that those before it told (`editions`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from contracts.inventory import Scope
from infra.policy import Policy
from services.ghg.plans.figures import ZERO

from .forms import Facilities, Forms, Wanted
from .guard import Figures, Guard, numbers_by_facility
from .measures import SCOPES, SMELTING
from .sums import (
    DIMENSIONS,
    EMISSION,
    METAL,
    OUTPUT,
    Cell,
    Entry,
    Key,
    Part,
    cells_of,
    enough,
    part_of,
    suppressed,
    told_cell,
)

Names = tuple[str, ...]
TABLES: tuple[Names, ...] = (
    ("region",),
    ("certified",),
    ("step",),
    ("region", "country"),
    ("region", "certified"),
    ("region", "step"),
    ("certified", "step"),
    ("region", "country", "certified"),
    ("region", "country", "step"),
    ("region", "certified", "step"),
    ("region", "country", "certified", "step"),
)
"""Every table that there is, in the order in which they are told."""
ORDER = (*DIMENSIONS, "step")
ADDED = tuple(scope for scope in SCOPES if scope != Scope.POWER_LOCATION)
"""Scopes that add up to emissions."""


class Place(NamedTuple):
    """A cell of a table, and its facilities; `step` is "" where the table is not by step."""

    names: Names
    key: Key
    step: str
    facilities: Facilities


class Pool(NamedTuple):
    """Neighbours on the curve that are told as one step, and whether its certified part is."""

    entries: tuple[Entry, ...]
    certified: bool


class Candidates(NamedTuple):
    """What may be told of some facilities if it gives nobody away, whoever asks: cells in turn,
    the least steps of a curve, and all numbers of both."""

    places: tuple[Place, ...]
    pools: tuple[tuple[Entry, ...], ...]
    wanted: tuple[Wanted, ...]


class Public(NamedTuple):
    """What may be told: names of numbers of each cell, the steps of the curve; and the guard that
    knows it, for what one asker is told beside it; of all that there was to decide on."""

    cells: Mapping[tuple[Names, Key], frozenset[str]]
    pools: tuple[Pool, ...]
    guard: Guard
    candidates: Candidates | None = None

    def of(self, names: Names, key: Key) -> frozenset[str]:
        """The numbers that may be told of a cell."""
        return self.cells.get((names, key), frozenset())


class Verdict(NamedTuple):
    """Whether a set of facilities may be told of, and its certified part."""

    shown: bool
    certified: bool


class Before(NamedTuple):
    """What there is to tell of with all that there was to tell of in earlier editions, what these
    told, and of how many facilities their curve was."""

    figures: Figures
    guard: Guard | None = None
    on_curve: int = 0


def public(
    entries: Sequence[Entry],
    policy: Policy,
    *,
    known: Collection[str] = (),
    within: Public | None = None,
    before: Before | None = None,
) -> Public:
    """What may be told of a year to anybody; or to who knows the figures of some facilities, its
    own, `within` what is told to anybody; `before` of an edition that is not the first."""
    if before is None:
        forms = Forms(entries, numbers_by_facility(entries))
        before = Before(Figures(forms, frozenset(known)))
    wanted = (within and within.candidates) or candidates_of(entries, policy)
    guard = (
        Guard(before.figures, wanted.wanted, policy)
        if before.guard is None
        else before.guard.beside(wanted.wanted, before.figures, policy)
    )
    return _told(guard, wanted, within, before.on_curve)


def candidates_of(entries: Sequence[Entry], policy: Policy) -> Candidates:
    """What may be told of these, each number by itself."""
    places = [place for names in TABLES for place in _places(entries, names, policy)]
    pools = _pools(entries, policy)
    wanted = (*_wanted(places), *_wanted_of(pools))
    return Candidates(tuple(places), tuple(map(tuple, pools)), wanted)


def verdicts(
    told: Public, sets: Sequence[Facilities], entries: Sequence[Entry]
) -> dict[Facilities, Verdict]:
    """Whether each set may be told of beside all that is told already, in the order in which they
    were defined: what is told of one first stays told, and a later one is not where few could be
    found by both."""
    return sets_told(told, sets, entries)[0]


def sets_told(
    told: Public, sets: Sequence[Facilities], entries: Sequence[Entry]
) -> tuple[dict[Facilities, Verdict], Guard]:
    """Whether each set may be told of (`verdicts`), and all that is told then."""
    guard = told.guard.beside(_wanted_sets(sets, entries))
    found: dict[Facilities, Verdict] = {}
    for facilities in dict.fromkeys(sets):
        before = guard.copy()
        made = _made(entries, facilities)
        shown = bool(made) and all(
            guard.tell(("", measure), made) for measure in (OUTPUT, METAL, SMELTING)
        )
        if not shown:
            guard = before
        certified = shown and guard.tell(("", OUTPUT), _certified(entries, made))
        found[facilities] = Verdict(shown, certified)
    return found, guard


def on_curve(told: Public) -> int:
    """Of how many facilities the curve is."""
    return sum(len(pool.entries) for pool in told.pools)


def table(entries: Sequence[Entry], by: Sequence[str], told: Public) -> tuple[Cell, ...]:
    """A table of one year by `region`, `country`, `step`, `certified`. A country stands within its
    region."""
    names = list(dict.fromkeys(by))
    if "country" in names and "region" not in names:
        names.insert(0, "region")
    ordered = tuple(name for name in ORDER if name in names)
    cells = []
    for key, parts in sorted(cells_of(entries, names, DIMENSIONS).items()):
        may = told.of(ordered, tuple(key[names.index(name)] for name in ordered))
        hidden = Cell(dict(zip(names, key, strict=True)), True)
        cells.append(told_cell(names, key, parts, may) if may else hidden)
    return tuple(cells)


# --- in turn ---


def _told(
    guard: Guard, candidates: Candidates, within: Public | None, least_on_curve: int
) -> Public:
    cells: dict[tuple[Names, Key], frozenset[str]] = {}

    for place in candidates.places:
        may = within.of(place.names, place.key) if within else None
        cells[place.names, place.key] = _cell(guard, place, may)
    pools = [pool.entries for pool in within.pools] if within else candidates.pools
    with_curve, steps = _steps(guard, pools)
    if sum(map(len, steps)) < least_on_curve:
        return Public(cells, (), guard, candidates)  # the curve of before is of more, and stays
    guard = with_curve
    parts = []
    for step in steps:
        may_certified = within is None or _was_certified(step, within)
        parts.append(Pool(tuple(step), may_certified and _certified_told(guard, step)))
    return Public(cells, tuple(parts), guard, candidates)


def _cell(guard: Guard, place: Place, may: frozenset[str] | None) -> frozenset[str]:
    """The numbers of a cell that are told: of those that may be, or of all. None, where its
    emissions are not."""
    step, facilities = place.step, place.facilities

    def tell(name: str) -> bool:
        return (may is None or name in may) and guard.tell((step, name), facilities)

    if not tell(EMISSION):
        return frozenset()
    told = {EMISSION}
    if step:
        told.add(OUTPUT)  # none: of a step no output is looked at
    elif tell(OUTPUT):
        told.add(OUTPUT)
        if guard.leaves_enough((step, EMISSION), [(step, METAL)], facilities) and tell(METAL):
            told.add(METAL)
    told |= {scope for scope in _scopes(guard, place, may) if tell(scope)}
    location, market = Scope.POWER_LOCATION.value, (step, Scope.POWER_MARKET.value)
    if guard.leaves_enough((step, location), [market], facilities) and tell(location):
        told.add(location)
    return frozenset(told)


def _scopes(guard: Guard, place: Place, may: frozenset[str] | None) -> list[str]:
    """The scopes that may be told together: what they leave of all emissions is of enough."""
    shown = [scope for scope in ADDED if may is None or scope in may]
    shown = [one for one in shown if guard.leaves_enough((place.step, one), (), place.facilities)]
    shown.sort(key=lambda one: guard.total((place.step, one), place.facilities))
    whole = (place.step, EMISSION)
    while shown and not guard.leaves_enough(
        whole, [(place.step, one) for one in shown], place.facilities
    ):
        shown.pop(0)
    return shown


def _steps(guard: Guard, pools: Sequence[Sequence[Entry]]) -> tuple[Guard, list[list[Entry]]]:
    """Steps of the curve that may be told: one that may not joins the next. Of what is left over
    at the end, where one dwarfs its neighbours, nothing is told."""
    steps: list[list[Entry]] = []
    pool: list[Entry] = []
    for more in pools:
        pool = [*pool, *more]
        trial = guard.copy()
        of = frozenset(one.facility_id for one in pool)
        if all(trial.tell(("", measure), of) for measure in (OUTPUT, METAL)):
            guard = trial
            steps.append(pool)
            pool = []
    return guard, steps


def _certified_told(guard: Guard, step: Sequence[Entry]) -> bool:
    """Whether the certified part of a step is told: it and the rest are each none, or enough."""
    made = frozenset(one.facility_id for one in step)
    certified = _certified(step, made)
    trial = guard.copy()
    if not all(trial.tell(("", measure), certified) for measure in (OUTPUT, METAL)):
        return False
    return all(guard.tell(("", measure), certified) for measure in (OUTPUT, METAL))


def _was_certified(step: Sequence[Entry], within: Public) -> bool:
    ids = {one.facility_id for one in step}
    pools = [pool for pool in within.pools if pool.entries[0].facility_id in ids]
    return all(pool.certified for pool in pools)


# --- what is asked ---


def _places(entries: Sequence[Entry], names: Names, policy: Policy) -> list[Place]:
    """The cells of a table that may be told for what the table itself would give away, the largest
    first."""
    cells = cells_of(entries, names, DIMENSIONS)
    hidden = suppressed(cells, policy)
    shown = sorted(
        (key for key in cells if key not in hidden), key=lambda key: (-_emitted(cells[key]), key)
    )
    return [
        Place(
            names,
            key,
            key[names.index("step")] if "step" in names else "",
            frozenset(part.facility_id for part in cells[key]),
        )
        for key in shown
    ]


def _emitted(parts: Iterable[Part]) -> float:
    return float(sum((part.emission_t for part in parts), ZERO))


def _pools(entries: Iterable[Entry], policy: Policy) -> list[list[Entry]]:
    """Neighbours by their intensity, the lowest first, as few together as are enough."""
    making = [one for one in entries if one.output_t > 0]
    making.sort(key=lambda one: (one.metal_t / one.output_t, one.facility_id))
    pools: list[list[Entry]] = []
    pool: list[Entry] = []
    for entry in making:
        pool.append(entry)
        if enough(map(part_of, pool), policy):
            pools.append(pool)
            pool = []
    if pool and pools:
        pools[-1] = pools[-1] + pool  # what is left over joins its neighbours
    return pools


def _wanted(places: Iterable[Place]) -> Iterable[Wanted]:
    for place in places:
        for name in (EMISSION, *SCOPES) if place.step else (EMISSION, OUTPUT, METAL, *SCOPES):
            yield (place.step, name), place.facilities


def _wanted_of(pools: Iterable[Sequence[Entry]]) -> Iterable[Wanted]:
    for pool in pools:
        made = frozenset(one.facility_id for one in pool)
        for of in (made, _certified(pool, made)):
            yield ("", OUTPUT), of
            yield ("", METAL), of


def _wanted_sets(sets: Iterable[Facilities], entries: Sequence[Entry]) -> Iterable[Wanted]:
    for facilities in sets:
        made = _made(entries, facilities)
        for measure in (OUTPUT, METAL, SMELTING):
            yield ("", measure), made
        yield ("", OUTPUT), _certified(entries, made)


def _made(entries: Iterable[Entry], facilities: Facilities) -> Facilities:
    """Those of a set that make metal."""
    return frozenset(
        one.facility_id for one in entries if one.output_t > 0 and one.facility_id in facilities
    )


def _certified(entries: Iterable[Entry], facilities: Facilities) -> Facilities:
    return frozenset(
        one.facility_id for one in entries if one.certified and one.facility_id in facilities
    )
