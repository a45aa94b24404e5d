"""What an entity buys of its own facilities is none of its procurement (sources.md 4.9): Scope 3
begins at its boundary. Results tell bought metal by named supplier."""

from decimal import Decimal
from typing import Any

from contracts.ghg_plans import PathwayFamily
from contracts.inventory import Scope, Step
from services.ghg.plans.figures import entity_evidence
from services.ghg.plans.filling import PlansFilling
from services.ghg.results.standing import public_of
from services.ghg.results.standing import sums_of as sums_kept
from services.ghg.rows import FacilityRow, YearRow

from .life import disclosed
from .made import datum, smelter
from .test_plan_figures import WORKS, calculated, told_year

CASTING, SEMIS = Step.CASTING, Step.SEMI_FABRICATION
NEIGHBOUR = FacilityRow("F2", "M1", "E1", "NO", None, ("semi_fabrication",), 1995, None)


def rolled(*suppliers: str) -> YearRow:
    """A mill's year: 1,000 t of slab of each supplier, and the transport of none."""
    slabs = [
        datum(f"slab-{name}", SEMIS, "bought.primary_metal", "1000", supplier_id=name)
        for name in suppliers
    ]
    made = calculated(*slabs, datum("sheet", SEMIS, "output.semi", "900"))
    return told_year("F2", 2024, verified=True)._replace(latest=sums_kept(made))


def procured(
    *rows: YearRow,
    facilities: tuple[FacilityRow, ...] = (WORKS, NEIGHBOUR),
    elsewhere: tuple[tuple[str, int], ...] = (),
) -> Any:
    """What an entity bought of metal in 2024; None where it bought none."""
    found = entity_evidence("E1", facilities, rows, elsewhere)
    assert found is not None
    return next(iter(found.of(PathwayFamily.PROCUREMENT)), None)


def test_metal_of_a_facility_of_the_same_entity_is_no_procurement() -> None:
    every, outside = procured(rolled("F1", "S-9")), procured(rolled("S-9"))
    assert every is not None
    assert (every.output_t, every.emission_t) == (1000, outside.emission_t)
    assert every.emission_t > 0
    assert procured(rolled("F1")) is None, "nothing came from outside"
    stranger = procured(rolled("F1", "S-9"), facilities=(NEIGHBOUR,))
    assert (stranger.output_t, stranger.emission_t) == (2000, 2 * outside.emission_t)


def test_own_is_what_was_the_entitys_in_that_year() -> None:
    """F1 was sold since; the year that was disclosed before stays the entity's."""
    sold = told_year("F1", 2024, verified=True)
    every = procured(rolled("F1", "S-9"), sold, facilities=(NEIGHBOUR,))
    assert every is not None
    assert every.output_t == 1000, "what it bought of itself then is no purchase"
    without = procured(rolled("F1", "S-9"), sold._replace(year=2023), facilities=(NEIGHBOUR,))
    assert without.output_t == 2000, "the year was the next owner's"


def test_a_facility_that_came_since_was_another_in_a_year_that_it_disclosed() -> None:
    every = procured(rolled("F1", "S-9"), elsewhere=(("F1", 2024),))
    assert every.output_t == 2000
    assert procured(rolled("F1", "S-9"), elsewhere=(("F1", 2023),)).output_t == 1000


class Rows:
    """What a plan's evidence is looked up in: two facilities of E1, and their years."""

    def __init__(self, *years: YearRow) -> None:
        self._years = [one._replace(facility_year=f"{one.facility_id}:2024") for one in years]
        self.reader = self

    def page(self, consumer: str, projection: str, after: Any, limit: int, where: Any) -> list[Any]:
        """All of them, whatever is asked; nothing was disclosed by E1."""
        if projection == "facilities":
            return [WORKS, NEIGHBOUR]
        return [] if "disclosed_entity" in where else self._years

    def rows(self, consumer: str, projection: str, keys: Any) -> dict[str, FacilityRow]:
        """By id."""
        return {one.facility_id: one for one in (WORKS, NEIGHBOUR)}


def test_what_a_plan_is_looked_up_in_knows_whose_the_years_were() -> None:
    ours = told_year("F1", 2024, verified=True)
    told = ours.latest
    anothers = ours._replace(disclosed=told, disclosed_member="M5", disclosed_entity="E5")
    for works, bought_t in ((ours, 1000), (anothers, 2000)):
        rows: Any = Rows(rolled("F1", "S-9"), works)
        found = PlansFilling(rows).entity("E1")
        assert found is not None
        (procurement,) = found.of(PathwayFamily.PROCUREMENT)
        assert procurement.output_t == bought_t


def test_ids_that_differ_by_a_letters_case_are_two_facilities() -> None:
    assert procured(rolled("f1")).output_t == 1000, "F1 is the entity's, f1 is somebody else"


def test_a_disclosure_of_a_result_leaves_own_metal_out_as_the_result_does() -> None:
    made = calculated(
        datum("slab", SEMIS, "bought.primary_metal", "1000", supplier_id="F1"),
        datum("sheet", SEMIS, "output.semi", "900"),
    )
    [kept] = made.bought_of
    assert (kept.supplier_id, kept.tonnes) == ("F1", Decimal(1000))
    public = public_of(disclosed(), sums_kept(made))
    assert public["bought_of"] == [kept.model_dump(mode="json")]


def test_rows_of_results_without_named_suppliers_stay_as_they_were() -> None:
    made = calculated(*smelter(), datum("cold", CASTING, "bought.primary_metal", "10"))
    assert made.bought_of == ()
    assert "bought_of" not in sums_kept(made)


def test_of_many_suppliers_the_largest_are_named() -> None:
    slabs = [
        datum(f"s{number}", SEMIS, "bought.primary_metal", str(number), supplier_id=f"S-{number}")
        for number in range(1, 71)
    ]
    named = calculated(*slabs, datum("sheet", SEMIS, "output.semi", "900")).bought_of
    assert [one.tonnes for one in named] == list(range(70, 10, -1))


def test_a_result_tells_what_metal_came_in_by_kind_and_by_who_delivered_it() -> None:
    made = calculated(
        *smelter(),
        datum("cold", CASTING, "bought.primary_metal", "10"),
        datum("liquid-1", CASTING, "bought.liquid_metal", "30", supplier_id="F1"),
        datum("liquid-2", CASTING, "bought.liquid_metal", "12", supplier_id="F1"),
        datum("own", CASTING, "scrap.in", "5", scrap_kind="internal"),
        datum("old", CASTING, "scrap.in", "7", scrap_kind="post_consumer", supplier_id="S-9"),
    ).metal_in
    assert made is not None
    assert [(one.item, str(one.tonnes), one.supplier_id) for one in made] == [
        ("bought.primary_metal", "10", None),
        ("bought.liquid_metal", "42", "F1"),
        ("scrap.in", "7", "S-9"),
    ]


def test_a_result_keeps_the_largest_deliveries_and_all_of_nobody_named() -> None:
    slabs = [
        datum(f"s{number}", SEMIS, "bought.cast_metal", str(number), supplier_id=f"S-{number}")
        for number in range(1, 71)
    ]
    nobody = datum("nobody", SEMIS, "bought.cast_metal", "1")
    made = calculated(*slabs, nobody, datum("sheet", SEMIS, "output.semi", "900")).metal_in
    assert made is not None
    assert [one.tonnes for one in made] == [1, *range(70, 7, -1)]
    assert made[0].supplier_id is None


def test_a_result_tells_the_anodes_that_came_by_who_delivered_them_and_none_of_their_stock() -> (
    None
):
    """30 t of a facility at 2 t CO2e/t, 15 t of nobody named and 5 t of paste at the table's; 4 t
    of anodes were used from stock."""
    cells, of_f2 = Step.ELECTROLYSIS, {"supplier_id": "F2", "factor": "2000"}
    bare = [one for one in smelter() if one.item != "bought.anode"]
    made = calculated(
        *bare,
        datum("anodes-1", cells, "bought.anode", "10", **of_f2),
        datum("anodes-2", cells, "bought.anode", "20", **of_f2),
        datum("anodes-3", cells, "bought.anode", "15"),
        datum("paste", cells, "bought.paste", "5", supplier_id="S-9"),
        datum("from-stock", cells, "stock.opening", "9", of="bought.anode"),
        datum("into-stock", cells, "stock.closing", "5", of="bought.anode"),
    )
    every = made.anodes_in
    assert every is not None
    told = [(one.item, one.step, one.tonnes, one.supplier_id) for one in every]
    assert told == [
        ("bought.anode", cells, Decimal(15), None),
        ("bought.anode", cells, Decimal(30), "F2"),
        ("bought.paste", cells, Decimal(5), "S-9"),
    ]
    assert every[1].kg == 60_000

    def purchased(result: Any) -> Decimal:
        totals = (one.kg for one in result.totals if one.scope is Scope.PURCHASED)
        return sum(totals, Decimal(0))

    without = calculated(*bare)
    assert without.anodes_in == ()
    from_stock = (every[0].kg + every[1].kg) * 4 / 45
    difference = purchased(made) - purchased(without)
    assert abs(difference - sum(one.kg for one in every) - from_stock) < Decimal("0.001")
