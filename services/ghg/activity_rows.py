"""Rows of an activity file: mapped cells become data, or say what is wrong. Pure.

The unit that is taken or refused is a facility-year, whole: a year without one of its rows would be
a wrong number that looks right. Nothing is guessed; what cannot be read names its column and what
would be right. A row that can be read costs a few dictionary looks and one multiplication; only
when one cannot is it gone through field by field.
Rules: sources.md 4.1, 4.10; R-16 (calendar year).
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from contracts.inventory import DataKind, Step
from infra.errors import Refused
from infra.importing.kinds import Fault
from infra.importing.mapping import Binding
from infra.policy import Policy

from .activity import Datum, Inventory
from .activity_cells import (
    FIRST_YEAR,
    LAST_YEAR,
    ONE,
    READERS,
    SCRAP_RIGHT,
    SHOWN,
    content,
    item_of,
    kind_of,
    number,
    period,
    stands,
    step_of,
)
from .activity_words import FIELDS, NEEDED, SITE_FIELDS
from .items import Family, Item
from .plausible import bounds
from .sites import SiteReader
from .units import Units

MAX_KEPT = 20_000
DEFAULT_CALORIFIC = "default-calorific-value"

_DEFAULTS: tuple[object, ...] = tuple(Datum._field_defaults.get(name) for name in Datum._fields)
_PLACE = {name: at for at, name in enumerate(Datum._fields)}
_STEP, _ITEM, _QUANTITY, _KIND = (_PLACE[name] for name in ("step", "item", "quantity", "kind"))


class Head(NamedTuple):
    """What step, item, unit and kind of a row mean together."""

    step: Step
    item: Item
    factor: Decimal
    note: str
    kind: DataKind


class Assembled(NamedTuple):
    """A facility-year: its inventory, or the faults of its rows (as many as rows, empty where a row
    is right in itself). `notes` are slugs of what was read between the lines, one for each row."""

    facility_id: str
    year: int
    inventory: Inventory | None
    faults: Sequence[tuple[Fault, ...]]
    notes: tuple[str, ...] = ()


class Rows:
    """Reads the rows of a file. `prefix` is put before the facility's own ids (the member's id and
    a dot)."""

    def __init__(
        self, binding: Binding, units: Units, sites: SiteReader, policy: Policy, prefix: str = ""
    ) -> None:
        self._units = units
        self._most = bounds(policy)
        self._prefix = prefix
        self._sites = sites
        at: dict[str, int] = {}
        tail: list[str] = [""]
        for field in FIELDS:
            bound = binding.fields.get(field.name)
            if bound is None:
                at[field.name] = -1
            elif bound.at is not None:
                at[field.name] = bound.at
            else:
                tail.insert(0, bound.value or "")
                at[field.name] = -len(tail)
        self._tail = tail
        self._at = at
        self._quantity, self._factor_unit = at["quantity"], at["factor_unit"]
        self._head_of = itemgetter(*(at[name] for name in ("step", "item", "unit", "kind")))
        self._site_of = itemgetter(*(at[name] for name in SITE_FIELDS))
        self._heads: dict[tuple[str, ...], Head] = {}
        self._who = itemgetter(at["facility_id"], at["year"])
        self._same: dict[tuple[str, ...], int] = {}
        self._defaults = 0
        self._optional = tuple(
            (at[name], _PLACE[name], reader, name)
            for name, reader in READERS.items()
            if name in binding.fields
        )

    # --- which facility-year ---

    def key(self, cells: Sequence[str]) -> str:
        """The facility-year of a row, as text; "" where the row does not say both."""
        row = [*cells, *self._tail]
        own, year = row[self._at["facility_id"]].strip(), row[self._at["year"]].strip()
        return f"{self._facility(own)}:{year.removesuffix('.0')}" if own and year else ""

    def _facility(self, own: str) -> str:
        return own if own.startswith(self._prefix) else self._prefix + own

    # --- the whole of it ---

    def assemble(self, rows: Sequence[Sequence[str]]) -> Assembled:
        """The rows of one facility-year (by `key`), in order. What does not say its facility-year
        was put with the row before it, and refuses it."""
        whole = [[*cells, *self._tail] for cells in rows]
        self._defaults = 0
        faults: list[tuple[Fault, ...]] = []
        data: list[Datum] = []
        year, about = self._year_of(whole[0]), self._facility_of(whole[0])
        sites: dict[tuple[str, ...], int] = {}
        for place, row in enumerate(whole):
            found = self._datum(row, year)
            if isinstance(found, Datum):
                data.append(found)
                faults.append(())
            else:
                faults.append(found)
            sites.setdefault(self._site_of(row), place)
        said, wrong = self._sites.read(about, sites)
        for place, fault in wrong:
            faults[place] = (*faults[place], fault)
        if year is None or any(faults) or said is None:
            return Assembled(about, year or 0, None, faults)
        data, twice = _named(data)
        if twice:
            for place in twice:
                faults[place] = (_twice(data[place].datum_id),)
            return Assembled(about, year, None, faults)
        notes = (DEFAULT_CALORIFIC,) * self._defaults
        return Assembled(about, year, Inventory(said, year, data), faults, notes)

    def _facility_of(self, row: Sequence[str]) -> str:
        return self._facility(row[self._at["facility_id"]].strip())

    def _year_of(self, row: Sequence[str]) -> int | None:
        try:
            return self._year(row)
        except Refused:
            return None

    # --- one row ---

    def _datum(self, row: Sequence[str], year: int | None) -> Datum | tuple[Fault, ...]:
        """The datum; or, gone through once more, everything that is wrong with the row."""
        try:
            texts = self._head_of(row)
            head = self._heads.get(texts)
            if head is None:
                head = self._heads[texts] = self._head(*texts)
            if self._same.get(self._who(row)) != year or year is None:
                self._same_year(row, year)
            values = list(_DEFAULTS)
            quantity = number(row[self._quantity])
            values[_STEP], values[_ITEM], values[_KIND] = head.step, head.item.slug, head.kind
            values[_QUANTITY] = quantity if head.factor == ONE else quantity * head.factor
            for at, place, reader, _ in self._optional:
                if text := row[at].strip():
                    values[place] = reader(text)
            datum = Datum._make(values)
            return self._checked(datum, head, row)
        except Refused:
            return self._faults(row, year)

    def _head(self, step: str, item: str, unit: str, kind: str) -> Head:
        if len(self._heads) > MAX_KEPT:
            self._heads.clear()
        where, what = step_of(step), item_of(item)
        stands(what, where)
        conversion = self._units.of(unit, what)
        return Head(where, what, conversion.factor, conversion.note, kind_of(kind))

    def _same_year(self, row: Sequence[str], year: int | None) -> None:
        found = self._year(row)
        if not row[self._at["facility_id"]].strip():
            raise Refused("value-missing", "facility_id is empty: every row needs it")
        if found != year:
            raise Refused("value-missing", f"this row stands with those of {year}")
        if len(self._same) > MAX_KEPT:
            self._same.clear()
        self._same[self._who(row)] = found

    def _year(self, row: Sequence[str]) -> int:
        text = row[self._at["year"]].strip().removesuffix(".0")
        if not text:
            raise Refused("value-missing", "year is empty: every row needs it")
        if not (len(text) == 4 and text.isascii() and text.isdigit()):
            raise Refused(
                "year-not-calendar",
                f"{text[:SHOWN]!r} is no calendar year: write it as 2024, with what was used from"
                " 1 January to 31 December",
            )
        if not FIRST_YEAR <= int(text) <= LAST_YEAR:
            raise Refused("year-not-calendar", f"a year lies from {FIRST_YEAR} to {LAST_YEAR}")
        return int(text)

    def _checked(self, datum: Datum, head: Head, row: Sequence[str]) -> Datum:
        """What follows from several fields of a row."""
        family = head.item.family
        if datum.factor is not None or row[self._factor_unit]:
            datum = datum._replace(factor=self._factor(row, head.item))
        if head.note:
            self._defaults += 1
            datum = datum._replace(source=f"{datum.source}; {head.note}".removeprefix("; "))
        if datum.from_on is not None or datum.to_on is not None:
            period(datum, self._year(row))
        if family is Family.SCRAP:
            if not datum.scrap_kind:
                raise Refused("scrap-kind-missing", SCRAP_RIGHT)
        elif head.item.unit in ("%", "1"):
            content(datum.quantity, head.item)
        return datum

    def _factor(self, row: Sequence[str], item: Item) -> Decimal:
        """The own emission factor, in kg CO2e per unit of the item."""
        most = self._most.get(item.slug)
        if most is None:
            raise Refused(
                "factor-not-used", f"{item.title} takes no emission factor: leave the cell empty"
            )
        text = row[self._at["factor"]].strip()
        if not text:
            raise Refused("value-missing", "the factor's unit stands there without a factor")
        conversion = self._units.of_factor(row[self._at["factor_unit"]], item)
        value = number(text) * conversion.factor
        if value > most:
            raise Refused(
                "factor-not-physical",
                f"{value} kg CO2e/{item.unit} is more than {item.title} can give off"
                f" ({most}): look at its unit",
            )
        return value

    # --- a wrong row, field by field ---

    def _faults(self, row: Sequence[str], year: int | None) -> tuple[Fault, ...]:
        at = self._at
        missing = [name for name in NEEDED if name != "unit" and not row[at[name]].strip()]
        faults = [
            Fault(name, "value-missing", f"{name} is empty: every row needs it") for name in missing
        ]

        def told(field: str, work: Callable[[], object]) -> object:
            if field in missing:
                return None
            try:
                return work()
            except Refused as refused:
                faults.append(Fault(field, refused.slug, refused.sentence))
                return None

        told("year", lambda: self._same_year(row, year))
        step = told("step", lambda: step_of(row[at["step"]]))
        item = told("item", lambda: item_of(row[at["item"]]))
        quantity = told("quantity", lambda: number(row[at["quantity"]]))
        told("kind", lambda: kind_of(row[at["kind"]]))
        values = list(_DEFAULTS)
        for index, place, reader, name in self._optional:
            if text := row[index].strip():
                values[place] = told(name, partial(reader, text))
        if isinstance(item, Item):
            if isinstance(step, Step):
                told("step", lambda: stands(item, step))
            conversion = told("unit", lambda: self._units.of(row[at["unit"]], item))
            if row[at["factor"]].strip() or row[at["factor_unit"]].strip():
                told("factor", lambda: self._factor(row, item))
            if item.family is Family.SCRAP and not row[at["scrap_kind"]].strip():
                faults.append(Fault("scrap_kind", "scrap-kind-missing", SCRAP_RIGHT))
            if isinstance(quantity, Decimal) and conversion is not None and item.unit in ("%", "1"):
                factor = self._units.of(row[at["unit"]], item).factor
                told("quantity", lambda: content(quantity * factor, item))
        if year is not None:
            datum = Datum._make(values)
            told("from_on", lambda: period(datum, year))
        return tuple(dict.fromkeys(faults))


# --- ids ---


def _named(data: Sequence[Datum]) -> tuple[list[Datum], list[int]]:
    """Data with ids for those that came without, the same for the same rows in the same order;
    and the places of ids that stand there again."""
    named: list[Datum] = []
    again: list[int] = []
    seen: set[str] = set()
    counts: dict[str, int] = {}
    for place, datum in enumerate(data):
        if not datum.datum_id:
            name = f"{datum.step}.{datum.item}"
            counts[name] = counts.get(name, 0) + 1
            datum = datum._replace(datum_id=f"{name}.{counts[name]}")
        if datum.datum_id in seen:
            again.append(place)
        seen.add(datum.datum_id)
        named.append(datum)
    return named, again


def _twice(datum_id: str) -> Fault:
    return Fault(
        "datum_id", "datum-twice", f"{datum_id} stands there twice: each datum has its own id"
    )
