"""R-18 over factors that somebody gave: under which warming potentials they were made."""

from decimal import Decimal

import pytest

from contracts.ghg import Finding
from contracts.inventory import Severity, Step
from services.ghg import app
from services.ghg.activity.inventory import Datum
from services.ghg.activity.packing import data_hash, pack, unpack
from services.ghg.evidence import Calculated
from services.ghg.factors import gwp
from services.ghg.results.reckoning import Version, reckon, usual
from tests.rules.ghg import life
from tests.rules.ghg.given import BOOK
from tests.rules.ghg.made import datum
from tests.rules.ghg.test_activity_rows import datum as row
from tests.rules.ghg.test_activity_rows import faults

ALUMINA = datum("alumina", Step.ELECTROLYSIS, "bought.alumina", "193000", factor="1200")
COLD = datum("cold", Step.CASTING, "bought.primary_metal", "1000")


def calculated(*more: Datum, gwp_set: str = "AR6") -> Calculated:
    """The small smelter's year with what else is told of it."""
    told = life.inventory()._replace(data=(*life.inventory().data, *more))
    wanted = usual(app.policies().on(life.ON), life.ON)._replace(gwp_set=gwp_set)
    version = Version(1, data_hash(pack(told)), told)
    return reckon(version, wanted, app.factors(), app.policies())


def r18(found: Calculated) -> list[Finding]:
    return [one for one in found.findings if one.rule == "R-18"]


def test_a_suppliers_factor_under_another_set_blocks_and_is_named() -> None:
    mixed = calculated(ALUMINA._replace(factor_gwp_set="AR5"))
    [one] = r18(mixed)
    assert (one.severity, one.data) == (Severity.BLOCK, ("alumina",))
    assert "AR5" in one.sentence
    assert "AR6" in one.sentence
    assert "R-18" in mixed.blocking


def test_the_same_set_is_no_finding_and_recalculating_under_it_mends_a_mixed_one() -> None:
    told = ALUMINA._replace(factor_gwp_set="AR5")
    assert r18(calculated(told, gwp_set="AR5")) == []
    assert r18(calculated(ALUMINA._replace(factor_gwp_set="AR6"))) == []


def test_a_factor_of_which_nobody_says_is_told_and_stops_nothing() -> None:
    found = calculated(ALUMINA)
    [one] = r18(found)
    assert (one.severity, one.data) == (Severity.INFO, ("alumina",))
    assert "R-18" not in found.blocking


def test_an_average_whose_source_names_another_set_is_told_and_stops_nothing() -> None:
    assert BOOK.gwp_of("world_primary_2022") == "AR4"
    found = calculated(COLD)
    [one] = r18(found)
    assert (one.severity, one.data) == (Severity.INFO, ("cold",))
    assert "AR4" in one.sentence
    assert "R-18" not in found.blocking
    assert r18(calculated(COLD, gwp_set="AR4")) == []


def test_a_factor_of_nothing_and_one_that_is_not_used_are_of_no_set() -> None:
    nothing = ALUMINA._replace(factor=Decimal(0))
    assert r18(calculated(nothing)) == []
    assert r18(calculated()) == []


@pytest.mark.parametrize("text", ["AR5", "ar5", "IPCC AR5", "AR5 GWP100"])
def test_a_file_names_the_set_in_any_usual_way(text: str) -> None:
    told = row(factor="0.05", factor_unit="kg CO2e/MJ", factor_gwp_set=text)
    assert told.factor_gwp_set == "AR5"
    whole = life.inventory()._replace(data=(told,))
    assert unpack(pack(whole)).data[0].factor_gwp_set == "AR5"


def test_an_unknown_set_is_refused_and_those_that_are_known_are_those_of_the_tables() -> None:
    said = faults(factor="0.05", factor_unit="kg CO2e/MJ", factor_gwp_set="AR9")
    assert said == [("factor_gwp_set", "unknown-gwp-set")]
    assert set(gwp.NAMES) == {one.factor_set for one in BOOK.family(gwp.FAMILY)}
