"""The CO2 of biomass is told beside the scopes, of every result, and counts in none of them."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.ghg import Amount
from contracts.inventory import BiogenicCo2, Regime
from contracts.values import plain
from services.ghg.aggregates.sums import Entry, own_table
from services.ghg.evidence import Calculated
from services.ghg.factors.pinned import pin
from services.ghg.reports.reported import Asked, report_shown
from services.ghg.results.biogenic import biogenic_co2, biogenic_shown, of_biomass
from services.ghg.results.engines import ENGINES
from services.ghg.results.reckoning import Version, reckon, usual
from services.ghg.results.shown import disclosure_shown, result_shown
from tests.rules.spec import policies_of

from .given import BOOK, POLICY, TODAY, d
from .life import disclosed, publish, result
from .test_aggregates import entry
from .test_facility_year import VERIFIED
from .test_other_fuels import year_with

POLICIES = policies_of("ghg")
OF_IPCC = {
    # IPCC 2006 volume 2, table 2.2, kg CO2 of 1000 GJ
    "fuel.biomass": "112000",
    "fuel.biogas": "54600",
    "fuel.bioliquid": "70800",
}


def made_of(item: str, **more: str) -> Calculated:
    """A smelter's year with 1000 GJ of a fuel more, calculated."""
    return reckon(
        Version(1, "0" * 64, year_with(item, **more)), usual(POLICY, TODAY), BOOK, POLICIES
    )


@pytest.mark.parametrize(("item", "kg"), OF_IPCC.items())
@pytest.mark.parametrize("own", ["", "2"])
def test_each_fuel_of_biomass_is_told_by_its_energy_whatever_its_own_factor(
    item: str, kg: str, own: str
) -> None:
    more = {"factor": own, "factor_unit": "kg CO2e/GJ"} if own else {}
    made = made_of(item, **more)
    told = biogenic_co2(made.energy, made.as_of, BOOK)
    assert (told.kg, [one.item for one in told.fuels]) == (d(kg), [item])
    assert {one.factor.evidence for one in told.fuels} == {"unverified"}


def test_it_is_no_part_of_totals_or_working() -> None:
    wood, none = made_of("fuel.biomass"), made_of("fuel.biomass", quantity="0")
    more = sum(one.kg for one in wood.totals) - sum(one.kg for one in none.totals)
    assert 0 < more < Decimal(OF_IPCC["fuel.biomass"]) / 5
    assert not any("biogenic" in name for name in wood.factor_sets)


@pytest.mark.parametrize("engine", ENGINES)
def test_results_of_every_engine_and_their_disclosures_tell_it(engine: str) -> None:
    wood = Amount(item="fuel.biomass", quantity=d("1000000"), unit="MJ")
    kept = result().model_copy(update={"energy": (wood,), "engine": engine})
    made_public = disclosed().model_copy(update={"energy": (wood,)})
    for told in (result_shown(kept, BOOK), disclosure_shown(made_public, kept, BOOK)):
        memo = told["biogenic_co2"]
        assert isinstance(memo, dict)
        assert (memo["kg"], memo["factor_set"]) == ("112000", "biogenic_ipcc_2006")
        [fuel] = memo["fuels"]
        assert fuel["factor"]["source"].startswith("rule 4.1")


def test_who_burns_none_is_told_so() -> None:
    energy = (Amount(item="fuel.gas", quantity=d("5"), unit="MJ"),)
    told = biogenic_shown(biogenic_co2(energy, TODAY, BOOK))
    assert (told["kg"], told["fuels"]) == ("0", [])


@pytest.mark.parametrize(("regime", "asks"), [("cbam", False), ("iai", True)])
def test_a_report_tells_it_beside_its_total_where_the_regime_asks_for_it(
    regime: str, asks: bool
) -> None:
    assert ("biogenic_co2" in reported(regime)) is True
    assert (reported(regime)["biogenic_co2"] is not None) is asks


def test_a_report_tells_of_it_what_its_product_carries() -> None:
    wood = reported("asi_mine_to_metal")
    gas = reported("asi_mine_to_metal", item="fuel.gas")
    (line,) = (one for one in wood["lines"] if (one["item"], one["scope"]) == ("fuel.biomass", "1"))
    assert d(wood["biogenic_co2"]["kg"]) == d("112000") * line["share"]
    assert wood["biogenic_co2"]["fuels"][0]["quantity"] == plain(1_000_000 * line["share"])
    assert (gas["biogenic_co2"]["kg"], gas["biogenic_co2"]["fuels"]) == ("0", [])
    assert wood["total_kg"] < gas["total_kg"], "it is in no total"


def reported(regime: str, item: str = "fuel.biomass") -> Any:
    """The report of a smelter's year with 1000 GJ of a fuel more."""
    pinned = pin(BOOK, POLICY, TODAY, "AR6", "ipcc_2006")
    return report_shown(year_with(item), pinned, Asked(Regime(regime)), None)


def test_the_disclosure_and_what_is_public_of_it_tell_it() -> None:
    memo = BiogenicCo2(kg=d("112000"), factor_set="biogenic_ipcc_2006")
    VERIFIED.when(publish(biogenic=memo)).then(disclosed(biogenic_co2=memo))
    assert disclosed(biogenic_co2=memo).totals == disclosed().totals


def test_a_member_is_told_the_co2_of_its_biomass_beside_all_sums() -> None:
    burns = entry("A")
    burns = burns._replace(sums=burns.sums._replace(biomass={"fuel.biomass": Decimal(1_000_000)}))
    mine = [burns, entry("B", entity="E-A"), entry("C", entity="E-C")]

    def memo(one: Entry) -> Decimal:
        return of_biomass(one.sums.biomass, TODAY, BOOK).kg / 1000

    told, without = (own_table(mine, ["entity"], how) for how in (memo, None))
    assert [cell.biogenic_t for cell in told] == [112, 0]
    assert [one._replace(biogenic_t=None) for one in told] == list(without)
    assert {one.biogenic_t for one in own_table(mine, ["step"], memo)} == {None}
