"""Own PFC coefficients that have expired: what stands in for them, and what is said of it
(sources.md 4.3, R-25)."""

from datetime import date
from decimal import Decimal

import pytest

from services.ghg.activity.inventory import Datum
from services.ghg.calculation.lines import Result
from services.ghg.calculation.pfc import Technology
from services.ghg.findings import findings
from services.ghg.reports.threshold import doubted_by

from .given import POLICY, d
from .made import NOWHERE, pinned, result
from .test_pfc_choice import (
    COEFFICIENT,
    DATED_RATIO,
    EFFICIENCY,
    METAL,
    MINUTES,
    RATIO,
    SLOPE,
    VOLTAGE,
    at,
    cf4,
    doubts,
    method,
)

OLDEST = SLOPE._replace(from_on=date(2019, 1, 1))


def f2(found: Result) -> Decimal:
    return sum((one.activity for one in found.lines if one.item == "pfc.c2f6"), Decimal(0))


def test_an_own_ratio_expires_by_its_own_day() -> None:
    """The slope is of 2023; a ratio of 2019 had to be measured again: the table's stands in."""
    for own in ((MINUTES, SLOPE), (VOLTAGE, EFFICIENCY, COEFFICIENT)):
        old = RATIO._replace(from_on=date(2019, 1, 1))
        found = result(METAL, *own, old)
        assert f2(found) == cf4(found) * d("0.121")
        (said,) = [
            one.sentence
            for line in found.lines
            for one in line.doubts
            if one.about == "measurement_expired"
        ]
        assert "2019-01-01, its ratio of C2F6 to CF4 had to be renewed by 2022-01-01" in said
        assert "with 0.121 of a table" in said
        for ratio in (DATED_RATIO, RATIO):  # one that names no day is of the slope's campaign
            whole = result(METAL, *own, ratio)
            assert f2(whole) == cf4(whole) * d("0.1")
            assert method(whole).startswith("measured_")


@pytest.mark.parametrize("value", ["0.4", "0.05"])
def test_an_own_slope_that_holds_is_kept_beside_an_expired_ratio(value: str) -> None:
    """A high slope is not got rid of by an old ratio, nor a low one lost by it."""
    slope, old = SLOPE._replace(quantity=d(value)), RATIO._replace(from_on=date(2019, 1, 1))
    found = result(METAL, MINUTES, slope, old)
    assert method(found) == "measured_slope"
    assert cf4(found) == d(value) * d("0.5") * 100000
    used = {name for line in found.lines if line.item == "pfc.cf4" for name in line.data}
    assert used == {"metal", "aem", "slope"}, "the ratio is not in it"
    (term,) = [
        term
        for line in found.lines
        if line.item == "pfc.c2f6"
        for working in line.working
        for term in working.terms
        if term.symbol == "F"
    ]
    assert (term.value, term.default) == (d("0.121"), True)
    assert "ipcc_2006" in term.note


@pytest.mark.parametrize("technology", list(Technology))
@pytest.mark.parametrize("pfc", ["ipcc_2006", "eu_2025_2547"])
def test_every_technology_finds_a_ratio_in_the_place_of_an_expired_one(
    technology: Technology, pfc: str
) -> None:
    site, old = NOWHERE._replace(technology=technology), RATIO._replace(from_on=date(2019, 1, 1))
    for own in ((MINUTES, SLOPE), (VOLTAGE, EFFICIENCY, COEFFICIENT)):
        found = result(METAL, *own, old, site=site, sets=pinned(pfc=pfc))
        assert method(found).startswith("measured_")
        assert f2(found) > 0
        assert "measurement_expired" in doubts(found)


@pytest.mark.parametrize(
    "expired", [(SLOPE, RATIO._replace(from_on=date(2019, 1, 1))), (OLDEST, RATIO)]
)
def test_an_expired_measurement_is_among_what_doubts_criterion_5_2(
    expired: tuple[Datum, ...],
) -> None:
    found = findings(at(result(METAL, MINUTES, *expired)))
    said = [one for one in doubted_by(found, POLICY) if one.rule == "R-25"]
    assert len(said) == 1
    assert "had to be renewed by 2022-01-01" in said[0].sentence
    valid = findings(at(result(METAL, MINUTES, SLOPE, RATIO)))
    assert "R-25" not in {one.rule for one in doubted_by(valid, POLICY)}
