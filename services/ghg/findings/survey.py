"""One pass over data and lines: what several rules need, looked up once. Pure.

Findings are made thousands of times in a bulk import, mostly of inventories with nothing wrong: a
rule must not walk through all lines for itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import DataKind, Scope
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.calculation.lines import Applied, Line, Result
from services.ghg.calculation.working import Doubt

ZERO = Decimal(0)
STAND_INS = frozenset({DataKind.INDUSTRY_AVERAGE, DataKind.DEFAULT})
NOTHING: Sequence[Datum] = ()


class Raised(NamedTuple):
    """A doubt and the data that it rests on."""

    data: tuple[str, ...]
    doubt: Doubt


class Survey(NamedTuple):
    """`total_kg` takes the market side of Scope 2. `stand_ins` are lines of purchased goods that
    rest on a default or an industry average; `moved` are the ids of the data behind transport that
    gave something off; `dated` the data that cover part of the year; `grids` the factors that the
    location side took, by set and name."""

    by_item: Mapping[str, Sequence[Datum]]
    dated: Sequence[Datum]
    total_kg: Decimal
    by_scope: Mapping[Scope, Decimal]
    stand_ins: Sequence[Line]
    moved: frozenset[str]
    factor_sets: frozenset[str]
    grids: frozenset[tuple[str, str]]
    doubts: Mapping[str, Sequence[Raised]]

    def data(self, *items: str) -> Iterator[Datum]:
        """The data of some items, in their order."""
        for item in items:
            yield from self.by_item.get(item, NOTHING)

    def family(self, family: str) -> Iterator[Datum]:
        """The data of a family of items."""
        start = f"{family}."
        for item, data in self.by_item.items():
            if item.startswith(start):
                yield from data

    def raised(self, *about: str) -> Sequence[Raised]:
        """The doubts of some kinds."""
        if not self.doubts:
            return ()
        return [one for kind in about for one in self.doubts.get(kind, ())]


def survey(inventory: Inventory, result: Result) -> Survey:
    """Look once."""
    by_item, dated = sorted_data(inventory)
    kgs: dict[Scope, list[Decimal]] = {scope: [] for scope in Scope}
    stand_ins: list[Line] = []
    moved: list[str] = []
    factors: dict[int, Applied] = {}
    on_location: dict[int, Applied] = {}
    doubts: dict[str, list[Raised]] = {}
    location, purchased, transport = Scope.POWER_LOCATION, Scope.PURCHASED, Scope.TRANSPORT
    for line in result.lines:
        scope = line.scope
        factors[id(line.factor)] = line.factor
        kgs[scope].append(line.kg)
        if line.doubts:
            for doubt in line.doubts:
                doubts.setdefault(doubt.about, []).append(Raised(line.data, doubt))
        if scope is location:
            on_location[id(line.factor)] = line.factor
        elif scope is purchased:
            if line.kind in STAND_INS or not line.factor.primary:
                stand_ins.append(line)
        elif scope is transport and line.kg > 0:
            moved += line.data
    for doubt in result.doubts:
        doubts.setdefault(doubt.about, []).append(Raised((), doubt))
    by_scope = {scope: sum(they, ZERO) for scope, they in kgs.items()}
    total = sum(by_scope.values(), ZERO) - by_scope[location]
    return Survey(
        by_item=by_item,
        dated=dated,
        total_kg=total,
        by_scope=by_scope,
        stand_ins=stand_ins,
        moved=frozenset(moved),
        factor_sets=frozenset({one.factor_set for one in factors.values()}),
        grids=frozenset({(one.factor_set, one.name) for one in on_location.values()}),
        doubts=doubts,
    )


def sorted_data(inventory: Inventory) -> tuple[Mapping[str, Sequence[Datum]], Sequence[Datum]]:
    """The data by item, and those that cover part of the year alone."""
    by_item: dict[str, list[Datum]] = {}
    for datum in inventory.data:
        item = datum.item
        if item in by_item:
            by_item[item].append(datum)
        else:
            by_item[item] = [datum]
    dated = [one for one in inventory.data if one.from_on is not None or one.to_on is not None]
    return by_item, dated
