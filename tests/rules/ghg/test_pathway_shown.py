"""A facility's own years against the curve of its sector (sources.md 4.9)."""

from datetime import date

import pytest

from infra.errors import Refused
from services.ghg.factors.books import factors, policies
from services.ghg.reports.reported import Known, pathway_shown
from tests.rules.ghg.given import d

POLICY = policies().on(date(2026, 11, 20))


def shown(*years: tuple[int, str, bool]) -> dict[str, object]:
    known = [Known(year, d(intensity), verified, 1) for year, intensity, verified in years]
    return pathway_shown("F1", known, factors(), POLICY)


def test_it_starts_with_the_first_verified_year_that_the_curve_tells_of() -> None:
    """The curve begins in 2020, and years from 2018 on may be bases of plans."""
    told = shown((2019, "17", True), (2022, "16", False), (2024, "15", True))
    assert told["base"] == {"year": 2024, "intensity": d("15"), "verified": True}


def test_without_a_year_that_the_curve_tells_of_there_is_no_pathway() -> None:
    with pytest.raises(Refused) as refused:
        shown((2018, "17", True), (2019, "17", True))
    assert (refused.value.slug, refused.value.facts["first"]) == ("no-pathway", 2020)
