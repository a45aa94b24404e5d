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

from contracts.inventory import Step
from infra.errors import Refused
from infra.importing.kinds import Fault
from infra.importing.mapping import Binding
from infra.policy import Policy
from services.ghg.factors.calorific import Basis, with_own_value
from services.ghg.factors.own_factors import OwnFactors

from .cells import (
    FIRST_YEAR,
    LAST_YEAR,
    LOOKED_AT,
    ONE,
    PLACED,
    READERS,
    SHOWN,
    certified,
    for_goods,
    item_of,
    kind_of,
    number,
    period,
    stands,
    step_of,
)
from .columns import column, numbers
from .heads import MAX_KEPT, Head, Heads, with_note
from .ids import named, twice
from .inventory import Datum, Inventory
from .items import Item
from .meaning import kinded
from .sites import SiteReader
from .units import Conversion, Units
from .words import FIELDS, INSTALLATION_FIELDS, NEEDED, SITE_FIELDS

DEFAULT_CALORIFIC = "default-calorific-value"
REPEATED = "row-repeated"
KEY_FIELDS = ("facility_id", "year")
"""Fields that say to which facility-year a row belongs (`Rows.key`)."""

_EMPTY = {"quantity": ONE, **Datum._field_defaults}  # a row that is refused is looked at whole
_DEFAULTS: tuple[object, ...] = tuple(_EMPTY.get(name) for name in Datum._fields)
_PLACE = {name: at for at, name in enumerate(Datum._fields)}
_STEP, _ITEM, _QUANTITY, _KIND = (_PLACE[name] for name in ("step", "item", "quantity", "kind"))
_FACTOR, _SOURCE, _EMBEDDED = _PLACE["factor"], _PLACE["source"], _PLACE["embedded"]
_CALORIFIC = _PLACE["calorific_value"], _PLACE["calorific_unit"]
WITH_UNITS = frozenset({"factor", "embedded"})
"""Fields that are numbers in a unit of their own."""
_datum = partial(tuple.__new__, Datum)
"""Makes a datum without the constructor of a NamedTuple: there are millions."""


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
        self._own = OwnFactors(units, policy)
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
        self._quantity = at["quantity"]
        self._factor, self._factor_unit = at["factor"], at["factor_unit"]
        self._head_at = tuple(at[name] for name in ("step", "item", "unit", "kind"))
        told = (name for name in INSTALLATION_FIELDS if name in binding.fields)
        self._site_fields = (*SITE_FIELDS, *told)
        self._site_at = tuple(at[name] for name in self._site_fields)
        self._embedded, self._embedded_unit = at["embedded"], at["embedded_unit"]
        self._head_of, self._site_of = itemgetter(*self._head_at), itemgetter(*self._site_at)
        self._heads = Heads(units)
        self._key_at = tuple(at[name] for name in KEY_FIELDS)
        self._keys: dict[tuple[str, str], str] = {}
        self._who = itemgetter(at["facility_id"], at["year"])
        self._same: dict[tuple[str, ...], int] = {}
        self._defaults = 0
        self._optional = tuple(
            (at[name], _PLACE[PLACED.get(name, name)], reader, name)
            for name, reader in READERS.items()
            if name in binding.fields
        )

    # --- which facility-year ---

    def key(self, cells: Sequence[str]) -> str:
        """The facility-year of a row, as text; "" where the row does not say both."""
        own_at, year_at = self._key_at
        said = (
            (cells if own_at >= 0 else self._tail)[own_at],
            (cells if year_at >= 0 else self._tail)[year_at],
        )
        known = self._keys.get(said)
        if known is not None:
            return known
        own, year = said[0].strip(), said[1].strip()
        found = f"{self._facility(own)}:{year.removesuffix('.0')}" if own and year else ""
        if len(self._keys) > MAX_KEPT:
            self._keys.clear()
        self._keys[said] = found
        return found

    def _facility(self, own: str) -> str:
        return own if own.startswith(self._prefix) else self._prefix + own

    # --- the whole of it ---

    def assemble(self, rows: Sequence[Sequence[str]]) -> Assembled:
        """The rows of one facility-year (by `key`), in order. What does not say its facility-year
        was put with the row before it, and refuses it."""
        return self.at_once(rows) or self.one_by_one(rows)

    def at_once(self, rows: Sequence[Sequence[str]]) -> Assembled | None:
        """Rows of which each is right, read column by column; None where one may not be."""
        columns = list(zip(*rows, strict=True))

        def cells(at: int) -> Sequence[str]:
            return columns[at] if at >= 0 else (self._tail[at],) * len(rows)

        owns, years = cells(self._at["facility_id"]), cells(self._at["year"])
        sites = set(zip(*map(cells, self._site_at), strict=True))
        if len(sites) > 1 or len(set(owns)) > 1 or len(set(years)) > 1 or not owns[0].strip():
            return None
        self._defaults = 0
        first = [*rows[0], *self._tail]
        about = self._facility_of(first)
        try:
            year = self._year(first)
            data, again, repeated = named(self._data(rows, cells))
        except Refused:
            return None
        said, _ = self._sites.read(about, dict.fromkeys(sites, 0), self._site_fields)
        if said is None or again:
            return None
        notes = (DEFAULT_CALORIFIC,) * self._defaults + (REPEATED,) * repeated
        return Assembled(about, year, Inventory(said, year, data), [()] * len(data), notes)

    def _data(
        self, rows: Sequence[Sequence[str]], cells: Callable[[int], Sequence[str]]
    ) -> list[Datum]:
        """The data of rows by their columns; refused where one of them is not right."""
        texts = list(zip(*map(cells, self._head_at), strict=True))
        known = {one: self._heads.of(one) for one in set(texts)}
        heads = [known[one] for one in texts]
        looked = {one for one, head in known.items() if head.looked_at}
        again = {place for place, one in enumerate(texts) if one in looked} if looked else set()
        columns: list[Sequence[object]] = [(empty,) * len(rows) for empty in _DEFAULTS]
        steps, _, slugs, factors, notes, kinds = zip(*heads, strict=True)
        columns[_STEP], columns[_ITEM], columns[_KIND] = steps, slugs, kinds
        columns[_QUANTITY] = [
            quantity if factor == ONE else quantity * factor
            for quantity, factor in zip(numbers(cells(self._quantity)), factors, strict=True)
        ]
        for at, place, _, name in self._optional:
            if name in WITH_UNITS:
                continue
            found = column(name, cells(at), _DEFAULTS[place])
            if found is not None:
                if name in PLACED.values():  # what was told in its place holds where it is empty
                    found = [one or other for one, other in zip(found, columns[place], strict=True)]
                columns[place] = found
                if name in LOOKED_AT:
                    again.update(row for row, value in enumerate(found) if value)
        given = (self._factor, self._factor_unit)
        told = (columns[place] for place in _CALORIFIC)
        columns[_FACTOR] = [
            self._own.factor(text.strip(), unit, head.item, Basis(value, per, head.note))
            if unit or text.strip()
            else None
            for text, unit, head, value, per in zip(*map(cells, given), heads, *told, strict=True)
        ]
        if self._embedded >= 0 or self._embedded_unit >= 0:
            columns[_EMBEDDED] = [
                self._own.embedded(text.strip(), unit, head.item) if unit or text.strip() else None
                for text, unit, head in zip(
                    cells(self._embedded), cells(self._embedded_unit), heads, strict=True
                )
            ]
        if any(notes):
            columns[_SOURCE] = [
                with_note(source, note) if note else source
                for source, note in zip(columns[_SOURCE], notes, strict=True)
            ]
            self._defaults += len(notes) - notes.count("")
        data = list(map(_datum, zip(*columns, strict=True)))
        for place in again:
            data[place] = self._agree(data[place], heads[place], [*rows[place], *self._tail])
        return data

    def one_by_one(self, rows: Sequence[Sequence[str]]) -> Assembled:
        """The same row by row, with everything that is wrong."""
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
        said, wrong = self._sites.read(about, sites, self._site_fields)
        for place, fault in wrong:
            faults[place] = (*faults[place], fault)
        if year is None or any(faults) or said is None:
            return Assembled(about, year or 0, None, faults)
        data, again, repeated = named(data)
        if again:
            for place in again:
                faults[place] = (twice(data[place].datum_id),)
            return Assembled(about, year, None, faults)
        notes = (DEFAULT_CALORIFIC,) * self._defaults + (REPEATED,) * repeated
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
            head = self._heads.of(texts)
            if self._same.get(self._who(row)) != year or year is None:
                self._same_year(row, year)
            values = list(_DEFAULTS)
            quantity = number(row[self._quantity])
            values[_STEP], values[_ITEM], values[_KIND] = head.step, head.slug, head.kind
            values[_QUANTITY] = quantity if head.factor == ONE else quantity * head.factor
            for at, place, reader, _ in self._optional:
                if text := row[at].strip():
                    values[place] = reader(text)
            datum = Datum._make(values)
            return self._checked(datum, head, row)
        except Refused:
            return self._faults(row, year)

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
        factor, source = datum.factor, datum.source
        if factor is not None or row[self._factor_unit]:
            factor = self._factor_of(row, head.item, datum, head.note)
        if head.note:
            self._defaults += 1
            source = with_note(source, head.note)
        if datum.embedded is not None or row[self._embedded_unit]:
            datum = datum._replace(embedded=self._embedded_of(row, head.item))
        if factor is not datum.factor or source is not datum.source:
            datum = datum._replace(factor=factor, source=source)
        return self._agree(datum, head, row)

    def _agree(self, datum: Datum, head: Head, row: Sequence[str]) -> Datum:
        """The datum, by its own calorific value, if days, kind of scrap and shares are such as the
        rest of the row asks for; refused where they are not."""
        if datum.from_on is not None or datum.to_on is not None:
            period(datum, self._year(row))
        for_goods(datum, head.item)
        certified(datum)
        kinded(datum.scrap_kind, head.item)
        if head.looked_at:
            self._own.content(datum.quantity, head.item)
        own = with_own_value(datum, head.item, head.note)
        self._defaults -= own is not datum
        return own

    def _factor_of(self, row: Sequence[str], item: Item, cells: Datum, note: str) -> Decimal:
        basis = Basis(cells.calorific_value, cells.calorific_unit, note)
        return self._own.factor(row[self._factor].strip(), row[self._factor_unit], item, basis)

    def _embedded_of(self, row: Sequence[str], item: Item) -> Decimal:
        return self._own.embedded(row[self._embedded].strip(), row[self._embedded_unit], item)

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
                at_field = str(refused.facts.get("field", field))
                faults.append(Fault(at_field, refused.slug, refused.sentence))
                return None

        told("year", lambda: self._same_year(row, year))
        step = told("step", lambda: step_of(row[at["step"]]))
        item = told("item", lambda: item_of(row[at["item"]]))
        quantity = told("quantity", lambda: number(row[at["quantity"]]))
        told("kind", lambda: kind_of(row[at["kind"]]))
        values = list(_DEFAULTS)
        for index, place, reader, name in self._optional:
            if text := row[index].strip():
                read = told(name, partial(reader, text))
                values[place] = values[place] if read is None else read
        if isinstance(item, Item):
            values[_ITEM] = item.slug
            if isinstance(step, Step):
                told("step", lambda: stands(item, step))
            conversion = told("unit", lambda: self._units.of(row[at["unit"]], item))
            note = conversion.note if isinstance(conversion, Conversion) else ""
            cells = Datum._make(values)
            if row[at["factor"]].strip() or row[at["factor_unit"]].strip():
                told("factor", lambda: self._factor_of(row, item, cells, note))
            if row[self._embedded].strip() or row[self._embedded_unit].strip():
                told("embedded", lambda: self._embedded_of(row, item))
            told("cn_code" if cells.cn_code else "embedded", lambda: for_goods(cells, item))
            if not any(fault.field == "certificates" for fault in faults):
                told("certificates", lambda: certified(cells))
            told("calorific_value", lambda: with_own_value(cells, item, note))
            told("scrap_kind", lambda: kinded(row[at["scrap_kind"]].strip(), item))
            if isinstance(quantity, Decimal) and conversion is not None:
                factor = self._units.of(row[at["unit"]], item).factor
                told("quantity", lambda: self._own.content(quantity * factor, item))
        if year is not None:
            datum = Datum._make(values)
            told("from_on", lambda: period(datum, year))
        return tuple(dict.fromkeys(faults))
