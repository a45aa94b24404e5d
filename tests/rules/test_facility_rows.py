"""How a row of a facility file is read, and what is said where it cannot be."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from contracts.values import Activity, ControlBasis
from infra.errors import Refused
from infra.importing.kinds import Asked, Built
from infra.importing.mapping import Said, bind, merged, read_said, signature
from infra.importing.places import Places
from services.membership.evidence import EntityEvidence
from services.membership.facility_commands import DeclareFacility
from services.membership.facility_rows import FIELDS, builder, check

TODAY = date(2026, 11, 21)
PLACES = Places(
    {"germany": "DE", "de": "DE", "china": "CN", "cote d'ivoire": "CI"},
    {"de-nw": "DE-NW", "DE/nordrhein-westfalen": "DE-NW", "cn-bj": "CN-BJ"},
)
ENTITY = EntityEvidence(entity_id="E1", member_id="M1", open=True, known_through=7)
GOOD = {
    "facility_id": "f1",
    "entity_id": "E1",
    "name": "Works",
    "activities": "smelter",
    "country": "Germany",
}
NOTHING = Said({}, {})


def built(**cells: str) -> Built:
    """A row of the good cells and these."""
    row = {**GOOD, **cells}
    binding = bind(tuple(row), FIELDS, NOTHING, NOTHING)
    build = builder(Asked("i1", "M1"), binding, TODAY, PLACES, lambda _: ENTITY)
    return build(list(row.values()))


def command(**cells: str) -> DeclareFacility:
    """The command of such a row."""
    made = built(**cells)
    assert made.faults == ()
    assert isinstance(made.command, DeclareFacility)
    return made.command


def faults(**cells: str) -> list[tuple[str, str]]:
    """Fields and slugs of what is wrong with such a row."""
    made = built(**cells)
    assert made.command is None
    assert all(len(fault.sentence) > 10 for fault in made.faults)
    return [(fault.field, fault.slug) for fault in made.faults]


def test_a_row_becomes_the_declaration_of_a_facility() -> None:
    made = command(capacity_kt="0.5", latitude="51.10", longitude="-7.0", start_year="1971")
    assert (made.facility_id, made.member_id, made.entity, made.on) == (
        "M1.f1",
        "M1",
        ENTITY,
        TODAY,
    )
    assert made.capacity_t_per_year == 500
    assert (made.location.country, made.location.latitude) == ("DE", Decimal("51.10"))
    assert (made.start_year, made.operating, made.activities) == (1971, True, (Activity.SMELTING,))


def test_an_id_that_bears_the_member_already_is_left_as_it_is() -> None:
    assert command(facility_id="M1.f1").facility_id == "M1.f1"


@pytest.mark.parametrize(
    ("column", "text", "tonnes"),
    [
        ("annual_production_capacity_mt", "0.46", "460000"),
        ("capacity_ktpa", "2", "2000"),
        ("capacity_t_per_year", "1234.5", "1234.5"),
    ],
)
def test_a_capacity_has_its_unit_in_the_name_of_the_column(
    column: str, text: str, tonnes: str
) -> None:
    assert command(**{column: text}).capacity_t_per_year == Decimal(tonnes)


def test_decimals_keep_their_digits() -> None:
    exact = "0.123456789012345678901"
    assert command(latitude=exact, longitude="1").location.latitude == Decimal(exact)


def test_no_utilisation_means_that_it_does_not_operate() -> None:
    assert command(utilisation="0").operating is False
    assert command(capacity_factor="0.00").operating is False
    assert command(utilisation="0.4").operating is True
    assert command(utilisation="0", operating="yes").operating is True


@pytest.mark.parametrize(
    ("text", "activities"),
    [
        ("refinery", {Activity.ALUMINA_REFINING}),
        ("Casthouse; remelting", {Activity.CASTHOUSE, Activity.REMELTING_REFINING}),
        ("bauxite mining", {Activity.BAUXITE_MINING}),
    ],
)
def test_activities_are_read_from_usual_words(text: str, activities: set[Activity]) -> None:
    assert set(command(activities=text).activities) == activities


def test_a_region_behind_a_country_is_left_out_and_noted() -> None:
    made = built(country="China - North West")
    assert isinstance(made.command, DeclareFacility)
    where = made.command.location
    assert (where.country, where.subdivision, made.notes) == ("CN", None, ("region-left-out",))


def test_countries_and_subdivisions_are_read_by_name_and_code() -> None:
    assert command(country="CÔTE D'IVOIRE").location.country == "CI"
    for text in ("DE-NW", "nw", "Nordrhein-Westfalen"):
        assert command(subdivision=text).location.subdivision == "DE-NW"


def test_control_is_read() -> None:
    made = command(control_basis="joint venture", share_percent="40 %").control
    assert (made.basis, made.share_percent) == (ControlBasis.JOINT_VENTURE, Decimal(40))


@pytest.mark.parametrize(
    ("field", "text", "slug"),
    [
        ("country", "Refinery", "unknown-country"),
        ("country", "Rest of Asia - Refinery", "unknown-country"),
        ("subdivision", "CN-BJ", "unknown-subdivision"),
        ("activities", "alchemy", "unknown-activity"),
        ("latitude", "90.1", "coordinates-out-of-range"),
        ("longitude", "-181", "coordinates-out-of-range"),
        ("latitude", "51,1", "invalid-number"),
        ("latitude", "NaN", "invalid-number"),
        ("latitude", "1_0", "invalid-number"),
        ("capacity_t_per_year", "-1", "number-out-of-range"),
        ("capacity_t_per_year", "1e999999", "invalid-number"),
        ("start_year", "1971.5", "invalid-year"),
        ("start_year", "1066", "year-out-of-range"),
        ("operating", "perhaps", "invalid-answer"),
        ("utilisation", "-0.1", "number-out-of-range"),
        ("share_percent", "101", "number-out-of-range"),
        ("control_basis", "magic", "unknown-control"),
        ("facility_id", "a b", "invalid-id"),
        ("facility_id", "x" * 200, "invalid-id"),
        ("entity_id", "a@b", "invalid-id"),
        ("name", "x" * 201, "invalid-name"),
        ("name", " ", "value-missing"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(field: str, text: str, slug: str) -> None:
    assert faults(**{field: text}) == [(field, slug)]


def test_a_row_tells_all_its_faults() -> None:
    told = faults(country="Refinery", activities="alchemy", start_year="soon")
    assert {field for field, _ in told} == {"country", "activities", "start_year"}


def test_a_row_without_an_id_has_no_key() -> None:
    assert built(facility_id="").key is None
    assert built(country="Refinery").key == "M1.f1"


# --- columns ---


def test_what_is_said_stands_before_what_is_remembered_and_that_before_names() -> None:
    columns = ("facility_id", "name", "kind", "land", "country", "title")
    remembered = Said({"name": "title", "country": "land"}, {"entity_id": "E1"})
    found = bind(columns, FIELDS, Said({"country": "country"}, {}), remembered).fields
    assert {name: (one.column, one.how) for name, one in found.items()} == {
        "country": ("country", "said"),
        "name": ("title", "remembered"),
        "entity_id": (None, "remembered"),
        "facility_id": ("facility_id", "by name"),
        "activities": ("kind", "by name"),
    }


def test_what_is_said_now_is_what_is_remembered_next() -> None:
    now = merged(Said({"name": "title"}, {"entity_id": "E1"}), Said({"entity_id": "unit"}, {}))
    assert now == Said({"name": "title", "entity_id": "unit"}, {})


def test_two_columns_for_one_field_are_not_guessed_between() -> None:
    with pytest.raises(Refused, match="column-ambiguous"):
        bind((*GOOD, "lat", "Lat."), FIELDS, NOTHING, NOTHING)


def test_error_columns_of_a_reject_file_do_not_count() -> None:
    columns = (*GOOD, "error_slug", "error_column", "error")
    assert bind(columns, FIELDS, NOTHING, NOTHING).ignored == ()
    assert signature(columns) == signature(tuple(reversed(GOOD)))


@pytest.mark.parametrize("text", ["name", "name:", "soul:x"])
def test_a_mapping_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="invalid-mapping"):
        read_said([text], [], FIELDS)


@pytest.mark.parametrize(
    ("said", "slug"),
    [
        (Said({"capacity_t_per_year": "size"}, {}), "unit-missing"),
        (Said({"capacity_t_per_year": "size"}, {"capacity_unit": "firkin"}), "unknown-unit"),
    ],
)
def test_a_capacity_without_a_unit_is_refused(said: Said, slug: str) -> None:
    columns: Mapping[str, str] = {**GOOD, "size": "1"}
    with pytest.raises(Refused, match=slug):
        check(bind(tuple(columns), FIELDS, said, NOTHING))
