"""Words of activity data: what nobody knows is refused by name, in a file and over HTTP alike."""

from decimal import Decimal

import pytest

from contracts.inventory import DataKind, Step
from infra.problems import InvalidRequest
from services.ghg.activity.inventory import Datum, Site
from services.ghg.activity.meaning import TECHNOLOGIES, TREATMENTS
from services.ghg.activity.packing import pack, unpack
from services.ghg.activity.problems import ROW_PROBLEMS
from services.ghg.activity.sent import DatumSent
from services.ghg.activity.taking import inventory_of
from services.ghg.calculation.circularity import Level, circularity

from .given import POLICY
from .made import inventory
from .test_activity_rows import UNITS, assembled, faults
from .test_activity_rows import datum as row

DROSS = {"step": "casting", "item": "waste.dross", "quantity": "9", "unit": "t"}
TAPPED = {"step": "electrolysis", "item": "output.liquid_metal", "quantity": "9", "unit": "t"}
SOLD = {"step": "casting", "item": "output.sold", "quantity": "9", "unit": "t"}
GRID = {"step": "casting", "item": "power.grid", "quantity": "9", "unit": "MWh"}
SCRAP = {"step": "electrolysis", "item": "scrap.in", "quantity": "9", "unit": "t"} | {
    "scrap_kind": "post_consumer"
}
LEG = {"step": "casting", "item": "transport.road", "quantity": "9", "unit": "t*km"}


def sent(**fields: object) -> Datum:
    """One datum sent over HTTP."""
    said = {"datum_id": "d", "kind": DataKind.MEASURED, **fields}
    datum = DatumSent.model_validate(said)
    return inventory_of(Site("F1", "NO"), 2024, (datum,), UNITS, POLICY).data[0]


def refused(**fields: object) -> list[tuple[str, str]]:
    """Fields and slugs of what is wrong with one datum over HTTP."""
    with pytest.raises(InvalidRequest) as found:
        sent(**fields)
    return [(one.pointer, one.slug or "") for one in found.value.errors]


@pytest.mark.parametrize(
    ("of", "field", "word", "slug"),
    [
        (DROSS, "treatment", "buried somewhere", "unknown-treatment"),
        (DROSS, "treatment", "recyceld", "unknown-treatment"),
        (TAPPED, "technology", "Soederberg", "unknown-cell-technology"),
        (SOLD, "of", "fuel.gas", "sold-of-nothing"),
        (SOLD, "of", "output.cast_metall", "unknown-item"),
        (SCRAP, "of", "output.alumina", "scrap-of-nothing"),
        ({**SCRAP, "step": "casting"}, "of", "scrap.in", "scrap-of-nothing"),
        (LEG, "of", "bought.bauxit", "unknown-item"),
        (GRID, "proofs", "grid_connexion", "unknown-proof"),
        (DROSS, "factor", "0.5", "factor-not-used"),
        (DROSS, "factor_gwp_set", "AR7", "unknown-gwp-set"),
        (DROSS, "calorific_unit", "BTU", "unit-unknown"),
    ],
)
def test_a_word_that_nobody_knows_is_refused_at_its_field(
    of: dict[str, str], field: str, word: str, slug: str
) -> None:
    said = [word] if field == "proofs" else word
    if field not in ("calorific_unit",):  # over HTTP it is read with the value that it is of
        assert refused(**of, **{field: said}) == [(f"/data/0/{field}", slug)]
    assert (field, slug) in faults(**of, **{field: word})


def test_refused_words_are_explained() -> None:
    explained = {one.slug for one in ROW_PROBLEMS}
    assert {"unknown-treatment", "unknown-cell-technology", "sold-of-nothing"} <= explained
    assert "scrap-of-nothing" in explained


@pytest.mark.parametrize("of", ["", "output.liquid_metal", "output.cast_metal"])
def test_scrap_in_cells_says_in_what_its_metal_was_weighed_or_nothing(of: str) -> None:
    said = {"of": of} if of else {}
    assert sent(**SCRAP, **said).of == row(**SCRAP, of=of).of == of


@pytest.mark.parametrize("of", ["output.liquid_metal", "output.cast_metal"])
def test_stock_says_whether_it_waits_to_be_cast_or_was_cast_and_may_be_none(of: str) -> None:
    stock = {"step": "casting", "item": "stock.closing", "quantity": "0", "unit": "t", "of": of}
    for told in (row(**stock), sent(**stock)):
        kept = unpack(pack(inventory(told))).data[0]
        assert (kept.of, kept.quantity) == (of, Decimal(0))


def test_what_was_meant_by_a_treatment_is_named_with_every_word_that_there_is() -> None:
    [[fault]] = assembled({**DROSS, "treatment": "recyceld"}).faults
    assert "nearest is recycled; " in fault.sentence
    assert "reused, recycled, recovered, treated, stored, landfilled" in fault.sentence
    assert "untold" not in fault.sentence


@pytest.mark.parametrize("word", sorted(TREATMENTS))
def test_each_treatment_is_read_by_any_of_its_names(word: str) -> None:
    written = word.replace("_", " ").title()
    by_file, by_http = row(**DROSS, treatment=written), sent(**DROSS, treatment=written)
    assert by_file.treatment == by_http.treatment == TREATMENTS[word]
    assert Level(by_file.treatment)


@pytest.mark.parametrize("word", sorted(TECHNOLOGIES))
def test_each_technology_of_cells_is_read_in_any_spelling(word: str) -> None:
    assert row(**TAPPED, technology=word).technology == TECHNOLOGIES[word]
    assert sent(**TAPPED, technology=f" {word}").technology == TECHNOLOGIES[word]


def test_what_is_not_told_of_a_waste_stays_untold() -> None:
    for told in (row(**DROSS), row(**DROSS, treatment=" "), sent(**DROSS)):
        waste = circularity(inventory(told)).waste
        assert waste == {("waste.dross", Level.UNTOLD): Decimal(9)}


def test_free_text_stays_free_at_items_where_a_word_means_nothing() -> None:
    """A plant's technology, the destination of a good, a region, a meter."""
    plant = {"step": "site", "item": "power.own_generation", "quantity": "9", "unit": "MWh"}
    assert row(**plant, technology="coal, fluidised bed").technology == "coal, fluidised bed"
    assert sent(**plant, technology="Hydro").technology == "Hydro"
    assert row(**TAPPED, destination="Rotterdam").treatment == "Rotterdam"
    assert sent(**GRID, geography="North, zone 3").geography == "North, zone 3"


def test_a_loss_may_say_of_which_kind_of_scrap_it_is() -> None:
    loss = {"step": "casting", "item": "loss.metal", "quantity": "9", "unit": "t"}
    for told in (row(**loss, scrap_kind="post_consumer"), sent(**loss, scrap_kind="post_consumer")):
        assert told.scrap_kind == "post_consumer"
        assert unpack(pack(inventory(told))).data[0].scrap_kind == "post_consumer"
    assert row(**loss).scrap_kind == sent(**loss).scrap_kind == ""


def test_an_item_that_another_is_of_is_read_by_any_of_its_names() -> None:
    assert sent(**SOLD, of="output.cast_metal").of == row(**SOLD, of="metal cast").of


def test_words_that_were_stored_before_are_calculated_as_they_were() -> None:
    old = Datum("d", Step.CASTING, "waste.dross", Decimal(9), DataKind.MEASURED)
    told = inventory(old._replace(treatment="buried somewhere"))
    read = unpack(pack(told))
    assert read.data == told.data
    assert circularity(read).waste == {("waste.dross", Level.UNTOLD): Decimal(9)}
