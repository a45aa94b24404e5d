"""Rows of an activity file: what they mean, and what is said where they cannot be."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import pytest

from contracts.inventory import DataKind, Step
from infra.importing.mapping import Said, bind
from infra.importing.places import Places
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.activity.rows import Assembled, Rows
from services.ghg.activity.sites import SiteReader
from services.ghg.activity.units import FAMILY, Units
from services.ghg.activity.words import FIELDS
from services.ghg.factors.factorfiles import read_factors
from services.ghg.factors.pinned import OTHER_FUELS
from tests.rules.ghg.given import POLICY

PLACES = Places({"norway": "NO", "no": "NO", "china": "CN"}, {"CN/yunnan": "CN-YN"})
BOOK = read_factors()
UNITS = Units(
    BOOK.named("calorific_ipcc_2006", FAMILY), BOOK.named("other_fuels_2006", OTHER_FUELS)
)
GOOD = {
    "facility_id": "f1",
    "year": "2024",
    "step": "casthouse",
    "item": "fuel.gas",
    "quantity": "12.5",
    "unit": "GJ",
    "kind": "measured",
    "country": "Norway",
}
NOTHING = Said({}, {})


def reader(columns: Sequence[str], constants: Mapping[str, str] | None = None) -> Rows:
    """What reads files of such columns, of a member whose ids begin with `M1.`."""
    binding = bind(columns, FIELDS, Said({}, constants or {}), NOTHING)
    sites = SiteReader(PLACES, lambda _: None, only_known=False)
    return Rows(binding, UNITS, sites, POLICY, "M1.")


def assembled(*rows: Mapping[str, str]) -> Assembled:
    """A facility-year of the good row with these changes, one for each row."""
    whole = [{**GOOD, **row} for row in rows or ({},)]
    columns = list(dict.fromkeys(name for row in whole for name in row))
    return reader(columns).assemble([[row.get(name, "") for name in columns] for row in whole])


def taken(*rows: Mapping[str, str]) -> Inventory:
    """The inventory of rows that are right."""
    found = assembled(*rows)
    assert found.inventory is not None, found.faults
    return found.inventory


def datum(**cells: str) -> Datum:
    """The datum of one row that is right."""
    return taken(cells).data[0]


def faults(**cells: str) -> list[tuple[str, str]]:
    """Columns and slugs of what is wrong with one row."""
    found = assembled(cells)
    assert found.inventory is None
    assert all(10 < len(fault.sentence) < 400 for fault in found.faults[0])
    return [(fault.field, fault.slug) for fault in found.faults[0]]


def test_a_row_becomes_a_datum_in_the_unit_of_its_item() -> None:
    found = taken({"datum_id": "d1", "source": "meter 7", "evidence": "doc-1"})
    assert (found.year, found.site) == (2024, Site("M1.f1", "NO"))
    assert found.data[0] == Datum(
        datum_id="d1",
        step=Step.CASTING,
        item="fuel.gas",
        quantity=Decimal(12_500),
        kind=DataKind.MEASURED,
        source="meter 7",
        evidence="doc-1",
    )


def test_everything_that_a_row_can_say_is_read() -> None:
    found = datum(
        step="electrolysis",
        item="power.green_certificate",
        quantity="2",
        unit="GWh",
        kind="supplier verified",
        supplier_id="SUP-1",
        factor="0.02",
        factor_unit="t CO2e/MWh",
        factor_source="statement 2024",
        proofs="certificate_cancellation; meter",
        certificates="GEC-7: 1200; GEC-8=800 MWh",
        certificate_years="GEC-7: 2024; gec-8: 2023",
        certificate_lots="5000 MWh",
        geography="NO2",
        data_year="2023",
        uncertainty_percent="1.5",
        from_on="2024-02-01",
        to_on="2024-12-31",
        left_out="Yes",
    )
    assert found.left_out == "yes"
    assert (found.quantity, found.kind) == (Decimal(2_000_000), DataKind.SUPPLIER_VERIFIED)
    assert (found.factor, found.factor_source) == (Decimal("0.02"), "statement 2024")
    assert found.proofs == ("certificate_cancellation", "meter")
    assert found.certificates == (("GEC-7", Decimal(1200)), ("GEC-8", Decimal(800)))
    assert found.certificate_years == (("GEC-7", 2024), ("gec-8", 2023))
    assert found.certificate_lots == (("", Decimal(5000)),)
    assert (found.data_year, found.uncertainty_percent) == (2023, Decimal("1.5"))
    assert (found.from_on, found.to_on) == (date(2024, 2, 1), date(2024, 12, 31))


SLOPE = {
    "step": "potline",
    "item": "own PFC slope, CF4 per tonne",
    "quantity": "0.1",
    "unit": "kg/t/(min/cell-day)",
}


@pytest.mark.parametrize("read", [Rows.at_once, Rows.one_by_one])
@pytest.mark.parametrize(
    ("begins", "ends"), [("2021-06-01", ""), ("", "2021-06-15"), ("2021-06-01", "2021-06-15")]
)
def test_a_parameter_may_have_been_measured_before_its_year(
    read: Callable[[Rows, Sequence[Sequence[str]]], Assembled | None], begins: str, ends: str
) -> None:
    row = GOOD | SLOPE | {"from_on": begins, "to_on": ends}
    found = read(reader(list(row)), [list(row.values())])
    assert found is not None
    assert found.inventory is not None, found.faults
    days = [date.fromisoformat(day) if day else None for day in (begins, ends)]
    assert [found.inventory.data[0].from_on, found.inventory.data[0].to_on] == days


@pytest.mark.parametrize(
    "days",
    [
        {"from_on": "2025-01-01"},
        {"to_on": "2025-01-01"},
        {"from_on": "2021-06-15", "to_on": "2021-06-01"},
    ],
)
def test_a_parameter_is_not_measured_after_its_year_nor_backwards(days: dict[str, str]) -> None:
    assert faults(**SLOPE, **days) == [("from_on", "period-outside-year")]


@pytest.mark.parametrize(
    ("item", "step", "slug"),
    [
        ("natural gas", "casthouse", "fuel.gas"),
        ("Natural Gas", "Potline", "fuel.gas"),
        ("grid", "smelter", "power.grid"),
        ("aluminium fluoride", "smelting", "bought.alf3"),
    ],
)
def test_items_and_steps_may_be_called_by_their_usual_names(
    item: str, step: str, slug: str
) -> None:
    unit = {"fuel.gas": "GJ", "power.grid": "kWh"}.get(slug, "t")
    assert datum(item=item, step=step, unit=unit).item == slug


def test_data_without_ids_get_the_same_ids_in_the_same_order() -> None:
    found = taken({}, {"item": "fuel.diesel"}, {}, {"datum_id": "own"})
    assert [one.datum_id for one in found.data] == [
        "casting.fuel.gas.1",
        "casting.fuel.diesel.1",
        "casting.fuel.gas.2",
        "own",
    ]


def test_fuel_by_mass_says_by_which_default_it_was_converted_and_is_counted() -> None:
    found = assembled({"unit": "t", "source": "invoice"}, {})
    assert found.inventory is not None
    assert found.notes == ("default-calorific-value",)
    assert found.inventory.data[0].source.startswith("invoice; net calorific value 48.0 MJ/kg")


def test_a_row_like_one_before_it_counts_and_is_told() -> None:
    twice = assembled({}, {}, {"quantity": "13"}, {})
    assert twice.notes == ("row-repeated",) * 2
    assert twice.inventory is not None
    assert len(twice.inventory.data) == 4
    for other in ({"source": "meter 2"}, {"step": "anode"}, {"from_on": "2024-07-01"}):
        assert assembled({}, other).notes == ()
    assert assembled({"datum_id": "a"}, {"datum_id": "b"}).notes == (), "told apart by their ids"


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ({"quantity": "-1"}, ("quantity", "quantity-negative")),
        ({"quantity": ""}, ("quantity", "value-missing")),
        ({"quantity": "1,5"}, ("quantity", "invalid-number")),
        ({"quantity": "1.234,5"}, ("quantity", "invalid-number")),
        ({"quantity": "1_000"}, ("quantity", "invalid-number")),
        ({"quantity": "NaN"}, ("quantity", "invalid-number")),
        ({"quantity": "1e99"}, ("quantity", "invalid-number")),
        ({"quantity": "9" * 400}, ("quantity", "invalid-number")),
        ({"unit": ""}, ("unit", "unit-missing")),
        ({"unit": "ton"}, ("unit", "unit-unknown")),
        ({"unit": "t*km"}, ("unit", "unit-of-other-kind")),
        ({"year": "2023/24"}, ("year", "year-not-calendar")),
        ({"year": "FY2024"}, ("year", "year-not-calendar")),
        ({"year": "1066"}, ("year", "year-not-calendar")),
        ({"item": "fuel.peat"}, ("item", "unknown-item")),
        ({"item": "input.net_anode", "unit": "t"}, ("step", "item-at-wrong-step")),
        ({"step": "alchemy"}, ("step", "unknown-step")),
        ({"kind": "guessed"}, ("kind", "unknown-data-kind")),
        ({"kind": ""}, ("kind", "value-missing")),
        ({"factor": "9", "factor_unit": "kg CO2e/MJ"}, ("factor", "factor-not-physical")),
        ({"factor": "0.05"}, ("factor", "unit-missing")),
        ({"factor": "0.05", "factor_unit": "kg CO2e/t*km"}, ("factor", "unit-of-other-kind")),
        ({"factor": "-1", "factor_unit": "kg CO2e/MJ"}, ("factor", "quantity-negative")),
        ({"item": "output.cast_metal", "unit": "t", "factor": "1", "factor_unit": "t CO2e/t"},
         ("factor", "factor-not-used")),
        ({"item": "scrap.in", "unit": "t"}, ("scrap_kind", "scrap-kind-missing")),
        ({"item": "stock.opening", "unit": "t"}, ("of", "stock-of-nothing")),
        ({"item": "stock.opening", "unit": "t", "of": "natural gas"}, ("of", "stock-of-nothing")),
        ({"item": "scrap.in", "unit": "t", "scrap_kind": "mixed"},
         ("scrap_kind", "unknown-scrap-kind")),
        ({"step": "potline", "item": "parameter.S_a", "quantity": "2", "unit": "fraction"},
         ("quantity", "share-above-one")),
        ({"step": "potline", "item": "duct.collected", "quantity": "101", "unit": "%"},
         ("quantity", "share-above-one")),
        ({"step": "potline", "item": "parameter.S_CF4", "quantity": "110",
          "unit": "kg/t/(min/cell-day)"}, ("quantity", "factor-not-physical")),
        ({"step": "potline", "item": "parameter.OVC", "quantity": "1160", "unit": "kg/t/mV"},
         ("quantity", "factor-not-physical")),
        ({"step": "potline", "item": "parameter.F", "quantity": "61", "unit": "%"},
         ("quantity", "factor-not-physical")),
        ({"from_on": "2023-12-31"}, ("from_on", "period-outside-year")),
        ({"to_on": "2025-01-01"}, ("from_on", "period-outside-year")),
        ({"from_on": "31.12.2024"}, ("from_on", "invalid-day")),
        ({"proofs": "promise"}, ("proofs", "unknown-proof")),
        ({"certificates": "GEC-7"}, ("certificates", "invalid-certificates")),
        ({"certificates": "GEC-7: 5", "certificate_years": "2024/25"},
         ("certificate_years", "invalid-certificates")),
        ({"certificates": "GEC-7: 5", "certificate_years": "GEC-7: 24"},
         ("certificate_years", "year-not-calendar")),
        ({"certificates": "GEC-7: 5", "certificate_lots": "many"},
         ("certificate_lots", "invalid-certificates")),
        ({"certificates": "GEC-7: 5", "certificate_lots": "GEC-8: 50"},
         ("certificates", "certificate-not-named")),
        ({"certificate_years": "2024"}, ("certificates", "certificate-not-named")),
        ({"supplier_id": "ACME Ltd"}, ("supplier_id", "invalid-id")),
        ({"data_year": "last"}, ("data_year", "year-not-calendar")),
        ({"source": "x" * 201}, ("source", "text-too-long")),
        ({"country": "Atlantis"}, ("country", "unknown-country")),
        ({"country": ""}, ("country", "value-missing")),
        ({"subdivision": "Yunnam"}, ("subdivision", "unknown-subdivision")),
        ({"cell_technology": "steam"}, ("cell_technology", "unknown-site-word")),
        ({"started": "long ago"}, ("started", "invalid-start")),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_names_its_column(
    cells: dict[str, str], wrong: tuple[str, str]
) -> None:
    assert faults(**cells) == [wrong]


def test_all_faults_of_a_row_are_told() -> None:
    found = faults(quantity="much", unit="firkin", step="alchemy", kind="guessed", to_on="never")
    assert sorted(found) == [
        ("kind", "unknown-data-kind"),
        ("quantity", "invalid-number"),
        ("step", "unknown-step"),
        ("to_on", "invalid-day"),
        ("unit", "unit-unknown"),
    ]


def test_an_unknown_item_names_what_is_near() -> None:
    found = assembled({"item": "fuel.deisel"})
    assert "fuel.diesel" in found.faults[0][0].sentence


def test_one_wrong_row_leaves_no_inventory_and_the_others_without_a_fault() -> None:
    found = assembled({}, {"quantity": "-1"}, {})
    assert found.inventory is None
    assert [len(one) for one in found.faults] == [0, 1, 0]


def test_an_id_that_stands_twice_is_refused_where_it_stands_again() -> None:
    found = assembled({"datum_id": "a"}, {"datum_id": "b"}, {"datum_id": "a"})
    assert found.inventory is None
    assert [[fault.slug for fault in one] for one in found.faults] == [[], [], ["datum-twice"]]


def test_what_is_said_of_the_site_is_said_once_and_the_same() -> None:
    found = taken({"cell_technology": "pfpb_m", "started": "1998"}, {"low_voltage": ""})
    assert (found.site.technology, found.site.started) == ("PFPB_M", 1998)
    wrong = assembled({"cell_technology": "PFPB_M"}, {"cell_technology": "CWPB"})
    assert [[fault.slug for fault in one] for one in wrong.faults] == [[], ["site-contradicts"]]


def test_what_is_registered_of_a_site_stands_before_the_file() -> None:
    columns = [*GOOD, "started"]
    known = Site("M1.f1", "CN", "CN-YN", started=2010)
    binding = bind(columns, FIELDS, NOTHING, NOTHING)
    rows = Rows(binding, UNITS, SiteReader(PLACES, lambda _: known, only_known=True), POLICY, "M1.")
    good = [*GOOD.values(), ""]
    silent = [*list(GOOD.values())[:-1], "", ""]
    assert rows.assemble([good]).faults[0][0].slug == "site-contradicts"
    found = rows.assemble([silent]).inventory
    assert found is not None
    assert found.site == known


def test_a_facility_of_nobody_is_refused_where_only_known_ones_count() -> None:
    binding = bind(list(GOOD), FIELDS, NOTHING, NOTHING)
    rows = Rows(binding, UNITS, SiteReader(PLACES, lambda _: None, only_known=True), POLICY, "M1.")
    found = rows.assemble([list(GOOD.values())])
    assert [fault.slug for fault in found.faults[0]] == ["unknown-facility"]


def test_the_year_and_the_kind_may_be_set_for_all_rows() -> None:
    columns = [name for name in GOOD if name not in ("year", "kind")]
    rows = reader(columns, {"year": "2022", "kind": "default"})
    cells = [GOOD[name] for name in columns]
    found = rows.assemble([cells]).inventory
    assert found is not None
    assert (found.year, found.data[0].kind) == (2022, DataKind.DEFAULT)
    assert rows.key(cells) == "M1.f1:2022"


def test_rows_of_one_facility_year_have_one_key_however_it_is_written() -> None:
    rows = reader(list(GOOD))
    keys = {
        rows.key(list({**GOOD, "facility_id": own, "year": year}.values()))
        for own in ("f1", " f1", "M1.f1")
        for year in ("2024", "2024.0", " 2024")
    }
    assert keys == {"M1.f1:2024"}
    assert rows.key(list({**GOOD, "year": ""}.values())) == ""


# --- suppliers ---


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("SUP-1", "SUP-1"),
        ("ACME Ltd.", "acme-ltd"),
        ("  Acme  LTD", "acme-ltd"),
        ("Aluminério São Luís", "aluminerio-sao-luis"),
    ],
)
def test_a_supplier_may_be_named_and_has_the_same_id_each_time(name: str, made: str) -> None:
    assert datum(supplier_name=name).supplier_id == made


def test_names_in_other_letters_are_told_apart() -> None:
    one, other = (datum(supplier_name=name).supplier_id for name in ("中铝 A", "神火 A"))
    assert one != other
    assert one.startswith("supplier-")


def test_a_column_of_suppliers_may_hold_names_and_an_id_stands_before_a_name() -> None:
    assert datum(vendor="ACME Ltd").supplier_id == "acme-ltd"
    rows = ({"supplier_id": "SUP-1", "supplier_name": "ACME"}, {"supplier_name": "Rio & Co"})
    for read in (Rows.at_once, Rows.one_by_one):
        columns = [*GOOD, "supplier_id", "supplier_name"]
        cells = [[{**GOOD, **row}.get(name, "") for name in columns] for row in rows]
        found = read(reader(columns), cells)
        assert found is not None
        assert found.inventory is not None
        assert [one.supplier_id for one in found.inventory.data] == ["SUP-1", "rio-co"]


def test_a_name_that_is_given_as_an_id_hears_what_would_be_one_and_where_names_go() -> None:
    (fault,) = assembled({"supplier_id": "ACME Ltd"}).faults[0]
    assert "ACME-Ltd would be one" in fault.sentence
    assert "supplier_name" in fault.sentence
