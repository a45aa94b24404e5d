"""Criterion 5.2 excuses a smelter by its own roadmap alone, evaluated as effective on an actual
(sources.md 3.3)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.ghg_plans import PlanEvaluated, ReductionPlanAdopted
from services.ghg.plans import roadmap as reading
from services.ghg.plans.commands import EvaluatePlan, NoteStructuralChanges
from services.ghg.plans.figures import EntityEvidence
from services.ghg.reports.threshold import Plan, Smelter, assess
from tests.rules.spec import Answered

from .given import POLICY
from .planned import CURVES, WHO, adopt, adopted, entity, figures, plans, set_pathway, value

LATER = date(2027, 5, 1)
STEPS = (value(2025, "12"), value(2030, "10"))
SIX = tuple(f"S-{number}" for number in range(1, 7))


def six() -> EntityEvidence:
    """An entity of six smelters, with the base year and one in which it gave off far less."""
    more: dict[str, Any] = {"facilities": 6, "verified": 6, "expected": 6, "present": SIX}
    told = [figures(2020, **more), figures(2026, "8", **more)]
    return entity(*told).model_copy(update={"facilities": SIX})


def of(facility_id: str, *steps: Any) -> dict[str, Any]:
    """What is planned for one of them."""
    return {"facility_id": facility_id, "planned": steps}


def evaluated(start: Answered, effective: bool = True, **more: Any) -> Answered:
    """A plan that was evaluated."""
    known = entity(figures(2020), figures(2026, "8"))
    said = {"on": LATER, "entity": known, "year": 2026, "measures": ("hydro",), **WHO}
    return start.and_when(EvaluatePlan.model_validate({**said, "effective": effective, **more}))


def roadmap(state: Any, facility_id: str, year: int | None = None) -> Plan:
    """A smelter's roadmap, as it is read for the year of its evaluation unless told otherwise."""
    (family, *_) = state.families.values()
    last = family.evaluated()
    return reading.roadmap(state, facility_id, year or (last.year if last else 2026), POLICY)


def meets(plan: Plan) -> bool:
    """Whether a smelter far above the limits meets the criterion in 2024 by a roadmap."""
    return assess(Smelter(1998, 2024, Decimal("19.53")), plan, POLICY).meets


def test_values_of_six_smelters_together_excuse_none_of_them() -> None:
    start = plans.when(adopt(entity=six(), planned=STEPS), set_pathway(entity=six()))
    state = evaluated(start, entity=six()).state
    found = roadmap(state, "S-1")
    assert (found.accepted, found.planned) == (False, {})
    assert "6 facilities together" in found.lacks
    assert not meets(found)


def test_values_of_a_smelter_excuse_it_and_no_other() -> None:
    command = adopt(entity=six(), by_facility=(of("S-2", *reversed(STEPS)),))
    state = evaluated(plans.when(command, set_pathway()), entity=six()).state
    own = roadmap(state, "S-2")
    assert own == Plan(True, {2025: Decimal(12), 2030: Decimal(10)})
    assert meets(own)
    assert not roadmap(state, "S-1").accepted


def test_an_entitys_values_are_those_of_its_only_smelter() -> None:
    state = evaluated(adopted(planned=STEPS)).state
    assert meets(roadmap(state, "FAC-1"))
    assert not roadmap(state, "FAC-9").accepted, "of another entity, or bought since"


def test_a_smelter_that_is_missing_from_the_figures_is_planned_for_as_well() -> None:
    part = figures(2021, present=("S-1",), absent=("S-2",), expected=2)
    whole = figures(2020, present=("S-1",))
    event = plans.when(adopt(whole, part)).events[0]
    assert isinstance(event, ReductionPlanAdopted)
    assert event.planned_of == ("S-1", "S-2")


def test_a_plan_of_before_that_does_not_tell_whose_values_it_has_excuses_nobody() -> None:
    state = evaluated(adopted(planned=STEPS)).state
    ((name, family),) = state.families.items()
    older = family.adopted.model_copy(update={"planned_of": ()})
    found = roadmap(state._replace(families={name: family._replace(adopted=older)}), "FAC-1")
    assert not found.accepted
    assert "nobody knows which" in found.lacks


PART = figures(2026, "5", absent=("FAC-2",), expected=2)


@pytest.mark.parametrize(
    ("year", "known", "lacks"),
    [
        (2026, figures(2026, "19.53"), "with a target of that year missed"),
        (2026, figures(2020), "without an actual"),
        (2026, PART, "without the figures of every facility"),
    ],
)
def test_effective_is_not_accepted_beside_what_says_otherwise(
    year: int, known: Any, lacks: str
) -> None:
    answered = evaluated(adopted(planned=STEPS), year=year, entity=entity(known))
    [event] = answered.events
    assert isinstance(event, PlanEvaluated)
    assert event.effective, "what somebody judged is kept as a fact"
    found = roadmap(answered.state, "FAC-1")
    assert not found.accepted
    assert lacks in found.lacks


@pytest.mark.parametrize(
    ("year", "on", "lacks"),
    [
        (2020, date(2021, 6, 1), ""),
        (2020, date(2022, 1, 1), "for its base year 2020, which is its own target"),
        (2019, date(2021, 6, 1), "for 2019, before its base year 2020"),
    ],
)
def test_the_base_year_is_no_evidence_of_a_roadmap_once_a_year_since_is_over(
    year: int, on: date, lacks: str
) -> None:
    known = entity(figures(2019, "20", verified=0), figures(2020))
    command = adopt(figures(2019, "20", verified=0), figures(2020), planned=STEPS)
    answered = evaluated(plans.when(command, set_pathway()), year=year, on=on, entity=known)
    [event] = answered.events
    assert isinstance(event, PlanEvaluated)
    assert event.effective, "what somebody judged is kept as a fact"
    found = roadmap(answered.state, "FAC-1")
    assert found.accepted is (lacks == "")
    assert lacks in found.lacks


def test_other_values_need_an_evaluation_of_their_own() -> None:
    before = evaluated(adopted(planned=STEPS))
    other = (value(2025, "12.9"), value(2030, "10.9"))
    again = before.and_when(adopt(planned=other), set_pathway())
    found = roadmap(again.state, "FAC-1")
    assert (found.accepted, found.planned[2030]) == (False, Decimal("10.9"))
    assert "nobody has evaluated" in found.lacks
    [event] = evaluated(again).events
    assert event == before.events[-1], "the same words, of other values"
    assert roadmap(evaluated(again).state, "FAC-1").accepted
    heir = before.and_when(adopt(planned=STEPS, owner="p-2"))
    assert roadmap(heir.state, "FAC-1").accepted, "the same values, under another who answers"


@pytest.mark.parametrize(("year", "lapsed"), [(2025, False), (2027, False), (2028, True)])
def test_an_evaluation_speaks_of_its_year_and_the_next_one(year: int, lapsed: bool) -> None:
    state = evaluated(adopted(planned=STEPS)).state
    found = roadmap(state, "FAC-1", year)
    assert found.accepted is not lapsed
    assert ("last evaluated for 2026: that speaks of years to 2027" in found.lacks) is lapsed


def test_an_evaluation_of_an_earlier_year_hides_none_of_a_later_one() -> None:
    missed = evaluated(adopted(planned=STEPS), effective=False)
    known = entity(figures(2020), figures(2024, "8"))
    later = evaluated(missed, year=2024, entity=known, on=date(2027, 6, 1))
    assert isinstance(later.events[-1], PlanEvaluated)
    assert later.events[-1].effective
    found = roadmap(later.state, "FAC-1")
    assert (found.accepted, found.lacks) == (False, "it was evaluated for 2026 as not effective")
    shown = later.state.evaluated
    assert (shown.year, shown.effective) == (2026, False), "on the page of the plan as well"
    mended = evaluated(later, on=date(2027, 7, 1))
    assert roadmap(mended.state, "FAC-1").accepted, "said anew of that year"


def test_a_plan_without_a_pathway_is_not_found_effective() -> None:
    start = plans.when(adopt(planned=STEPS))
    known = entity(figures(2020), figures(2026, "8"))
    said = {"on": LATER, "entity": known, "year": 2026, "measures": ("hydro",), **WHO}
    command = EvaluatePlan.model_validate({**said, "effective": True})
    start.and_when(command).refused("pathway-missing", families=["primary"])
    weak = evaluated(start, effective=False)
    assert isinstance(weak.events[-1], PlanEvaluated), "that it does not work is a fact"
    bought = adopt(figures(2020, family="procurement"), family="procurement")
    both = adopted(planned=STEPS).and_when(bought)
    both.and_when(command).refused("pathway-missing", families=["procurement"])


def test_what_an_earlier_build_found_effective_without_a_pathway_accepts_nothing() -> None:
    state = evaluated(adopted(planned=STEPS)).state
    ((name, family),) = state.families.items()
    [event] = family.evaluations.values()
    years = tuple(one.model_copy(update={"target": None, "gap": None}) for one in event.years)
    older = event.model_copy(update={"years": years, "reached": None})
    families = {name: family._replace(evaluations={2026: older})}
    found = roadmap(state._replace(families=families), "FAC-1")
    assert not found.accepted
    assert "without a target of a pathway" in found.lacks


def bought_since(*years: int) -> Any:
    """Acquisitions of 4 % each, with the first year of which figures have them."""
    told = {"kind": "acquisition", "emission_t": "64000", "output_t": "1000", "power_t": "10000"}
    changes = [{**told, "reason": f"plant-{year}", "from_year": year} for year in years]
    said = {"on": date(2026, 6, 1), "entity": entity(), "family": "primary", "curves": CURVES}
    return NoteStructuralChanges.model_validate({**said, "changes": changes, **WHO})


@pytest.mark.parametrize(
    ("year", "actual", "accepted"), [(2025, "19.53", False), (2025, "1", False), (2026, "8", True)]
)
def test_a_year_without_a_gap_accepts_nothing(year: int, actual: str, accepted: bool) -> None:
    """A year that has one of two changes is held against no target: none can be called reached."""
    moved = adopted(planned=STEPS).and_when(bought_since(2024, 2026))
    known = entity(figures(2020), figures(year, actual))
    answered = evaluated(moved, year=year, entity=known)
    [event] = answered.events
    assert isinstance(event, PlanEvaluated)
    assert event.years[0].target is not None
    assert event.reached is (True if accepted else None)
    found = roadmap(answered.state, "FAC-1")
    assert found.accepted is accepted
    assert ("for 2025, of which there is no gap" in found.lacks) is not accepted


def test_nor_does_a_year_of_before_a_change_after_which_the_pathway_was_set() -> None:
    command = adopt(planned=STEPS)
    moved = plans.when(command).and_when(bought_since(2024, 2026), set_pathway())
    known = entity(figures(2020), figures(2023, "19.53"))
    found = roadmap(evaluated(moved, year=2023, entity=known).state, "FAC-1")
    assert (found.accepted, meets(found)) == (False, False)
    assert "no gap to a target" in found.lacks


def test_a_facility_is_planned_once_and_is_the_entitys() -> None:
    one = of("FAC-1", *STEPS)
    plans.when(adopt(by_facility=(one, one))).refused("facility-twice")
    stranger = of("FAC-9", *STEPS)
    plans.when(adopt(by_facility=(stranger,))).refused("unknown-facility", facility_id="FAC-9")
    early = of("FAC-1", value(2019, "12"))
    plans.when(adopt(by_facility=(early,))).refused("year-outside-pathway", year=2019)
