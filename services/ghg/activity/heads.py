"""What step, item, unit and kind of a row mean together: found once for all rows that say the same.

Pure.
"""

from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import DataKind, Step

from .cells import SHARES, item_of, kind_of, stands, step_of
from .items import Family, Item
from .meaning import SOLD
from .units import Units

MAX_KEPT = 20_000
_LOOKED_AT = frozenset({Family.SCRAP, Family.PARAMETER, Family.STOCK})


class Head(NamedTuple):
    """What these four cells mean; `factor` turns the unit into the item's own, `note` says by
    which default."""

    step: Step
    item: Item
    slug: str
    factor: Decimal
    note: str
    kind: DataKind

    @property
    def looked_at(self) -> bool:
        """Whether the rest of the row has to agree with it: each such datum is looked at."""
        item = self.item
        return item.family in _LOOKED_AT or item.unit in SHARES or item.slug == SOLD


class Heads:
    """Heads of a run."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._kept: dict[tuple[str, ...], Head] = {}

    def of(self, texts: tuple[str, ...]) -> Head:
        """The head of the cells step, item, unit, kind; refused as their readers and `Units.of`
        say, and `item-at-wrong-step`."""
        found = self._kept.get(texts)
        if found is None:
            if len(self._kept) > MAX_KEPT:
                self._kept.clear()
            found = self._kept[texts] = self._read(*texts)
        return found

    def _read(self, step: str, item: str, unit: str, kind: str) -> Head:
        where, what = step_of(step), item_of(item)
        stands(what, where)
        conversion = self._units.of(unit, what)
        return Head(where, what, what.slug, conversion.factor, conversion.note, kind_of(kind))


def with_note(source: object, note: str) -> str:
    """A source that tells too by which default its quantity became the item's unit."""
    return f"{source}; {note}".removeprefix("; ")
