"""Over HTTP a factor and what metal embeds have units of their own, read as a file's are."""

from decimal import Decimal

import pytest

from contracts.inventory import DataKind
from infra.problems import InvalidRequest
from services.ghg.activity.inventory import Datum, Site
from services.ghg.activity.sent import DatumSent
from services.ghg.activity.taking import inventory_of

from .given import POLICY, d
from .test_activity_rows import UNITS, faults
from .test_activity_rows import datum as row

ALUMINA = {"step": "electrolysis", "item": "bought.alumina", "quantity": "10", "unit": "kt"}
METAL = {"step": "casting", "item": "bought.primary_metal", "quantity": "10", "unit": "t"}
POWER = {"step": "casting", "item": "power.grid", "quantity": "10", "unit": "GWh"}
CAST = {"step": "casting", "item": "output.cast_metal", "quantity": "10", "unit": "t"}


def sent(**fields: object) -> Datum:
    """One datum sent over HTTP."""
    said = DatumSent.model_validate({"datum_id": "d", "kind": DataKind.MEASURED, **fields})
    return inventory_of(Site("F1", "NO"), 2024, (said,), UNITS, POLICY).data[0]


@pytest.mark.parametrize(
    ("cells", "kg"),
    [
        (ALUMINA | {"factor": "1.9", "factor_unit": "t CO2e/t"}, "1900"),
        (ALUMINA | {"factor": "1900", "factor_unit": "kg CO2e per t"}, "1900"),
        (POWER | {"factor": "0.45", "factor_unit": "t CO2e/MWh"}, "0.45"),
        (POWER | {"factor": "125", "factor_unit": "g CO2e/MJ"}, "0.45"),
        ({**ALUMINA, "item": "fuel.gas", "unit": "GJ", "factor": "56.1",
          "factor_unit": "kg CO2/GJ"}, "0.0561"),
    ],
)  # fmt: skip
def test_a_factor_in_any_sensible_unit_is_stored_as_that_of_a_file(
    cells: dict[str, str], kg: str
) -> None:
    assert sent(**cells).factor == row(**cells).factor == d(kg)


def test_what_metal_embeds_in_any_sensible_unit_is_stored_as_that_of_a_file() -> None:
    said = METAL | {"embedded": "1.6", "embedded_unit": "t CO2e/t", "embedded_boundary": "direct"}
    assert sent(**said).embedded == row(**said).embedded == d("1600")


@pytest.mark.parametrize(
    ("cells", "field", "slug"),
    [
        (ALUMINA | {"factor_unit": "t CO2e/t"}, "factor", "value-missing"),
        (ALUMINA | {"factor": "1", "factor_unit": "t"}, "factor", "unit-unknown"),
        (ALUMINA | {"factor": "1", "factor_unit": "kg CO2e/MJ"}, "factor", "unit-of-other-kind"),
        (ALUMINA | {"factor": "1", "factor_unit": "ton CO2e/t"}, "factor", "unit-unknown"),
        (ALUMINA | {"factor": "9", "factor_unit": "t CO2e/t"}, "factor", "factor-not-physical"),
        (ALUMINA | {"factor": "1.9", "factor_unit": "kg CO2e/t"}, "factor", "factor-not-physical"),
        (CAST | {"factor": "1", "factor_unit": "t CO2e/t"}, "factor", "factor-not-used"),
        (CAST | {"factor_unit": "t CO2e/t"}, "factor", "factor-not-used"),
        (METAL | {"embedded_unit": "t CO2e/t"}, "embedded", "value-missing"),
        (METAL | {"embedded": "90", "embedded_unit": "t CO2e/t"}, "embedded",
         "factor-not-physical"),
        (ALUMINA | {"embedded": "1", "embedded_unit": "t CO2e/t"}, "embedded",
         "embedded-not-used"),
    ],
)  # fmt: skip
def test_what_a_file_refuses_is_refused_at_the_same_field(
    cells: dict[str, str], field: str, slug: str
) -> None:
    with pytest.raises(InvalidRequest) as found:
        sent(**cells)
    (told,) = found.value.errors
    assert (told.pointer, told.slug) == (f"/data/0/{field}", slug)
    assert faults(**cells) == [(field, slug)]


def test_a_bare_factor_is_in_kilograms_per_the_items_own_unit_whatever_the_quantity_is_in() -> None:
    assert sent(**POWER, factor="0.45").factor == Decimal("0.45")
    assert sent(**ALUMINA, factor="1900", factor_unit=" ").factor == Decimal(1900)
    assert faults(**POWER, factor="0.45") == [("factor", "unit-missing")]


def test_a_bare_factor_that_was_meant_in_tonnes_is_refused() -> None:
    with pytest.raises(InvalidRequest) as found:
        sent(**ALUMINA, factor="1.9")
    assert found.value.errors[0].slug == "factor-not-physical"
