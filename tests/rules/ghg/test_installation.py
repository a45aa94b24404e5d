"""What the border mechanism asks of an installation: given, checked, kept and shown, never guessed
(sources.md 4.8)."""

import pytest

from infra.importing.places import places
from infra.problems import InvalidRequest
from services.ghg.activity import packing
from services.ghg.activity.installation import NOT_GIVEN, Installation, faults_of
from services.ghg.activity.inventory import Inventory, Site
from services.ghg.activity.sent import DatumSent, InstallationSent, SiteSent
from services.ghg.activity.taking import inventory_of, site_of
from services.ghg.evidence import FacilityEvidence

from .given import POLICY, d
from .made import inventory, smelter
from .test_activity_rows import UNITS, assembled, taken

TOLD = {
    "installation_name": "Works",
    "address": "Road 1, Sunndal",
    "unlocode": "no sun",
    "latitude": "62.67",
    "longitude": "-8.5",
    "verifier": "Verifiers Ltd",
    "verifier_accreditation": "ACC-7",
    "production_route": "Primary",
    "carbon_price": "90.50",
    "carbon_price_currency": "nok",
    "carbon_price_instrument": "tax",
    "carbon_price_rebate": "80",
}
READ = Installation(
    "Works",
    "Road 1, Sunndal",
    "NOSUN",
    d("62.67"),
    d("-8.5"),
    "Verifiers Ltd",
    "ACC-7",
    "primary",
    d("90.50"),
    "NOK",
    "tax",
    d("80"),
)
METAL = {"item": "bought.primary_metal", "quantity": "1000", "unit": "t"}
CAST = {"item": "output.cast_metal", "quantity": "10", "unit": "t"}


def test_a_file_tells_of_its_installation_in_any_of_its_rows() -> None:
    assert taken({}, TOLD).site.installation == READ
    assert taken({}).site.installation is NOT_GIVEN
    assert READ.carbon_price_left == d("10.50")
    assert READ._replace(carbon_price_rebate=None).carbon_price_left is None


@pytest.mark.parametrize(
    ("cells", "field", "slug"),
    [
        ({"unlocode": "NOSU1"}, "unlocode", "invalid-unlocode"),
        ({"unlocode": "Sunndal"}, "unlocode", "invalid-unlocode"),
        ({"unlocode": "CNSHA"}, "unlocode", "unlocode-of-other-country"),
        ({"latitude": "91", "longitude": "8"}, "latitude", "invalid-degrees"),
        ({"latitude": "62° 40'", "longitude": "8"}, "latitude", "invalid-degrees"),
        ({"latitude": "62.67"}, "longitude", "value-missing"),
        ({"verifier_accreditation": "ACC-7"}, "verifier", "value-missing"),
        ({"production_route": "green"}, "production_route", "unknown-site-word"),
        ({"carbon_price": "90"}, "carbon_price_currency", "value-missing"),
        ({"carbon_price_rebate": "90"}, "carbon_price", "value-missing"),
        ({"carbon_price": "-1"}, "carbon_price", "quantity-negative"),
        (
            {"carbon_price": "9", "carbon_price_currency": "NOK", "carbon_price_rebate": "9.1"},
            "carbon_price_rebate",
            "rebate-above-price",
        ),
    ],
)
def test_what_is_wrong_names_its_field(cells: dict[str, str], field: str, slug: str) -> None:
    found = assembled({}, cells)
    assert found.inventory is None
    assert {(one.field, one.slug) for faults in found.faults for one in faults} == {(field, slug)}


def test_a_currency_is_one_of_iso_4217() -> None:
    dollars = NOT_GIVEN._replace(carbon_price=d("1"), carbon_price_currency="USX")
    (fault,) = faults_of(dollars, "NO", places().currencies)
    assert (fault.field, fault.slug) == ("carbon_price_currency", "unknown-currency")
    assert faults_of(READ, "NO", places().currencies) == []


def test_two_rows_that_say_different_things_of_it_are_told() -> None:
    found = assembled({"unlocode": "NOSUN"}, {"unlocode": "NOOSL"})
    assert [one.slug for one in found.faults[1]] == ["site-contradicts"]


def test_it_is_kept_with_the_data_and_older_chunks_are_read_as_before() -> None:
    whole = inventory(*smelter(), site=Site("F1", "NO", installation=READ))
    chunks = packing.pack(whole)
    assert packing.unpack(chunks) == whole._replace(data=tuple(whole.data))
    bare = packing.pack(inventory(*smelter(), site=Site("F1", "NO")))
    assert bare[0].columns == (*packing.HEAD,), "as every version that is stored already"
    assert packing.unpack(bare).site.installation == NOT_GIVEN
    assert packing.data_hash(bare) != packing.data_hash(chunks)


def test_goods_and_precursors_say_what_they_are() -> None:
    cells = {"embedded": "2.1", "embedded_unit": "t CO2e/t", "embedded_boundary": "Direct"}
    metal, cast = taken(METAL | cells, CAST | {"cn_code": "7601 20.80"}).data
    assert (metal.embedded, metal.embedded_boundary) == (d("2100"), "direct")
    assert metal.factor is None, "another figure than the footprint"
    assert cast.cn_code == "76012080"


@pytest.mark.parametrize(
    ("cells", "field", "slug"),
    [
        (METAL | {"embedded": "2.1"}, "embedded", "unit-missing"),
        (METAL | {"embedded": "x", "embedded_unit": "kg CO2e/t"}, "embedded", "invalid-number"),
        (METAL | {"embedded_unit": "kg CO2e/t"}, "embedded", "value-missing"),
        (
            METAL | {"embedded": "2100", "embedded_unit": "t CO2e/t"},
            "embedded",
            "factor-not-physical",
        ),
        (METAL | {"embedded_boundary": "wide"}, "embedded_boundary", "unknown-boundary"),
        ({"embedded": "2", "embedded_unit": "kg CO2e/MJ"}, "embedded", "embedded-not-used"),
        ({"embedded_boundary": "direct"}, "embedded", "embedded-not-used"),
        ({"embedded_gwp_set": "AR5"}, "embedded", "embedded-not-used"),
        (METAL | {"embedded_gwp_set": "AR9"}, "embedded_gwp_set", "unknown-gwp-set"),
        (CAST | {"cn_code": "7202"}, "cn_code", "invalid-cn-code"),
        (METAL | {"cn_code": "7601"}, "cn_code", "cn-code-not-used"),
    ],
)
def test_a_code_or_a_figure_in_the_wrong_place_is_told(
    cells: dict[str, str], field: str, slug: str
) -> None:
    found = assembled({}, cells)
    assert [(one.field, one.slug) for one in found.faults[1]] == [(field, slug)]


# --- over HTTP ---

WORKS = FacilityEvidence.model_validate(
    {"facility_id": "F1", "member_id": "M1", "entity_id": "E1", "location": {"country": "NO"}}
)


def sent(**more: object) -> Inventory:
    """A facility-year of bought metal, as sent."""
    fields = {
        "datum_id": "cold",
        "step": "casting",
        "item": "bought.primary_metal",
        "quantity": "1000",
        "unit": "t",
        "kind": "supplier_verified",
    }
    datum = DatumSent.model_validate(fields | more)
    return inventory_of(Site("F1", "NO"), 2024, (datum,), UNITS, POLICY)


def test_what_is_sent_is_what_a_file_gives() -> None:
    told = InstallationSent.model_validate(
        {**TOLD, "unlocode": "NOSUN", "production_route": "primary"}
    )
    told = told.model_copy(update={"carbon_price_currency": "NOK"})
    assert site_of(WORKS, SiteSent(installation=told)).installation == READ
    assert site_of(WORKS, SiteSent()).installation == NOT_GIVEN
    (metal,) = sent(embedded="2100", embedded_boundary="direct").data
    assert (metal.embedded, metal.embedded_boundary) == (d("2100"), "direct")


def test_what_is_sent_wrong_names_its_place() -> None:
    with pytest.raises(InvalidRequest) as wrong:
        sent(embedded="2100", embedded_gwp_set="AR9")
    assert [(one.pointer, one.slug) for one in wrong.value.errors] == [
        ("/data/0/embedded_gwp_set", "unknown-gwp-set")
    ]
    with pytest.raises(InvalidRequest) as refused:
        site_of(WORKS, SiteSent(installation=InstallationSent(unlocode="CNSHA")))
    assert [one.pointer for one in refused.value.errors] == ["/site/installation/unlocode"]
    with pytest.raises(InvalidRequest) as refused:
        sent(cn_code="7601")
    assert [one.pointer for one in refused.value.errors] == ["/data/0/cn_code"]
