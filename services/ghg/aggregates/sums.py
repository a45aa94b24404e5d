"""Figures of many facilities together, and what keeps a single one from being read off. Pure.

Only verified figures count, whether or not they were disclosed; so a figure about few entities is
not shown. Here is what one table alone is held to (figures of the policy); what everything told of
a year is held to together is in `guard` and `public`:

- a cell about fewer entities than the minimum, or of which one entity has nearly all, is left out;
- what a table leaves out is guarded against each of its totals: the cells left out under a total
  are about enough entities together, or more of them are left out;
- a filter is a row of a table, so that what it leaves out is guarded as well.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from contracts.inventory import Scope, Step
from infra.policy import Policy
from services.ghg.calculation.working import PERCENT
from services.ghg.plans.figures import KG_PER_T, LIQUID, ZERO, Sums

ELSEWHERE = "other"
EMISSION, OUTPUT, METAL = "emission_t", "output_t", "metal_t"
SMELTING_SCOPES = frozenset({Scope.DIRECT, Scope.POWER_MARKET})


class Entry(NamedTuple):
    """A facility's year with verified figures."""

    facility_id: str
    entity_id: str
    member_id: str
    country: str
    region: str
    year: int
    certified: bool
    sums: Sums

    @property
    def output_t(self) -> Decimal:
        """Tonnes of primary metal from its own cells; 0 where it has none."""
        return self.sums.primary.tonnes if self.sums.primary else ZERO

    @property
    def metal_t(self) -> Decimal:
        """What that metal gave off from mine to metal, power as it was bought, in t CO2e."""
        return self.sums.primary.emission_t if self.sums.primary else ZERO

    @property
    def emission_t(self) -> Decimal:
        """All of every step, power as it was bought, in t CO2e."""
        kg = (kg for (_, scope), kg in self.sums.kg.items() if scope is not Scope.POWER_LOCATION)
        return sum(kg, ZERO) / KG_PER_T

    @property
    def smelting_t(self) -> Decimal:
        """Direct and power of electrolysis alone, for the metal told: what sector curves of
        smelting are about. Of what was tapped, some may have been sold liquid."""
        kg = (
            kg
            for (step, scope), kg in self.sums.kg.items()
            if scope in SMELTING_SCOPES and step is Step.ELECTROLYSIS
        )
        tapped = self.sums.outputs.get(LIQUID, ZERO) or self.output_t
        return sum(kg, ZERO) * self.output_t / tapped / KG_PER_T if tapped else ZERO


class Part(NamedTuple):
    """What an entry adds to a cell: tonnes of CO2e by scope and in all, of primary metal, and of
    CO2e that this metal carries."""

    entity_id: str
    facility_id: str
    by_scope: Mapping[Scope, Decimal]
    emission_t: Decimal
    output_t: Decimal
    metal_t: Decimal = ZERO


class Cell(NamedTuple):
    """A row of a table. Where `suppressed`, nothing else is told but its key. Emissions are those
    of every step, power as it was bought. The intensity (t CO2e/t) is mine to metal; None where
    nothing is cast or only a step is looked at. `withheld` are the numbers that would tell of few:
    they are None. `edition` is the day of the edition that tells it; None where it is told as it is
    now. `biogenic_t` is the CO2 of biomass beside the scopes, in none of their sums: told to whose
    facilities they are alone (few burn any), and of all steps together."""

    key: Mapping[str, str]
    suppressed: bool
    entities: int | None = None
    facilities: int | None = None
    by_scope_t: Mapping[str, Decimal | None] | None = None
    emission_t: Decimal | None = None
    output_t: Decimal | None = None
    intensity: Decimal | None = None
    withheld: tuple[str, ...] = ()
    edition: date | None = None
    biogenic_t: Decimal | None = None


Key = tuple[str, ...]
DIMENSIONS: Mapping[str, Callable[[Entry], str]] = {
    "region": lambda entry: entry.region,
    "country": lambda entry: entry.country,
    "certified": lambda entry: "yes" if entry.certified else "no",
}
"""What a table may be by, beside `step`."""
OWN: Mapping[str, Callable[[Entry], str]] = {
    **DIMENSIONS,
    "member": lambda entry: entry.member_id,
    "entity": lambda entry: entry.entity_id,
    "facility": lambda entry: entry.facility_id,
}
"""What a member's table of its own facilities may be by."""


def regions_of(policy: Policy) -> Mapping[str, str]:
    """The region of each country that the policy names; others are `other`."""
    prefix = "aggregate.region."
    return {
        country: name.removeprefix(prefix)
        for name in policy.figures
        if name.startswith(prefix)
        for country in policy.words(name)
    }


def own_table(
    entries: Sequence[Entry],
    by: Sequence[str],
    biogenic_t: Callable[[Entry], Decimal] | None = None,
) -> tuple[Cell, ...]:
    """A member's table of its own facilities: nothing is hidden from whose it is. `biogenic_t` is
    the memo of a facility, in t of CO2."""
    names = list(dict.fromkeys(by))
    cells = cells_of(entries, names, OWN)
    told = [(key, told_cell(names, key, parts)) for key, parts in sorted(cells.items())]
    if biogenic_t is None or "step" in names:
        return tuple(cell for _, cell in told)
    memo: dict[Key, Decimal] = {}
    for entry in entries:
        at = tuple(OWN[name](entry) for name in names)
        memo[at] = memo.get(at, ZERO) + biogenic_t(entry)
    return tuple(cell._replace(biogenic_t=memo[key]) for key, cell in told)


def part_of(entry: Entry) -> Part:
    """An entry as the curve looks at it: its metal."""
    return Part(entry.entity_id, entry.facility_id, {}, entry.metal_t, entry.output_t)


# --- what is hidden ---


def suppressed(cells: Mapping[Key, Sequence[Part]], policy: Policy) -> frozenset[Key]:
    """The cells that may not be shown: those about too few, and as many others as it takes that
    no total gives them away."""
    hidden = {key for key, parts in cells.items() if not enough(parts, policy)}
    width = len(next(iter(cells), ()))
    totals = [kept for size in range(width) for kept in combinations(range(width), size)]
    moved = True
    while moved:
        moved = False
        for kept in totals:
            for group in _groups(cells, kept):
                more = _needed(group, hidden, cells, policy)
                hidden |= more
                moved = moved or bool(more)
    return frozenset(hidden)


def enough(parts: Iterable[Part], policy: Policy) -> bool:
    """Whether a sum of these may be told: of enough entities, none with nearly all of it."""
    emitted: dict[str, Decimal] = {}
    made: dict[str, Decimal] = {}
    for part in parts:
        emitted[part.entity_id] = emitted.get(part.entity_id, ZERO) + part.emission_t
        made[part.entity_id] = made.get(part.entity_id, ZERO) + part.output_t
    if len(emitted) < policy.integer("aggregate.entities_min"):
        return False
    most = policy.decimal("aggregate.dominance_percent")
    return all(
        max(amounts.values()) * PERCENT <= most * total
        for amounts in (emitted, made)
        if (total := sum(amounts.values(), ZERO)) > 0
    )


def _groups(cells: Iterable[Key], kept: Sequence[int]) -> Iterable[list[Key]]:
    """The cells under each total that keeps these places of the key."""
    found: dict[Key, list[Key]] = {}
    for key in cells:
        found.setdefault(tuple(key[place] for place in kept), []).append(key)
    return found.values()


def _needed(
    group: Sequence[Key], hidden: set[Key], cells: Mapping[Key, Sequence[Part]], policy: Policy
) -> set[Key]:
    """The smallest cells that have to go as well, so that what is left out under a total may be
    told: it is the total less what is shown."""
    out = [key for key in group if key in hidden]
    shown = sorted(
        (key for key in group if key not in hidden), key=lambda key: (_size(cells[key]), key)
    )
    more: set[Key] = set()
    parts = [part for key in out for part in cells[key]]
    while parts and shown and not enough(parts, policy):
        smallest = shown.pop(0)
        more.add(smallest)
        parts += cells[smallest]
    return more


def _size(parts: Iterable[Part]) -> Decimal:
    return sum((part.emission_t for part in parts), ZERO)


# --- cells ---


def cells_of(
    entries: Iterable[Entry], names: Sequence[str], known: Mapping[str, Callable[[Entry], str]]
) -> dict[Key, list[Part]]:
    """The cells of a table by their keys; an entry is in one of each of its steps."""
    cells: dict[Key, list[Part]] = {}
    for entry in entries:
        for step in _steps(entry) if "step" in names else (None,):
            key = tuple(str(step) if name == "step" else known[name](entry) for name in names)
            cells.setdefault(key, []).append(_part(entry, step))
    return cells


def _steps(entry: Entry) -> list[Step]:
    return sorted({step for step, _ in entry.sums.kg})


def _part(entry: Entry, step: Step | None) -> Part:
    by_scope: dict[Scope, Decimal] = {}
    for (one, scope), kg in entry.sums.kg.items():
        if step is None or one is step:
            by_scope[scope] = by_scope.get(scope, ZERO) + kg / KG_PER_T
    if step is None:
        emission, output, metal = entry.emission_t, entry.output_t, entry.metal_t
    else:
        counted = (t for scope, t in by_scope.items() if scope is not Scope.POWER_LOCATION)
        emission, output, metal = sum(counted, ZERO), ZERO, ZERO
    return Part(entry.entity_id, entry.facility_id, by_scope, emission, output, metal)


def told_cell(
    names: Sequence[str], key: Key, parts: Sequence[Part], may: frozenset[str] | None = None
) -> Cell:
    """A cell with the numbers that may be told, or all of them."""
    by_scope: dict[str, Decimal] = {}
    for part in parts:
        for scope, tonnes in part.by_scope.items():
            by_scope[scope.value] = by_scope.get(scope.value, ZERO) + tonnes
    output = sum((part.output_t for part in parts), ZERO)
    made = sum((part.metal_t for part in parts), ZERO)

    def told(name: str) -> bool:
        return may is None or name in may

    shown = {name: tonnes if told(name) else None for name, tonnes in sorted(by_scope.items())}
    intensity = made / output if output > 0 else None
    withheld = [name for name, tonnes in shown.items() if tonnes is None]
    withheld += [] if told(OUTPUT) else [OUTPUT]
    withheld += [] if told(METAL) or intensity is None else ["intensity"]
    return Cell(
        key=dict(zip(names, key, strict=True)),
        suppressed=False,
        entities=len({part.entity_id for part in parts}),
        facilities=len({part.facility_id for part in parts}),
        by_scope_t=shown,
        emission_t=sum((part.emission_t for part in parts), ZERO),
        output_t=output if told(OUTPUT) else None,
        intensity=intensity if told(METAL) else None,
        withheld=tuple(withheld),
    )
