"""Rows of a facility file: mapped cells become DeclareFacility, or say what is wrong. Pure.

Nothing is guessed: what cannot be read refuses its row, with the column and what would be right.
What is left out (the grid region after a country) is noted and counted. Rules: sources.md 1.6, 3.2.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from pydantic import ValidationError

from contracts.values import Activity, ControlBasis
from infra.errors import Refused
from infra.importing.kinds import Asked, Build, Built, Fault
from infra.importing.mapping import Binding, Field, plain_name
from infra.importing.places import Places, folded, nearest

from .evidence import EntityEvidence
from .facility_commands import DeclareFacility

FIELDS: tuple[Field, ...] = (
    Field("facility_id", ("asset_id", "site_id", "plant_id", "own_id", "id"), required=True),
    Field("entity_id", ("entity", "certifying_unit"), required=True),
    Field("name", ("facility_name", "site_name", "plant_name", "asset_name"), required=True),
    Field(
        "activities",
        ("activity", "supply_chain_activity", "supply_chain_activities", "kind", "facility_type"),
        required=True,
    ),
    Field("country", ("country_code", "iso_country", "country_name"), required=True),
    Field("subdivision", ("state", "province", "iso_3166_2", "country_subdivision")),
    Field("latitude", ("lat",)),
    Field("longitude", ("lon", "lng", "long")),
    Field("operating", ("in_operation", "is_operating")),
    Field("utilisation", ("utilization", "capacity_factor", "utilisation_rate")),
    Field("start_year", ("year_started", "commissioned", "start")),
    Field(
        "capacity_t_per_year",
        tuple(
            f"{name}_{unit}"
            for name in ("capacity", "annual_capacity", "annual_production_capacity")
            for unit in ("t", "kt", "mt", "tpa", "ktpa", "mtpa", "t_per_year", "kt_per_year")
        ),
    ),
    Field("capacity_unit"),
    Field("control_basis", ("control",)),
    Field("share_percent", ("ownership_percent", "equity_percent")),
)
REQUIRED = frozenset(field.name for field in FIELDS if field.required)
UNITS: Mapping[str, int] = {
    **dict.fromkeys(("t", "tpa", "t_per_year", "tonnes", "tonnes_per_year"), 1),
    **dict.fromkeys(("kt", "ktpa", "kt_per_year"), 1_000),
    **dict.fromkeys(("mt", "mtpa", "mt_per_year", "million_tonnes"), 1_000_000),
}
"""Tonnes a year in one of each."""
WORDS: Mapping[str, Activity] = {
    **{activity.value: activity for activity in Activity},
    "mine": Activity.BAUXITE_MINING,
    "mining": Activity.BAUXITE_MINING,
    "bauxite_mine": Activity.BAUXITE_MINING,
    "refinery": Activity.ALUMINA_REFINING,
    "alumina_refinery": Activity.ALUMINA_REFINING,
    "smelter": Activity.SMELTING,
    "aluminium_smelter": Activity.SMELTING,
    "aluminum_smelter": Activity.SMELTING,
    "primary_smelter": Activity.SMELTING,
    "remelter": Activity.REMELTING_REFINING,
    "remelting": Activity.REMELTING_REFINING,
    "recycling": Activity.REMELTING_REFINING,
    "cast_house": Activity.CASTHOUSE,
    "casting": Activity.CASTHOUSE,
    "rolling_mill": Activity.SEMI_FABRICATION,
    "extrusion": Activity.SEMI_FABRICATION,
    "extruder": Activity.SEMI_FABRICATION,
    "semi_fabricator": Activity.SEMI_FABRICATION,
    "hpa": Activity.HIGH_PURITY_ALUMINA,
}
YES = frozenset({"true", "yes", "y", "1", "operating"})
NO = frozenset({"false", "no", "n", "0", "idle", "closed", "mothballed"})
REGION_LEFT_OUT = "region-left-out"
MILLION_TONNES = "mt-read-as-million-tonnes"
"""`mt` in a column's name is a million tonnes, as in the trade's tables; told, as it also stands
for metric tonnes elsewhere."""
FIELD_OF = {"control": "control_basis", "location": "country"}
RIGHT: Mapping[str, tuple[str, str]] = {
    "facility_id": (
        "invalid-id",
        "an id has letters, digits and . _ : - and begins with a letter or a digit; with the"
        " member's id before it, it has 128 at most",
    ),
    "entity_id": ("invalid-id", "an entity's id has letters, digits and . _ : -, 128 at most"),
    "name": ("invalid-name", "a name has 1 to 200 characters"),
    "latitude": ("coordinates-out-of-range", "a latitude lies between -90 and 90 degrees"),
    "longitude": ("coordinates-out-of-range", "a longitude lies between -180 and 180 degrees"),
    "start_year": ("year-out-of-range", "a start year lies between 1850 and 2200"),
    "capacity_t_per_year": ("number-out-of-range", "a capacity is 0 or more, and below 1e30"),
    "share_percent": ("number-out-of-range", "a share lies above 0 and up to 100 per cent"),
}
"""What pydantic may find wrong with a value that could be read: slug, and what would be right."""

Evidence = Callable[[str], EntityEvidence | None]


class _Wrong(Exception):
    """A cell that cannot be read: slug and sentence."""


class _Unit(NamedTuple):
    """A factor to tonnes (None: the row says it, in capacity_unit), and what to note."""

    factor: int | None
    notes: tuple[str, ...] = ()


def check(binding: Binding) -> None:
    """Refuse a file whose capacities have no unit."""
    unit_of(binding)


def unit_of(binding: Binding) -> _Unit:
    """The unit of capacities: said, or at the end of the column's name."""
    fields = binding.fields
    capacity, unit = fields.get("capacity_t_per_year"), fields.get("capacity_unit")
    if unit is not None and unit.value is not None:
        found = UNITS.get(plain_name(unit.value))
        if found is None:
            raise Refused(
                "unknown-unit", f"{unit.value[:40]!r} is no unit of capacity: t, kt or mt a year"
            )
        return _Unit(found)
    if unit is not None or capacity is None or capacity.column is None:
        return _Unit(None if unit is not None else 1)
    name = plain_name(capacity.column)
    for ending in sorted(UNITS, key=len, reverse=True):
        if name == ending or name.endswith(f"_{ending}"):
            return _Unit(UNITS[ending], (MILLION_TONNES,) if ending == "mt" else ())
    raise Refused(
        "unit-missing",
        f"the column {capacity.column!r} does not say its unit: set capacity_unit to t, kt or mt",
        column=capacity.column,
    )


class Rows:
    """Reads the rows of one chunk. `evidence(entity_id)` is asked once for each entity."""

    def __init__(
        self, asked: Asked, binding: Binding, on: date, places: Places, evidence: Evidence
    ) -> None:
        self._member_id = asked.member_id
        self._prefix = f"{asked.member_id}."
        self._on = on
        self._places = places
        self._evidence = evidence
        self._entities: dict[str, EntityEvidence | None] = {}
        self._factor, self._capacity_notes = unit_of(binding)
        self._bound = [
            (field.name, bound.at, bound.value or "", READERS.get(field.name))
            for field in FIELDS
            if (bound := binding.fields.get(field.name)) is not None
        ]
        self._countries: dict[str, tuple[str, bool]] = {}
        self._activities: dict[str, tuple[Activity, ...]] = {}

    def build(self, cells: Sequence[str]) -> Built:
        """A row as a command, or as faults."""
        values: dict[str, object] = {"on": self._on, "member_id": self._member_id}
        said: dict[str, str] = {}
        faults: list[Fault] = []
        for field, at, value, reader in self._bound:
            text = (value if at is None else cells[at]).strip()
            if not text:
                continue
            said[field] = text
            if reader is not None:
                try:
                    reader(self, text, values)
                except _Wrong as wrong:
                    faults.append(Fault(field, *wrong.args))
        own = said.get("facility_id", "")
        key = own if own.startswith(self._prefix) else self._prefix + own
        values["facility_id"] = key
        if not said.keys() >= REQUIRED:
            faults += (
                Fault(field, "value-missing", f"{field} is empty: every row needs it")
                for field in sorted(REQUIRED - said.keys())
            )
        notes: tuple[str, ...] = ()
        try:
            notes = self._place(said, values)
        except _Wrong as wrong:
            faults.append(Fault(wrong.args[2], *wrong.args[:2]))
        if "capacity_t_per_year" in said:
            notes += self._capacity_notes
            self._capacity(said, values, faults)
        command = None if faults else self._command(values, faults)
        return Built(key if own else None, command, tuple(faults), notes)

    def _command(self, values: dict[str, object], faults: list[Fault]) -> DeclareFacility | None:
        entity_id = str(values["entity_id"])
        if entity_id not in self._entities:
            self._entities[entity_id] = self._evidence(entity_id)
        values["entity"] = self._entities[entity_id]
        try:
            return DeclareFacility.model_validate(values)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False):
                faults.append(_told(fault["loc"], fault["input"]))
            return None

    # --- fields ---

    def entity(self, text: str, values: dict[str, object]) -> None:
        """The entity, as it stands."""
        values["entity_id"] = text

    def name(self, text: str, values: dict[str, object]) -> None:
        """The name, as it stands."""
        values["name"] = text

    def activities(self, text: str, values: dict[str, object]) -> None:
        """One or more words for what is done there, with ; | or + between them."""
        found = self._activities.get(text)
        if found is None:
            found = self._activities[text] = _activities(text)
        values["activities"] = found

    def operating(self, text: str, values: dict[str, object]) -> None:
        """Yes or no."""
        word = plain_name(text)
        if word not in YES and word not in NO:
            raise _Wrong("invalid-answer", f"{text[:40]!r} is neither yes nor no")
        values["operating"] = word in YES

    def utilisation(self, text: str, values: dict[str, object]) -> None:
        """0 means that it does not operate; a word on operating itself stands before it."""
        share = _decimal(text)
        if share < 0:
            raise _Wrong("number-out-of-range", "a utilisation is 0 or more")
        values.setdefault("operating", share > 0)

    def start_year(self, text: str, values: dict[str, object]) -> None:
        """A year."""
        year = text.removesuffix(".0")
        if not (year.isascii() and year.isdigit() and len(year) <= 4):
            raise _Wrong("invalid-year", f"{text[:40]!r} is no year: write it as 1971")
        values["start_year"] = int(year)

    def control(self, text: str, values: dict[str, object]) -> None:
        """Why the facility belongs to the entity."""
        basis = BASES.get(plain_name(text))
        if basis is None:
            raise _Wrong("unknown-control", f"control is one of {', '.join(ControlBasis)}")
        _within(values, "control")["basis"] = basis

    def share(self, text: str, values: dict[str, object]) -> None:
        """Per cent of ownership."""
        _within(values, "control")["share_percent"] = _decimal(text.removesuffix("%").strip())

    def latitude(self, text: str, values: dict[str, object]) -> None:
        """Degrees north."""
        _within(values, "location")["latitude"] = _decimal(text)

    def longitude(self, text: str, values: dict[str, object]) -> None:
        """Degrees east."""
        _within(values, "location")["longitude"] = _decimal(text)

    def _capacity(
        self, said: Mapping[str, str], values: dict[str, object], faults: list[Fault]
    ) -> None:
        """A capacity in tonnes a year."""
        factor = self._factor
        if factor is None:
            factor = UNITS.get(plain_name(said.get("capacity_unit", "")))
        if factor is None:
            faults.append(Fault("capacity_unit", "unknown-unit", "write t, kt or mt a year"))
            return
        try:
            values["capacity_t_per_year"] = _decimal(said["capacity_t_per_year"]) * factor
        except _Wrong as wrong:
            faults.append(Fault("capacity_t_per_year", *wrong.args))

    def _place(self, said: Mapping[str, str], values: dict[str, object]) -> tuple[str, ...]:
        """Country and subdivision; raises _Wrong with the field as third."""
        text = said.get("country")
        if text is None:
            return ()
        found = self._countries.get(text)
        if found is None:
            found = self._countries[text] = self._country(text)
        where = _within(values, "location")
        where["country"] = found[0]
        part = said.get("subdivision")
        if part is not None:
            where["subdivision"] = self._subdivision(found[0], part)
        return (REGION_LEFT_OUT,) if found[1] else ()

    def _country(self, text: str) -> tuple[str, bool]:
        """The code, and whether a region behind the country is left out ("China - North")."""
        countries = self._places.countries
        code = countries.get(folded(text))
        if code is not None:
            return code, False
        first, dash, _ = text.partition(" - ")
        code = countries.get(folded(first)) if dash else None
        if code is not None:
            return code, True
        raise _Wrong(
            "unknown-country",
            f"{text[:60]!r} is no country: write its English name or its ISO 3166 code, say"
            " Germany or DE",
            "country",
        )

    def _subdivision(self, country: str, text: str) -> str:
        known = self._places.subdivisions
        name = folded(text)
        found = known.get(name) or known.get(f"{country}/{name}")
        found = found or known.get(f"{country}-{name}".casefold())
        if found is None or not found.startswith(f"{country}-"):
            raise _Wrong(
                "unknown-subdivision",
                f"{text[:60]!r} is no subdivision of {country}: write its name or its ISO 3166-2"
                f" code{nearest(country, text, self._places)}",
                "subdivision",
            )
        return found


Reader = Callable[[Rows, str, dict[str, object]], None]
BASES = {
    **{basis.value: basis for basis in ControlBasis},
    "operational": ControlBasis.OPERATIONAL,
    "financial": ControlBasis.FINANCIAL,
}
READERS: Mapping[str, Reader] = {
    "entity_id": Rows.entity,
    "name": Rows.name,
    "activities": Rows.activities,
    "operating": Rows.operating,
    "utilisation": Rows.utilisation,
    "start_year": Rows.start_year,
    "control_basis": Rows.control,
    "share_percent": Rows.share,
    "latitude": Rows.latitude,
    "longitude": Rows.longitude,
}


def builder(asked: Asked, binding: Binding, on: date, places: Places, evidence: Evidence) -> Build:
    """What reads the rows of one chunk."""
    return Rows(asked, binding, on, places, evidence).build


def _within(values: dict[str, object], name: str) -> dict[str, object]:
    inner = values.setdefault(name, {})
    assert isinstance(inner, dict)
    return inner


def _activities(text: str) -> tuple[Activity, ...]:
    words = text.replace("|", ";").replace("+", ";").split(";")
    found: list[Activity] = []
    for word in words:
        activity = WORDS.get(plain_name(word))
        if activity is None:
            raise _Wrong(
                "unknown-activity",
                f"{word.strip()[:60]!r} is no supply-chain activity: write {', '.join(Activity)};"
                " several with a semicolon between them",
            )
        found.append(activity)
    return tuple(found)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        hint = ": write a decimal point, not a comma" if "," in text else ""
        raise _Wrong("invalid-number", f"{text[:40]!r} is no number{hint}") from None
    if not value.is_finite() or "_" in text or abs(value.adjusted()) > 20:
        raise _Wrong("invalid-number", f"{text[:40]!r} is no number that can be meant")
    return value


def _told(path: tuple[int | str, ...], given: object) -> Fault:
    """What pydantic found, in words of the file."""
    names = [str(step) for step in path if isinstance(step, str)]
    field = next((name for name in reversed(names) if name in RIGHT), names[0] if names else "")
    slug, sentence = RIGHT.get(field, ("invalid-value", "this value cannot be taken"))
    shown = f"{str(given)[:60]!r}: " if isinstance(given, (str, int, Decimal)) else ""
    return Fault(FIELD_OF.get(field, field), slug, shown + sentence)
