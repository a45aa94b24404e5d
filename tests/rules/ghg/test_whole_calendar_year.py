"""R-26: data of a result are of its whole calendar year, and not of one long ago (sources.md 8)."""

from datetime import date

import pytest

from . import audited as year
from .audited import CLEAN_DATA, YEAR, audited, changed, datum
from .test_finding_rules import told


def test_r26_a_month_that_is_missing_is_named() -> None:
    months = [(date(YEAR, 1, 1), date(YEAR, 3, 31)), (date(YEAR, 5, 1), date(YEAR, 12, 31))]
    data = [
        datum(f"gas-{number}", year.CAST, "fuel.gas", "1", from_on=start, to_on=end)
        for number, (start, end) in enumerate(months)
    ]
    (sentence,) = told(audited([*CLEAN_DATA[1:], *data]), "R-26")
    assert "2025-04-01" in sentence


def test_r26_a_running_year_is_interim_though_its_data_have_no_days() -> None:
    last, next_day = date(YEAR, 12, 31), date(YEAR + 1, 1, 1)
    for sent_on, found in ((date(YEAR, 11, 23), True), (last, True), (next_day, False)):
        context = audited(CLEAN_DATA)._replace(sent_on=sent_on)
        sentences = told(context, "R-26")
        assert ["interim" in one for one in sentences] == [True] * found, sentences
    reported = audited(CLEAN_DATA)._replace(reported_on=last)
    assert len(told(reported, "R-26")) == 1
    later = reported._replace(reported_on=next_day, sent_on=last)
    assert len(told(later, "R-26")) == 1


def test_r26_days_of_another_year_are_found() -> None:
    context = changed("gas", from_on=date(YEAR - 1, 12, 1))
    assert told(context, "R-26") == ["Data of days outside 2025."]


def test_r26_a_parameter_may_have_been_measured_before_the_year() -> None:
    own = datum("own", year.CELLS, "parameter.S_CF4", "0.1", from_on=date(YEAR - 2, 6, 1))
    assert told(audited([*CLEAN_DATA, own]), "R-26") == []


@pytest.mark.parametrize(("data_year", "found"), [(YEAR - 5, False), (YEAR - 6, True)])
def test_r26_a_factor_of_long_ago_is_found_and_the_limit_is_called_ours(
    data_year: int, found: bool
) -> None:
    context = changed("alf3", data_year=data_year)
    sentences = told(context, "R-26")
    assert bool(sentences) is found
    assert all("aluminium fluoride of 2019" in one for one in sentences)
    assert all("The limit is ours" in one for one in sentences)
    assert told(changed("gas", data_year=1990), "R-26") == [], "no factor of its own"


def test_r26_a_voyage_is_of_its_days() -> None:
    assert told(changed("leg", from_on=date(YEAR, 2, 1), to_on=date(YEAR, 2, 9)), "R-26") == []
