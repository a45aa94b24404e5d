"""What others tell of a year: percentiles of enough of them, and nothing of few."""

from decimal import Decimal

import pytest

from services.ghg.findings import Spread
from services.ghg.population import ALONE, population
from services.ghg.rows import YearRow

from .given import POLICY
from .test_tried import waiting

ALUMINA = "bought.alumina"


def told(number: int, step: str = "electrolysis", year: int = 2025, entities: int = 5) -> YearRow:
    """A facility whose alumina has a factor of 100 times its number, and as many per mille of
    transport."""
    kg = {"transport": 10 * number, "rest": 1000 - 10 * number}
    totals = [
        {"step": step, "scope": "3.4", "kg": str(kg["transport"])},
        {"step": step, "scope": "1", "kg": str(kg["rest"])},
        {"step": step, "scope": "2_location", "kg": "5000"},
    ]
    factors = [{"item": ALUMINA, "kg_per_unit": str(100 * number)}]
    return waiting(f"F{number}")._replace(
        year=year,
        entity_id=f"E{number % entities}",
        latest={"totals": totals, "factors": factors},
    )


OWN = told(99)
OTHERS = [told(number) for number in range(1, 12)]


def test_a_facility_is_held_against_the_tenths_of_all_others() -> None:
    found = population(OWN, [*OTHERS, OWN], POLICY)
    assert found.tenth_percentiles == {ALUMINA: Decimal(200)}
    assert found.transport == Spread(Decimal(2), Decimal(10))


@pytest.mark.parametrize(
    "others",
    [
        OTHERS[:9],
        [*OTHERS[:9], OWN],
        [told(number, entities=2) for number in range(1, 12)],
        [told(number, year=2024) for number in range(1, 12)],
    ],
)
def test_of_few_facilities_or_entities_nothing_is_told(others: list[YearRow]) -> None:
    assert population(OWN, others, POLICY) == ALONE


def test_transport_is_compared_with_similar_sites_and_factors_with_all() -> None:
    refineries = [told(number, "alumina_refining") for number in range(1, 12)]
    found = population(OWN, refineries, POLICY)
    assert found.transport is None
    assert found.tenth_percentiles == {ALUMINA: Decimal(200)}


def test_who_has_no_result_yet_tells_nothing() -> None:
    assert population(OWN, [waiting(f"F{number}") for number in range(20)], POLICY) == ALONE
