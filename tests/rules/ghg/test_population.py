"""What others tell of a year: percentiles of enough of them, and nothing of few."""

from decimal import Decimal

import pytest

from contracts.ghg import ResultCalculated
from services.ghg.activity import packing
from services.ghg.findings import Spread
from services.ghg.queries import Stored
from services.ghg.results.population import ALONE, population, silent
from services.ghg.results.recalled import Recalled
from services.ghg.rows import YearRow

from .given import POLICY
from .life import inventory, result
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
    found = population(OWN, others, POLICY)
    assert (found.tenth_percentiles, found.transport) == (ALONE.tenth_percentiles, None)


def test_transport_is_compared_with_similar_sites_and_factors_with_all() -> None:
    refineries = [told(number, "alumina_refining") for number in range(1, 12)]
    found = population(OWN, refineries, POLICY)
    assert found.transport is None
    assert found.tenth_percentiles == {ALUMINA: Decimal(200)}


def test_who_has_no_result_yet_tells_nothing() -> None:
    assert population(OWN, [waiting(f"F{number}") for number in range(20)], POLICY) == ALONE


def older(row: YearRow) -> YearRow:
    """The same result from before results told their factors."""
    return row._replace(latest={"result": 1, "totals": row.latest["totals"]})


def test_factors_of_older_results_are_recalled_and_counted_where_they_are_not() -> None:
    mixed = [*map(older, OTHERS[:6]), *OTHERS[6:]]
    found = population(OWN, mixed, POLICY)
    assert found.tenth_percentiles == {}, "five are too few"
    assert (found.facilities, found.known) == (11, 5)
    recalled = {one.facility_year: one.latest["factors"] for one in OTHERS[:6]}
    assert population(OWN, mixed, POLICY, recalled) == population(OWN, OTHERS, POLICY)
    none = OTHERS[0]._replace(latest={**OTHERS[0].latest, "factors": [], "bought_metal": {}})
    assert not silent(none), "it tells that it has none"


def test_a_result_is_read_once_and_so_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a stand-in for the database that says what is read."""
    read: list[str] = []

    class Data:
        def result(self, facility_id: str, year: int, number: int) -> ResultCalculated:
            read.append(facility_id)
            return result(number)

        def version(self, facility_id: str, year: int, version: int) -> Stored:
            first, *others = inventory().data
            owned = first._replace(factor=Decimal("0.5"))
            return Stored(1, "", packing.pack(inventory()._replace(data=(owned, *others))))

    recalled = Recalled(Data())  # type: ignore[arg-type]  # what it reads of queries
    monkeypatch.setattr("services.ghg.results.recalled.AT_ONCE", 4)
    rows = [*map(older, OTHERS[:6]), OTHERS[6]]
    assert len(recalled.factors(rows)) == 4
    found = recalled.factors(rows)
    assert sorted(found) == sorted(one.facility_year for one in rows[:6])
    assert sorted(read) == sorted(one.facility_id for one in rows[:6])
    assert found[rows[0].facility_year] == [{"item": "power.grid", "kg_per_unit": "0.5"}]
