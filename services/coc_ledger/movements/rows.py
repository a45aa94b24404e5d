"""Rows of a file of movements: mapped cells become bookings, or say what is wrong. Pure.

Nothing is guessed: what cannot be read refuses its row, with the column and what would be right; so
does a cell that its movement has no use for. Masses become whole kilograms, exactly. Which part of
what left is CoC is claimed by documents, not by rows. Rules: sources.md 5.3, 5.5.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from pydantic import ValidationError

from contracts.custody import MOST_KG, Lot, Origin, Stage
from contracts.values import Activity
from infra.errors import Refused
from infra.importing.kinds import Asked, Build, Built, Fault
from infra.importing.mapping import Binding, plain_name
from services.coc_ledger.pools.commands import Booking

from .words import (
    CLAIMS,
    COUNT,
    EVERYWHERE,
    FIELDS,
    FOOTPRINT,
    MASSES,
    MOVEMENT_RIGHT,
    MOVEMENTS,
    NAMES,
    ORIGIN_WORDS,
    REQUIRED,
    RIGHT,
    STAGE_WORDS,
    UNIT_RIGHT,
    UNITS,
    Form,
)

T = TypeVar("T")
Values = Mapping[str, object]
Evidence = Callable[[type[Booking], Values], Values]


def check(binding: Binding) -> None:
    """Refuse a file whose masses have no unit, or two."""
    unit = binding.fields.get("mass_unit")
    said = unit_named(unit.value) if unit is not None and unit.value is not None else None
    for name in MASSES:
        bound = binding.fields.get(name)
        if bound is None:
            continue
        own = _unit_in(bound.column)
        if own is None and unit is None:
            raise Refused(
                "unit-missing",
                f"{bound.column or name!r} does not say its unit: set mass_unit to kg or t",
                column=bound.column or name,
            )
        if own is not None and said is not None and own != said:
            raise _mixed(bound.column or name)


def unit_named(text: str) -> int:
    """Kilograms in a unit; Refused `unknown-unit`."""
    found = UNITS.get(plain_name(text))
    if found is None:
        raise Refused("unknown-unit", f"{text[:40]!r} is no unit here: {UNIT_RIGHT}")
    return found


def _unit_in(column: str | None) -> int | None:
    """The unit at the end of a column's name."""
    name, _, ending = plain_name(column or "").rpartition("_")
    return UNITS.get(ending) if name else None


def _mixed(column: str) -> Refused:
    return Refused(
        "units-mixed",
        f"the name of {column[:80]!r} says another unit than mass_unit: leave one of them out",
    )


class Rows:
    """Reads the rows of one chunk; `evidence(command, values)` fills in what the server knows."""

    def __init__(self, asked: Asked, binding: Binding, on: date, evidence: Evidence) -> None:
        self._member_id = asked.member_id
        self._on = on
        self._evidence = evidence
        self._bound = [
            (field.name, bound.at, bound.value or "")
            for field in FIELDS
            if (bound := binding.fields.get(field.name)) is not None
        ]
        self._columns = {name: binding.column(name) or name for name in MASSES}
        self._units = {name: _unit_in(binding.column(name)) for name in MASSES}

    def build(self, cells: Sequence[str]) -> Built:
        """A row as a command, or as faults."""
        said = {
            name: text
            for name, at, value in self._bound
            if (text := (value if at is None else cells[at]).strip())
        }
        key = said.get("movement_id")
        faults: list[Fault] = []
        values: dict[str, object] = {"member_id": self._member_id}
        form = _read(said, "movement", _form, faults)
        needed = REQUIRED | (form.needs if form else frozenset())
        for name in sorted(needed - said.keys()):
            whose = f"a {plain_name(said['movement'])}" if name not in REQUIRED else "every row"
            faults.append(Fault(name, "value-missing", f"{name} is empty: {whose} needs it"))
        for name in said:
            self._field(form, name, said, values, faults)
        if form is None or faults:
            return Built(key, None, tuple(faults))
        if form.lot is not None:
            values["lot"] = form.lot
        return Built(key, self._command(form, values, faults), tuple(faults))

    def unit_of(self, cells: Sequence[str]) -> int:
        """The unit of a row's mass, in kilograms; Refused where it says none."""
        said = {
            name: (value if at is None else cells[at]).strip() for name, at, value in self._bound
        }
        if told := said.get("mass_unit"):
            return unit_named(told)
        own = self._units["mass"]
        if own is None:
            raise Refused("unit-missing", f"the row says no unit: {UNIT_RIGHT}")
        return own

    def _field(
        self,
        form: Form | None,
        name: str,
        said: Mapping[str, str],
        values: dict[str, object],
        faults: list[Fault],
    ) -> None:
        """One filled cell into the command's values; without a form it is looked at alone."""
        if name in ("movement", "mass_unit"):
            return
        if form is not None and name not in EVERYWHERE | form.needs | form.may:
            word = plain_name(said["movement"])
            faults.append(Fault(name, "not-of-movement", f"a {word} has no {name}: leave it empty"))
            return
        if name in MASSES:
            read: Callable[[str], object] = self._mass_reader(form, name, said)
        else:
            read = READERS.get(name, str)
        value = _read(said, name, read, faults)
        if value is None:
            return
        if name in FOOTPRINT:
            inner = values.setdefault("footprint", {})
            assert isinstance(inner, dict)
            inner[name] = value
        else:
            values[form.names.get(name, name) if form else name] = value

    def _mass_reader(
        self, form: Form | None, name: str, said: Mapping[str, str]
    ) -> Callable[[str], int]:
        least = 0 if name == "coc_mass" or form is COUNT else 1

        def read(text: str) -> int:
            own = self._units[name]
            told = unit_named(said["mass_unit"]) if "mass_unit" in said else own
            if told is None:
                raise Refused("unit-missing", f"the row says no unit: {UNIT_RIGHT}")
            if own is not None and own != told:
                raise _mixed(self._columns[name])
            return kilograms(text, told, least)

        return read

    def _command(
        self, form: Form, values: dict[str, object], faults: list[Fault]
    ) -> Booking | None:
        try:
            known = self._evidence(form.command, values)
            return form.command.model_validate({**values, **known, "on": self._on})
        except Refused as refused:
            field = next((name for name in refused.facts if name in NAMES), "")
            faults.append(Fault(field, refused.slug, refused.sentence))
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False):
                faults.append(_told(fault["loc"], fault["input"]))
        return None


def builder(asked: Asked, binding: Binding, on: date, evidence: Evidence) -> Build:
    """What reads the rows of one chunk."""
    return Rows(asked, binding, on, evidence).build


# --- cells ---


def kilograms(text: str, unit_kg: int, least: int) -> int:
    """A mass in whole kilograms, exactly; Refused where it is none."""
    kg = decimal(text) * unit_kg
    if kg != kg.to_integral_value():
        places = "3 decimals at most" if unit_kg > 1 else "no decimals"
        raise Refused(
            "mass-not-whole", f"{text[:40]} is no whole number of kilograms: write {places}"
        )
    if not least <= kg <= MOST_KG:
        right = "a mass is above 0" if least else "a mass is 0 or more"
        raise Refused("number-out-of-range", f"{text[:40]}: {right}, and {MOST_KG} kg at most")
    return int(kg)


def decimal(text: str) -> Decimal:
    """A number as it is written."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        hint = ": write a decimal point, not a comma" if "," in text else ""
        raise Refused("invalid-number", f"{text[:40]!r} is no number{hint}") from None
    if not value.is_finite() or "_" in text or len(text) > 40 or abs(value.adjusted()) > 20:
        raise Refused("invalid-number", f"{text[:40]!r} is no number that can be meant")
    return value


def _form(text: str) -> Form:
    word = plain_name(text)
    form = MOVEMENTS.get(word)
    if form is not None:
        return form
    if word in CLAIMS:
        raise Refused(
            "claim-needs-document",
            f"{text[:40]!r}: book a shipment; its CoC part is claimed by a CoC document",
        )
    raise Refused("unknown-movement-kind", f"{text[:40]!r} is no movement: write {MOVEMENT_RIGHT}")


def _stage(text: str) -> Stage:
    found = STAGE_WORDS.get(plain_name(text))
    if found is None:
        raise Refused("unknown-stage", f"{text[:40]!r} is no stage: write {', '.join(Stage)}")
    return found


def _origin(text: str) -> Origin:
    found = ORIGIN_WORDS.get(plain_name(text))
    if found is None:
        raise Refused("unknown-origin", f"{text[:40]!r} is no origin: write {', '.join(Origin)}")
    return found


def _lot(text: str) -> Lot:
    word = plain_name(text)
    if word not in tuple(Lot):
        raise Refused("unknown-lot", f"{text[:40]!r} is no lot: write {' or '.join(Lot)}")
    return Lot(word)


def _activity(text: str) -> Activity:
    word = plain_name(text)
    if word not in tuple(Activity):
        right = ", ".join(Activity)
        raise Refused("unknown-activity", f"{text[:40]!r} is no activity: write {right}")
    return Activity(word)


def day_of(text: str) -> date:
    """A day as it is written; Refused `invalid-day`."""
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("invalid-day", f"{text[:40]!r} is no day: write 2024-12-31") from None


READERS: Mapping[str, Callable[[str], object]] = {
    "stage": _stage,
    "day": day_of,
    "origin": _origin,
    "lot": _lot,
    "activity": _activity,
    **dict.fromkeys(
        (
            "emission_kgco2e",
            "intensity_kgco2e_per_kg",
            "pre_consumer_percent",
            "post_consumer_percent",
        ),
        decimal,
    ),
}
"""All others are taken as they stand."""


def _read(
    said: Mapping[str, str], name: str, read: Callable[[str], T], faults: list[Fault]
) -> T | None:
    """What a cell says; None where it is empty, and with a fault where it cannot be read."""
    if name not in said:
        return None
    try:
        return read(said[name])
    except Refused as refused:
        faults.append(Fault(name, refused.slug, refused.sentence))
        return None


def _told(path: tuple[int | str, ...], given: object) -> Fault:
    """What pydantic found, in words of the file."""
    names = [step for step in path if isinstance(step, str)]
    field = next((name for name in reversed(names) if name in RIGHT), "")
    slug, sentence = RIGHT.get(field, ("invalid-value", "this value cannot be taken"))
    shown = f"{str(given)[:60]!r}: " if isinstance(given, (str, int, Decimal)) else ""
    return Fault(field, slug, shown + sentence)
