"""An entity's figures by pathway family (sources.md 4.1, 4.9): primary metal is told from mine to
metal, whatever else its facility makes; bought metal from the activity data."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.ghg import ResultCalculated
from contracts.ghg_plans import PathwayFamily, ReductionPlanAdopted
from contracts.inventory import Scope, Step
from services.ghg import app
from services.ghg.activity.inventory import Datum
from services.ghg.plans.figures import FamilyYear, Sums, entity_evidence, family_year, sums_of
from services.ghg.results.reckoning import Version, judged, packed_of, reckon, usual
from services.ghg.rows import FacilityRow, YearRow

from .life import result
from .made import datum, inventory, smelter
from .planned import adopt, plans

ON = date(2026, 6, 1)
REMELTING, CASTING, SEMIS = Step.REMELTING, Step.CASTING, Step.SEMI_FABRICATION
WORKS = FacilityRow("F1", "M1", "E1", "NO", None, ("smelting", "semi_fabrication"), 1990, None)
NEW = {"primary_metal", "bought_metal"}


def calculated(*data: Datum) -> ResultCalculated:
    """A result of these data."""
    year = inventory(*data)
    policies = app.policies()
    version = Version(1, packed_of(year).data_hash, year)
    return result(1, reckon(version, usual(policies.on(ON), ON), app.factors(), policies))


def told(kept: ResultCalculated, *, without: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """A result as rows keep it; `without` what an older one did not tell."""
    return {
        name: value for name, value in kept.model_dump(mode="json").items() if name not in without
    }


def of(family: PathwayFamily, *every: Sums) -> FamilyYear | None:
    """The family of one entity in a year, in which the first of these is of the works."""
    named = {f"F{number}": one for number, one in enumerate(every, 1)}
    return family_year(family, 2024, named, named, (WORKS,))


REMELTED = (
    datum("old", REMELTING, "scrap.in", "205000", scrap_kind="post_consumer", supplier_id="S-1"),
    datum("billet", REMELTING, "output.cast_metal", "200000"),
    datum("gas", REMELTING, "fuel.gas", "800000000"),
)


def test_a_smelter_that_remelts_scrap_is_no_cleaner_for_it() -> None:
    for data in (smelter(), (*smelter(), *REMELTED)):
        kept = calculated(*data)
        found = of(PathwayFamily.PRIMARY, sums_of(told(kept), True))
        assert found is not None
        assert found.intensity() == judged(kept.intensities), "as criterion 5.2 sees it"
        assert found.output_t == 247_500
        assert 0 < found.power_t < found.emission_t


def test_a_result_of_before_tells_the_same_but_for_metal_that_was_lost() -> None:
    kept = calculated(*smelter(), *REMELTED)
    before = of(PathwayFamily.PRIMARY, sums_of(told(kept, without=frozenset(NEW)), True))
    assert before is not None
    assert before.output_t == 250_000
    assert before.intensity() == judged(kept.intensities)


def test_a_smelter_without_a_casthouse_is_told_by_what_it_taps() -> None:
    liquid = tuple(one for one in smelter() if one.step is not CASTING)
    kept = calculated(*liquid)
    found = of(PathwayFamily.PRIMARY, sums_of(told(kept), True))
    assert found is not None
    (tapped,) = [
        one.t_per_t
        for one in kept.intensities
        if (one.of, one.power) == ("footprint.electrolysis", "market")
    ]
    assert found.output_t == 250_000
    assert found.intensity() == tapped


MILL = (
    datum("slab", SEMIS, "bought.cast_metal", "90000", supplier_id="S-2", factor="8000"),
    datum("cuttings", SEMIS, "scrap.in", "10000", scrap_kind="pre_consumer", factor="6000"),
    datum("own", SEMIS, "scrap.in", "7000", scrap_kind="internal"),
    datum("alloy", SEMIS, "bought.alloying", "900", factor="10000"),
    datum("coil", SEMIS, "output.semi", "95000"),
    datum("power", SEMIS, "power.grid", "60000000"),
)


def test_bought_metal_is_told_by_the_activity_data() -> None:
    found = of(PathwayFamily.PROCUREMENT, sums_of(told(calculated(*MILL)), True))
    assert found is not None
    assert found.output_t == 100_000, "run-around was not bought, alloying elements are no metal"
    assert found.emission_t == 780_000


def test_a_result_of_before_leaves_tonnes_bought_to_the_entity() -> None:
    older = sums_of(told(calculated(*MILL), without=frozenset(NEW)), True)
    newer = sums_of(told(calculated(*MILL)), True)
    found = of(PathwayFamily.PROCUREMENT, older, newer)
    assert found is not None
    assert found.output_t is None
    assert found.intensity(Decimal(200_000)) is not None


def test_a_refinery_buys_caustic_and_no_metal() -> None:
    made = calculated(
        datum("alumina", Step.ALUMINA_REFINING, "output.alumina", "1000000"),
        datum("caustic", Step.ALUMINA_REFINING, "bought.caustic", "70000"),
        datum("gas", Step.ALUMINA_REFINING, "fuel.gas", "9000000000"),
    )
    assert any(one.scope is Scope.PURCHASED for one in made.totals)
    assert of(PathwayFamily.PROCUREMENT, sums_of(told(made), True)) is None


BOUGHT_SCRAP = (
    datum("new", CASTING, "scrap.in", "9000", scrap_kind="pre_consumer", factor="7000"),
    datum("old", CASTING, "scrap.in", "6000", scrap_kind="post_consumer", supplier_id="S-1"),
)


def test_what_a_smelter_buys_of_metal_and_scrap_is_procurement_too() -> None:
    alone = of(
        PathwayFamily.PROCUREMENT, sums_of(told(calculated(*smelter(), *BOUGHT_SCRAP)), True)
    )
    assert alone is not None
    assert alone.output_t == 15_000
    assert alone.emission_t == 63_000
    beside_a_mill = of(
        PathwayFamily.PROCUREMENT,
        sums_of(told(calculated(*smelter(), *BOUGHT_SCRAP)), True),
        sums_of(told(calculated(*MILL)), True),
    )
    assert beside_a_mill is not None
    assert beside_a_mill.output_t == 115_000
    assert beside_a_mill.emission_t == 843_000


def test_a_smelter_that_buys_alumina_and_no_metal_is_no_procurement() -> None:
    kept = calculated(*smelter())
    assert any(one.scope is Scope.PURCHASED for one in kept.totals)
    assert of(PathwayFamily.PROCUREMENT, sums_of(told(kept), True)) is None
    older = sums_of(told(kept, without=frozenset(NEW)), True)
    assert of(PathwayFamily.PROCUREMENT, older) is None


def test_of_a_smelter_whose_older_result_does_not_tell_its_metal_the_year_is_missed() -> None:
    newer = sums_of(told(calculated(*smelter(), *BOUGHT_SCRAP)), True)
    older = sums_of(told(calculated(*smelter(), *BOUGHT_SCRAP), without=frozenset(NEW)), True)
    mill = sums_of(told(calculated(*MILL)), True)
    sites = (WORKS, WORKS._replace(facility_id="F2", activities=("semi_fabrication",)))
    absent = {
        year: found.absent
        for year, every in ((2023, {"F1": older, "F2": mill}), (2024, {"F1": newer, "F2": mill}))
        if (found := family_year(PathwayFamily.PROCUREMENT, year, every, {"F1", "F2"}, sites))
    }
    assert absent == {2023: ("F1",), 2024: ()}


SMELTED: Mapping[str, Any] = {
    "result": 1,
    "totals": [{"step": "electrolysis", "scope": "1", "kg": "1600000000"}],
    "outputs": [{"item": "output.cast_metal", "quantity": "100000"}],
    "intensities": [{"of": "mine_to_metal", "power": "market", "t_per_t": "16"}],
    "primary_metal": {"cast_t": "100000", "power_t": "0"},
}


def smelting(facility_id: str, **more: Any) -> FacilityRow:
    """A smelter of the entity."""
    return WORKS._replace(facility_id=facility_id, activities=("smelting",), **more)


def told_year(facility_id: str, year: int, *, verified: bool = False) -> YearRow:
    """A year of a smelter as rows keep it."""
    known = dict.fromkeys(YearRow._fields)
    told: Any = {
        **known,
        "facility_id": facility_id,
        "year": year,
        "verified": (1,) if verified else (),
        "latest": SMELTED,
        "disclosed": {},
    }
    return YearRow(**told)


def primary_years(
    facilities: tuple[FacilityRow, ...], *rows: YearRow
) -> Mapping[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Which smelters are absent and which are unverified, by year."""
    found = entity_evidence("E1", facilities, rows)
    assert found is not None
    return {one.year: (one.absent, one.unverified) for one in found.of(PathwayFamily.PRIMARY)}


def test_who_has_a_smelter_alone_can_plan_for_the_scrap_that_it_buys() -> None:
    kept = told(calculated(*smelter(), *BOUGHT_SCRAP))
    year = told_year("F1", 2024, verified=True)._replace(latest=dict(kept))
    site = WORKS._replace(member_id="M-1", entity_id="ENT-1", activities=("smelting",))
    found = entity_evidence("ENT-1", (site,), [year])
    adopted, *_ = plans.when(adopt(entity=found, family=PathwayFamily.PROCUREMENT)).events
    assert isinstance(adopted, ReductionPlanAdopted)
    assert adopted.base.output_t == 15_000
    assert adopted.base.emission_t == 63_000


def test_a_year_names_the_facilities_that_are_missing_and_those_not_verified() -> None:
    told = primary_years(
        (smelting("north"), smelting("west")),
        told_year("north", 2024, verified=True),
        told_year("west", 2025),
    )
    assert told == {2024: (("west",), ()), 2025: (("north",), ("west",))}


def test_a_facility_is_missed_in_the_years_in_which_it_produced_alone() -> None:
    told = primary_years(
        (
            smelting("old", closed_on=date(2024, 7, 1)),
            smelting("here"),
            smelting("new", start_year=2025),
        ),
        *(told_year("here", year) for year in (2023, 2024, 2025)),
    )
    assert {year: absent for year, (absent, _) in told.items()} == {
        2023: ("old",),
        2024: ("old",),
        2025: ("new",),
    }


def test_a_buyer_of_metal_is_missed_in_a_year_of_which_it_tells_nothing() -> None:
    mills = tuple(WORKS._replace(facility_id=one, activities=()) for one in ("a", "b"))
    bought = {
        "result": 1,
        "totals": [{"step": "semi_fabrication", "scope": "3.1", "kg": "8000000"}],
        "outputs": [],
        "intensities": [],
        "bought_metal": {"tonnes": "1000", "emission_t": "8000"},
    }
    rows = [
        told_year(name, year)._replace(latest=bought)
        for name, year in (("a", 2023), ("a", 2024), ("b", 2024))
    ]
    found = entity_evidence("E1", mills, rows)
    assert found is not None
    years = {one.year: one.absent for one in found.of(PathwayFamily.PROCUREMENT)}
    assert years == {2023: ("b",), 2024: ()}


CASTHOUSE = (
    datum("ingot", REMELTING, "output.cast_metal", "100000"),
    datum("scrap", REMELTING, "scrap.in", "101500", scrap_kind="post_consumer", supplier_id="S-1"),
    datum("gas", REMELTING, "fuel.gas", "300000000"),
)
SMALL_MILL = (
    datum("sold", REMELTING, "output.sold", "98000", of="output.cast_metal"),
    datum("strip", SEMIS, "output.semi", "1900"),
    datum("power", SEMIS, "power.grid", "1000000"),
)


def processed(*data: Datum, without: frozenset[str] = frozenset()) -> FamilyYear:
    """A casthouse with what is behind it."""
    found = of(
        PathwayFamily.CASTHOUSE_SEMI, sums_of(told(calculated(*data), without=without), True)
    )
    assert found is not None
    return found


def test_a_small_mill_does_not_make_the_casthouse_beside_it_dirty() -> None:
    before, after = processed(*CASTHOUSE), processed(*CASTHOUSE, *SMALL_MILL)
    assert before.output_t == 100_000
    assert after.output_t == 99_900, "98,000 sold as cast, 1,900 rolled"
    assert after.intensity() == after.emission_t / 99_900
    assert after.emission_t < before.emission_t * 2


def test_a_slab_that_is_rolled_on_site_is_counted_once() -> None:
    rolled = datum("coil", SEMIS, "output.semi", "95000")
    sold = datum("sold", SEMIS, "output.sold", "95000", of="output.semi")
    assert processed(*CASTHOUSE, rolled).output_t == 95_000
    assert processed(*CASTHOUSE, rolled, sold).output_t == 95_000
    bought = datum("slab", SEMIS, "bought.cast_metal", "200000", supplier_id="S-2")
    coils = datum("coil", SEMIS, "output.semi", "230000")
    cast = datum("sold", REMELTING, "output.sold", "60000", of="output.cast_metal")
    assert processed(*CASTHOUSE, coils, bought, cast).output_t == 290_000


def test_cast_metal_in_stock_is_made_this_year_and_what_is_drawn_was_made_before() -> None:
    def stock(opening: str, closing: str) -> list[Datum]:
        days = ("stock.opening", opening), ("stock.closing", closing)
        return [datum(item, REMELTING, item, t, of="output.cast_metal") for item, t in days]

    def with_sold(tonnes: str) -> tuple[Datum, ...]:
        sold = datum("sold", REMELTING, "output.sold", tonnes, of="output.cast_metal")
        return (*CASTHOUSE, sold, *SMALL_MILL[1:])

    assert processed(*with_sold("90000"), *stock("1000", "9000")).output_t == 99_900
    assert processed(*with_sold("103000"), *stock("9000", "4000")).output_t == 99_900


def test_of_a_result_of_before_what_left_is_at_most_what_was_cast() -> None:
    older = frozenset({"metal_left_t"})
    assert processed(*CASTHOUSE, *SMALL_MILL, without=older).output_t == 99_900
    assert processed(*CASTHOUSE, without=older).output_t == 100_000
    rolled = datum("coil", SEMIS, "output.semi", "95000")
    assert processed(*CASTHOUSE, rolled, without=older).output_t == 95_000
    assert processed(*MILL, without=older).output_t == 95_000, "bought, and rolled"


def of_plant(*fuels: Datum) -> FamilyYear:
    """Primary metal of a smelter whose cells run on its own coal."""
    plant = [
        one._replace(item="power.own_generation") if one.datum_id == "cells-power" else one
        for one in smelter()
    ]
    found = of(PathwayFamily.PRIMARY, sums_of(told(calculated(*plant, *fuels)), True))
    assert found is not None
    return found


COAL = datum("coal", Step.ELECTROLYSIS, "fuel.coal_hard", "34000000000", of="power.own_generation")


def test_electricity_is_all_that_is_used_that_of_an_own_plant_too() -> None:
    """Sources.md 4.9 splits electricity from the rest: smelting with its own coal has most of its
    emission there, as one that buys the same power has."""
    own, heat = of_plant(COAL), of_plant(COAL._replace(of=""))
    assert own.emission_t == heat.emission_t
    burnt = own.power_t - heat.power_t
    assert burnt > 3_000_000, "34 PJ of coal"
    assert own.power_t < own.emission_t
    assert heat.power_t < burnt / 100, "the casthouse buys its power"


def test_a_result_of_before_tells_bought_power_alone() -> None:
    plant = [
        one._replace(item="power.own_generation") if one.datum_id == "cells-power" else one
        for one in smelter()
    ]
    kept = calculated(*plant, COAL)
    said = dict(told(kept))
    assert Decimal(said["primary_metal"].pop("own_power_t")) > 3_000_000
    before = of(PathwayFamily.PRIMARY, sums_of(said, True))
    assert before is not None
    assert before.power_t == Decimal(said["primary_metal"]["power_t"])


def test_who_has_no_plant_tells_none() -> None:
    kept = calculated(*smelter())
    assert kept.primary_metal is not None
    assert kept.primary_metal.own_power_t is None
