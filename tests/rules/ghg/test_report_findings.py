"""What is found of a report, and not of the result beside it."""

from contracts.inventory import Regime
from services.ghg.calculation.scrap import Method

from .test_reports import CASTHOUSE, IAI, made


def test_a_report_whose_method_gives_pre_consumer_scrap_nothing_says_so() -> None:
    for method, found in ((Method.CUT_OFF, True), (Method.CO_PRODUCT, False)):
        told = made(IAI, *CASTHOUSE, scrap_method=method)
        assert ("R-03" in {one.rule for one in told.findings}) is found, method
    at_the_border = {one.rule for one in made(Regime.CBAM, *CASTHOUSE).findings}
    assert "R-03" not in at_the_border, "there it is the rule"
