"""What a plant knows of the fuel it burns: its net calorific value, and how much of it burns. Pure.

Sources: sources.md 4.5, ecosystem.md 2.4 (fields of a source stream). Fuel that is sent by mass or
volume becomes energy by the facility's own calorific value where it tells one, else by a default
that stands in the datum's source (`units`); a factor per mass or volume goes the same way, so that
the quantity times the factor is what the plant said, whatever the calorific value. The oxidation
factor is told in reports and multiplies nothing: the factors of our sets burn all carbon, and a
plant's own factor has it in already.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from contracts.values import plain
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import Family, Item

UNITS: Mapping[str, tuple[Decimal, str]] = {
    **dict.fromkeys(("MJ/kg", "GJ/t", "TJ/kt", "TJ/Gg"), (Decimal(1), "MJ/kg")),
    "kJ/kg": (Decimal("0.001"), "MJ/kg"),
    "kcal/kg": (Decimal("0.0041868"), "MJ/kg"),
    **dict.fromkeys(("kWh/kg", "MWh/t"), (Decimal("3.6"), "MJ/kg")),
    **dict.fromkeys(("MJ/m3", "GJ/1000 m3"), (Decimal(1), "MJ/m3")),
    **dict.fromkeys(("GJ/m3", "MJ/l"), (Decimal(1000), "MJ/m3")),
    **dict.fromkeys(("MJ/Nm3", "GJ/kNm3", "GJ/1000 Nm3"), (Decimal(1), "MJ/Nm3")),
    "kJ/Nm3": (Decimal("0.001"), "MJ/Nm3"),
    "kWh/Nm3": (Decimal("3.6"), "MJ/Nm3"),
}
"""Units of calorific values, with what one of them is in the unit of a default."""
_NAMES = {name.replace(" ", "").casefold(): name for name in UNITS}
_DEFAULT = re.compile(r"net calorific value (?P<value>[0-9.]+) (?P<unit>MJ/[A-Za-z0-9]+), ")
"""How `units` writes a default into the source of a datum."""
TIMES_DEFAULT = 3
"""A calorific value further from the default of its fuel is a unit that slipped: what is burnt as
one fuel varies by a factor of two (IPCC Guidelines 2006, volume 2, table 1.2)."""


class Calorific(NamedTuple):
    """A net calorific value and its unit."""

    value: Decimal
    unit: str


class Basis(NamedTuple):
    """What the energy of a row of fuel rests on: the net calorific value that it tells (None and
    empty where it does not), and the `note` of the default by which its quantity would become
    energy (empty where it was sent as energy)."""

    value: Decimal | None = None
    unit: str = ""
    note: str = ""

    @property
    def told(self) -> Calorific | None:
        """The calorific value of its own; None too where it cannot be one, which `with_own_value`
        refuses."""
        whole = self.value is not None and self.value > 0 and self.unit in UNITS
        return Calorific(self.value, self.unit) if whole and self.value is not None else None


def calorific_unit(text: str) -> str:
    """The unit of a calorific value as it is kept; refused `unit-unknown`."""
    found = _NAMES.get(text.replace("³", "3").replace(" ", "").casefold())
    if found is None:
        raise Refused(
            "unit-unknown",
            f"{text[:40]!r} is no unit of a calorific value here; write {', '.join(UNITS)}",
        )
    return found


def calorific_of(datum: Datum) -> Calorific | None:
    """The calorific value by which a fuel became energy, or that its plant tells; None where it
    was sent as energy and nobody told."""
    if datum.calorific_value is not None:
        return Calorific(datum.calorific_value, datum.calorific_unit)
    return default_in(datum.source)


def with_own_value(datum: Datum, item: Item, note: str) -> Datum:
    """The datum, of a fuel that was sent by mass or volume with the energy of its own calorific
    value; `note` says by which default it became energy, empty where it was sent as such. Refused:
    `fuel-field-not-used`, `value-missing`, `unit-missing`, `share-above-one`,
    `unit-of-other-kind`, `calorific-value-not-physical`."""
    value, unit = datum.calorific_value, datum.calorific_unit
    if value is None and not unit and datum.oxidation_factor is None:
        return datum
    if item.family is not Family.FUEL:
        raise Refused(
            "fuel-field-not-used",
            f"{item.title} is no fuel: leave calorific value and oxidation factor empty",
        )
    if datum.oxidation_factor is not None and datum.oxidation_factor > 1:
        raise Refused("share-above-one", "an oxidation factor is a fraction: 0.99, not 99")
    if value is None:
        if unit:
            raise Refused("value-missing", "the unit of a calorific value stands there without it")
        return datum
    if not unit:
        raise Refused("unit-missing", f"the calorific value has no unit: {', '.join(UNITS)}")
    if value <= 0:
        raise Refused("calorific-value-not-physical", "a fuel has a calorific value above zero")
    return _by_own(datum, Calorific(value, unit), note) if note else datum


def _by_own(datum: Datum, told: Calorific, note: str) -> Datum:
    own, default = beside(told, default_in(note), "quantity")
    source = datum.source.removesuffix(note).removesuffix("; ")
    return datum._replace(quantity=datum.quantity * own / default, source=source)


def beside(told: Calorific, default: Calorific | None, what: str) -> tuple[Decimal, Decimal]:
    """An own calorific value and the default by which `what` (quantity or factor) became energy,
    in one unit; the default is None of gross energy. Refused `unit-of-other-kind` where they are
    not of the same, `calorific-value-not-physical` where they are far apart."""
    factor, unit = UNITS[told.unit]
    if default is None or default.unit != unit:
        basis = "gross energy" if default is None else default.unit
        raise Refused(
            "unit-of-other-kind",
            f"a calorific value in {told.unit} does not go with this {what} ({basis}): give both"
            " by mass or both by the same volume, or send net energy",
            field="calorific_value",
        )
    own = told.value * factor
    if not default.value / TIMES_DEFAULT <= own <= default.value * TIMES_DEFAULT:
        raise Refused(
            "calorific-value-not-physical",
            f"{plain(told.value)} {told.unit} is far from {plain(default.value)} {default.unit},"
            " which is usual: look at its unit",
            field="calorific_value",
        )
    return own, default.value


def default_in(text: str) -> Calorific | None:
    """The default calorific value of which a source or a note of `units` tells; None where it tells
    of none."""
    *_, found = (None, *_DEFAULT.finditer(text))
    return None if found is None else Calorific(Decimal(found["value"]), found["unit"])
