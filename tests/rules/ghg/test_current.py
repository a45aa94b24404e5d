"""What is found in a result today: facts of the result stay, what rests on other streams moves."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.ghg import Finding, ResultCalculated
from contracts.inventory import Severity
from services.ghg.activity.inventory import Site
from services.ghg.calculation.lines import Result
from services.ghg.plans.commands import EvaluatePlan, SetIntermediateTarget
from services.ghg.plans.roadmap import roadmap
from services.ghg.plans.rows import DatumRequestRow
from services.ghg.plans.state import ReductionPlan
from services.ghg.reports.reported import threshold_shown
from services.ghg.reports.threshold import NO_PLAN
from services.ghg.results.current import (
    ASKED,
    Today,
    current_findings,
    inputs_asked,
    outdated_findings,
)
from services.ghg.results.reporting import Cover, Reporting

from . import life
from .audited import CLEAN, also, announced, certified, replaced, stand_in
from .given import BOOK, POLICY
from .planned import ON as PLANNED_ON
from .planned import PRIMARY, WHO, adopted, entity, figures, value

ON = date(2026, 8, 1)
SMELTER = "FAC-1"
"""The only smelter of the entity that has a plan."""


def request(state: str, supplier_id: str = "s-1") -> DatumRequestRow:
    """A request to a supplier of alumina."""
    return DatumRequestRow(
        request_id=f"q-{state}",
        member_id="M1",
        facility_id="F1",
        facility_year="F1:2025",
        supplier_id=supplier_id,
        item="bought.alumina",
        unit="t",
        state=state,
        share_percent="10",
        kg="1",
        factor="1",
        answer=0,
        answered=None,
        answered_kind=None,
        requested_on=ON,
    )


def kept(*found: Finding, t_per_t: str | None = None) -> ResultCalculated:
    """A stored result with these findings."""
    made = life.result(findings=found, findings_count=len(found))
    if t_per_t is None:
        return made
    told = tuple(one.model_copy(update={"t_per_t": Decimal(t_per_t)}) for one in made.intensities)
    return made.model_copy(update={"intensities": told})


def finding(rule: str) -> Finding:
    """One that was stored."""
    return Finding(
        rule=rule,
        severity=Severity.MAJOR,
        data=(),
        data_count=0,
        sentence="As it was.",
        source="sources.md 8",
    )


def rules(
    today: Today, working: Result = CLEAN.result, stored: ResultCalculated | None = None
) -> list[str]:
    """The rules that speak today."""
    found = current_findings(stored or kept(t_per_t="6.4"), working, POLICY, today)
    return [one.rule for one in found]


def test_what_was_stored_stays_and_what_is_asked_anew_is_not_told_twice() -> None:
    stored = kept(finding("R-08"), *(finding(rule) for rule in sorted(ASKED)), t_per_t="6.4")
    assert rules(Today(ON, BOOK), stored=stored) == ["R-08"]


@pytest.mark.parametrize(
    ("rule", "taken"), [("R-09", "provincial.CN-YN.2022"), ("R-10", "national.CN.2023")]
)
def test_an_old_result_is_held_against_what_is_announced_today(rule: str, taken: str) -> None:
    name, _, year = taken.rpartition(".")
    working = replaced("grid", factor=announced(name, int(year))).result
    found = [one for one in outdated_findings(working, POLICY, BOOK, ON) if one.rule == rule]
    [said] = [
        one
        for one in current_findings(kept(t_per_t="6.4"), working, POLICY, Today(ON, BOOK))
        if one.rule == rule
    ]
    assert found == [said]
    assert said.data == ("grid",)
    before = date(2024, 12, 25)  # the announcement of 2022 was not public yet
    assert outdated_findings(CLEAN.result, POLICY, BOOK, before) == ()


def test_a_certificate_that_another_year_holds_is_found_and_stops_nothing_stored() -> None:
    working = also(certified("100", "gec-1")).result
    assert "R-12" not in rules(Today(ON, BOOK), working)
    assert rules(Today(ON, BOOK, held_elsewhere={"GEC-1": ""}), working)[0] == "R-12"


def test_a_supplier_who_was_asked_is_no_finding_until_the_answer_is_there() -> None:
    working = stand_in().result
    assert "R-01" in rules(Today(ON, BOOK), working)
    assert "R-01" not in rules(Today(ON, BOOK, requests=[request("open")]), working)
    assert "R-01" in rules(Today(ON, BOOK, requests=[request("open", "s-9")]), working)
    answered = [request("declined"), request("answered")]
    assert inputs_asked(answered) == frozenset()
    assert "R-01" in rules(Today(ON, BOOK, requests=answered), working)


def test_a_year_that_was_not_disclosed_is_found_while_a_certificate_covers_it() -> None:
    covers = {"C1": Cover("M1", date(2025, 1, 1), date(2027, 12, 31))}
    reporting = Reporting("F1", covers, 2022)
    assert "R-20" in rules(Today(ON, BOOK, reporting=reporting))
    met = reporting._replace(received={2025: date(2026, 5, 1)})
    assert "R-20" not in rules(Today(ON, BOOK, reporting=met))
    assert "R-20" not in rules(Today(ON, BOOK))


def test_what_is_public_was_verified_first() -> None:
    published = Today(ON, BOOK, published_on=life.LATER)
    assert "R-19" in rules(published)
    assert "R-19" not in rules(published._replace(verified=life.verified()))


@pytest.mark.parametrize("effective", [True, False])
def test_the_roadmap_is_accepted_when_it_was_evaluated_as_effective(effective: bool) -> None:
    steps = (value(2021, "12"), value(2030, "10.5"))
    plan = adopted(planned=steps)
    assert roadmap(ReductionPlan(), SMELTER, 2025, POLICY) == NO_PLAN
    assert roadmap(plan.state, SMELTER, 2025, POLICY).accepted is False
    assert roadmap(plan.state, SMELTER, 2025, POLICY).planned == {
        2021: Decimal(12),
        2030: Decimal("10.5"),
    }
    known = entity(figures(2020), figures(2025, "8"))
    said = {"on": PLANNED_ON, "entity": known, "year": 2025, "measures": ("hydro",), **WHO}
    evaluated = plan.and_when(EvaluatePlan.model_validate({**said, "effective": effective}))
    assert roadmap(evaluated.state, SMELTER, 2025, POLICY).accepted is effective


def test_criterion_5_2_is_shown_under_the_entitys_roadmap() -> None:
    made = adopted(planned=(value(2021, "12"), value(2030, "10.5")))
    stored = kept(t_per_t="12")
    alone: Any = threshold_shown(
        stored, 1970, roadmap(ReductionPlan(), SMELTER, 2025, POLICY), POLICY
    )
    planned: Any = threshold_shown(stored, 1970, roadmap(made.state, SMELTER, 2025, POLICY), POLICY)
    assert alone["roadmap"] == {"accepted": False, "planned": {}}
    assert planned["roadmap"]["planned"][2030] == Decimal("10.5")
    assert [one["value"] for one in alone["checks"]][-1] is None
    assert [one["value"] for one in planned["checks"]][-1] == Decimal("10.5")


def test_the_plan_speaks_with_its_target_its_pathway_and_its_figures() -> None:
    made = adopted(planned=(value(2021, "12"), value(2030, "10.5")))
    plan = made.state
    family = plan.families[PRIMARY]
    unnamed = family.pathway.model_copy(update={"method": "own"})
    named = rules(Today(ON, BOOK, plan=plan))
    assert "R-22" not in named
    other = plan._replace(families={PRIMARY: family._replace(pathway=unnamed)})
    assert "R-22" in rules(Today(ON, BOOK, plan=other))
    old = Site("F1", "NO", None, "PFPB_M", 1970)
    working = CLEAN.result._replace(inventory=CLEAN.result.inventory._replace(site=old))
    stored = kept(t_per_t="12").model_copy(update={"facility_id": SMELTER})
    [alone] = _sentences("R-23", Today(ON, BOOK), working, stored)
    assert "planned intensity of 2030 not given" in alone
    [waits] = _sentences("R-23", Today(ON, BOOK, plan=plan), working, stored)
    assert "the roadmap is not accepted" in waits
    known = entity(figures(2020), figures(2025, "8"))
    said = {"on": PLANNED_ON, "entity": known, "year": 2025, "measures": ("hydro",), **WHO}
    works = EvaluatePlan.model_validate({**said, "effective": True})
    accepted = made.and_when(works).state
    assert _sentences("R-23", Today(ON, BOOK, plan=accepted), working, stored) == []


def test_the_entitys_target_is_found_at_its_facilities_above_the_pathway_and_when_it_is_over() -> (
    None
):
    said = {"on": PLANNED_ON, "entity": entity(), "family": PRIMARY, **WHO}
    whole = {"year": 2030, "scopes": ("1", "2", "3"), "public": True}
    high = SetIntermediateTarget.model_validate({**said, **whole, "t_per_t": "30"})
    low = SetIntermediateTarget.model_validate({**said, **whole, "t_per_t": "9"})
    stored = kept(t_per_t="6.4")

    def told(command: SetIntermediateTarget, on: date) -> list[str]:
        today = Today(on, BOOK, plan=adopted().and_when(command).state)
        return _sentences("R-21", today, CLEAN.result, stored)

    [above] = told(high, ON)
    assert "18.09 t CO2e/t above the pathway" in above
    assert told(low, ON) == []
    [over] = told(low, date(2031, 1, 1))
    assert "was for 2030, and none has followed it" in over


def _sentences(rule: str, today: Today, working: Result, stored: ResultCalculated) -> list[str]:
    found = current_findings(stored, working, POLICY, today)
    return [one.sentence for one in found if one.rule == rule]
