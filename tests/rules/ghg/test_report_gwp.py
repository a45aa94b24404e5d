"""R-18 over reports: a regime that lays down other warming potentials than the result's may count
what somebody gave under the result's (sources.md 4.4, 8)."""

from decimal import Decimal

import pytest

from contracts.ghg import Finding
from contracts.inventory import Regime, Severity, Step
from services.ghg.activity.inventory import Datum
from services.ghg.activity.packing import pack, unpack
from services.ghg.reports.report import Report, report

from .given import d
from .made import XINJIANG, datum, inventory, pinned, smelter
from .test_activity_rows import taken
from .test_factor_gwp import calculated, r18
from .test_installation import METAL, sent

CAST, CELLS = Step.CASTING, Step.ELECTROLYSIS
ASI, GBT, IAI, CBAM = (
    Regime.ASI_MINE_TO_METAL,
    Regime.GBT_44905_2024,
    Regime.IAI,
    Regime.CBAM,
)
ALUMINA = datum("alu", CELLS, "bought.alumina", "1000", factor="1200", factor_gwp_set="AR5")
GAS = datum("gas", CAST, "fuel.gas", "1000000", factor="0.06", factor_gwp_set="AR6")
COLD = datum(
    "cold", CAST, "bought.primary_metal", "1000", embedded=d("2000"), embedded_boundary="direct"
)


def made(regime: Regime, *more: Datum, gwp: str = "AR6") -> Report:
    """A smelter's report; what else is told of it first."""
    return report(inventory(*smelter(), *more, site=XINJIANG), pinned(gwp), regime)


def heavy(found: Report) -> list[Finding]:
    return [one for one in found.findings if one.severity is Severity.BLOCK]


def test_a_report_under_the_set_of_its_regime_finds_a_factor_of_the_results() -> None:
    result = calculated(GAS)
    assert [one for one in r18(result) if one.severity is Severity.BLOCK] == []
    found = made(CBAM, GAS)
    assert found.gwp_set == "AR5"
    [one] = heavy(found)
    assert (one.rule, one.data, found.blocking) == ("R-18", ("gas",), ("R-18",))
    assert "AR6" in one.sentence
    assert "report cbam under AR5" in one.sentence
    assert "recalculate" not in one.sentence, "nobody can choose another set"


def test_a_factor_under_the_set_of_the_regime_stops_the_result_and_not_the_report() -> None:
    told = GAS._replace(factor_gwp_set="AR5")
    assert "R-18" in calculated(told).blocking
    assert made(CBAM, told).blocking == ()


def test_what_does_not_count_in_a_report_is_not_held_against_it() -> None:
    bought = ALUMINA._replace(factor_gwp_set="AR6")
    assert made(CBAM, bought).blocking == (), "purchased goods are outside its boundary"
    assert made(GBT, ALUMINA).blocking == ("R-18",), "AR6, whatever the result is under"
    assert made(GBT, ALUMINA, gwp="AR5").blocking == ("R-18",)
    assert made(GBT, bought, gwp="AR5").blocking == ()


@pytest.mark.parametrize("regime", [ASI, IAI])
def test_a_regime_that_lays_no_set_down_says_of_its_report_what_the_result_says(
    regime: Regime,
) -> None:
    assert made(regime, ALUMINA, gwp="AR5").blocking == ()
    [one] = heavy(made(regime, ALUMINA))
    assert one.data == ("alu",)
    assert "recalculate under theirs" in one.sentence


def test_what_bought_metal_embeds_under_another_set_stops_the_report_that_adds_it() -> None:
    told = COLD._replace(embedded_gwp_set="AR6")
    [one] = heavy(made(CBAM, told))
    assert one.data == ("cold",)
    assert "embeds" in one.sentence
    assert made(CBAM, told._replace(embedded_gwp_set="AR5")).findings == ()
    wider = told._replace(embedded_boundary="cradle_to_gate")
    assert made(CBAM, wider).findings == (), "it is not added"
    assert made(CBAM, told._replace(embedded=Decimal(0))).findings == ()


def test_what_bought_metal_embeds_under_no_named_set_is_told_and_stops_nothing() -> None:
    found = made(CBAM, COLD)
    assert [(one.rule, one.severity) for one in found.findings] == [("R-18", Severity.INFO)]
    assert found.blocking == ()
    assert not [one for one in made(GBT, COLD).findings if "embeds" in one.sentence]


def test_files_and_http_tell_the_set_of_what_metal_embeds() -> None:
    cells = {"embedded": "2.1", "embedded_unit": "t CO2e/t", "embedded_gwp_set": "IPCC AR5"}
    filed = taken(METAL | cells).data[0]
    assert filed.embedded_gwp_set == "AR5"
    assert sent(embedded="2100", embedded_gwp_set="ar5").data[0].embedded_gwp_set == "AR5"
    whole = inventory(filed)
    assert unpack(pack(whole)).data[0] == filed
