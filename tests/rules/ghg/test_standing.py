"""Of several results one stands: by it year and audits are judged, and there is a way back."""

from decimal import Decimal
from typing import Any

import pytest

from contracts import ghg
from contracts.bought import BoughtMetal
from contracts.envelope import Envelope, Event, Recorded
from contracts.values import Instant
from services.audit_scheduling.emission_rows import EMISSIONS, EmissionRow
from services.ghg import app
from services.ghg.plans.figures import Metal, counted
from services.ghg.results import facility_year
from services.ghg.results.standing import BESIDE_KEPT, public_of
from services.ghg.results.state import FacilityYearEvent
from services.ghg.rows import YearRow, year_of
from tests.rules.ghg.life import (
    FIRST,
    again,
    disclosed,
    reckoned,
    recorded,
    result,
    sealed,
    submitted,
    verified,
    withdrawn,
)
from tests.rules.spec import Spec

year = Spec(facility_year, app.policies())
OTHER = reckoned(gwp_set="AR5")
THIRD = reckoned(gwp_set="AR4")
HAS_RESULT = year.given(*recorded(), sealed(), result())
BLOCKED = ("R-18",)


def history(*events: Event) -> list[Recorded]:
    place = Envelope("e", "ghg", "facility_year/F1:2025", 1, 1, Instant(""), "c", "c", "c", "a")
    return [Recorded(place, event) for event in events]


def row(*events: Event) -> YearRow:
    """The row of the year after these events."""
    found = year_of("F1:2025", history(*events))
    assert found is not None
    return found


def audits_row(*events: Event) -> EmissionRow:
    """What audits remember of it."""
    found: EmissionRow | None = None
    for one in history(*events):
        (key,) = EMISSIONS.keys(one)
        found = EMISSIONS.evolve(key, found, one)
    assert found is not None
    return found


def asked(number: int) -> ghg.ResultCalculated:
    """Calculated under other warming potentials: a what-if that is blocked."""
    return result(number, OTHER, because="request", blocking=BLOCKED)


# --- the way back ---


def test_recalculating_back_makes_an_equal_result_that_stands() -> None:
    tried = HAS_RESULT.given(result(2, OTHER, because="request"))
    back = result(3, FIRST, because="request")
    tried.when(again(FIRST)).then(back)
    tried.given(back).when(again(FIRST)).nothing()


def test_what_stands_is_not_calculated_twice() -> None:
    HAS_RESULT.given(result(2, OTHER, because="request")).when(again(OTHER)).nothing()


def test_beside_what_is_verified_each_set_is_calculated_once_and_nothing_takes_its_place() -> None:
    public = HAS_RESULT.given(submitted(), verified(), disclosed())
    beside = result(2, OTHER, because="request")
    public.when(again(OTHER)).then(beside)
    public.given(beside).when(again(OTHER)).nothing()
    public.given(beside).when(again(FIRST)).nothing()
    public.given(beside).when(again(THIRD)).then(result(3, THIRD, because="request"))


# --- what the year is judged by ---


def test_a_what_if_beside_a_disclosure_moves_neither_the_year_nor_its_audits() -> None:
    public = (sealed(), result(), submitted(), verified(), disclosed())
    before, after = row(*public), row(*public, asked(2))
    assert (after.stands, after.results, after.blocking) == (1, 2, ())
    assert after._replace(results=1, beside=()) == before
    told = audits_row(*public, asked(2))
    assert (told.result, told.heavy, told.since) == (1, audits_row(*public).heavy, 0)


def test_newer_factors_beside_a_disclosure_are_told_to_audits_and_needed_once() -> None:
    public = (sealed(), result(), submitted(), verified(), disclosed())
    newer = result(2, THIRD, because="factors")
    after = row(*public, newer)
    assert after.stands == 1
    assert after.pins != row(*public).pins, "the next day asks for no other"
    assert row(*public, asked(2)).pins == row(*public).pins
    assert audits_row(*public, newer).since == 2


def test_before_anything_is_submitted_the_newest_result_stands() -> None:
    found = row(sealed(), result(), asked(2))
    assert (found.stands, found.blocking, found.latest["gwp_set"]) == (2, BLOCKED, "AR5")
    back = row(sealed(), result(), asked(2), result(3, because="request"))
    assert (back.stands, back.blocking, back.latest["gwp_set"]) == (3, (), FIRST.gwp_set)


def test_whichever_result_is_submitted_stands() -> None:
    tried = (sealed(), result(), asked(2))
    for last in ((submitted(),), (submitted(), withdrawn()), (submitted(), verified())):
        found = row(*tried, *last)
        assert (found.stands, found.blocking) == (1, ())
        assert [number for number, _ in found.beside] == [2]
        assert audits_row(*tried, *last).result == 1


def test_another_result_that_is_verified_later_takes_the_place_of_the_first() -> None:
    public = (sealed(), result(), submitted(), verified(), disclosed(), result(2, THIRD))
    assert row(*public, submitted(2)).stands == 2
    assert audits_row(*public, submitted(2)).result == 2


def test_new_data_are_judged_by_their_own_result() -> None:
    public = (sealed(), result(), submitted(), verified(), disclosed())
    changed = (sealed(2, "42000"), result(2, reckoned(2, "42000")))
    found = row(*public, *changed)
    assert (found.stands, found.state, found.beside) == (2, "calculated", ())
    assert audits_row(*public, *changed).result == 2
    assert row(*public, changed[0]).stands == 1, "until it is calculated"


NONE_TOLD = {"bought_metal": None, "primary_metal": None, "metal_left_t": None}
"""What disclosures of before left out."""


@pytest.mark.parametrize("left_out", [{}, NONE_TOLD], ids=["a disclosure of today", "an older one"])
def test_new_data_beside_a_disclosure_change_no_figure_that_is_public(left_out: Any) -> None:
    bought = BoughtMetal(tonnes=Decimal(15_000), emission_t=Decimal(63_000))
    made = result(bought_metal=bought)
    public = disclosed(bought_metal=bought).model_copy(update=left_out)
    before = row(sealed(), made, submitted(), verified(), public)
    draft = result(2, reckoned(2, "42000"), bought_metal=None)
    after = row(sealed(), made, submitted(), verified(), public, sealed(2, "42000"), draft)
    assert after.stands == 2
    counts = counted(after)
    assert counts == counted(before)
    assert counts is not None
    assert counts.bought == Metal(Decimal(15_000), Decimal(63_000))


def test_of_a_result_that_was_not_made_public_a_disclosure_takes_nothing() -> None:
    older = disclosed(2).model_copy(update=NONE_TOLD)
    assert public_of(older, row(sealed(), result()).latest)["bought_metal"] is None


def test_a_row_remembers_so_many_results_and_no_more() -> None:
    many = [result(number, OTHER, because="request") for number in range(2, 30)]
    public = (sealed(), result(), submitted(), verified(), disclosed())
    for found in (row(*public, *many), audits_row(*public, *many)):
        assert len(found.beside) == BESIDE_KEPT
    assert row(*public, *many).results == 29


def test_both_services_keep_the_same_result() -> None:
    """Whatever happens in whichever order."""
    steps: tuple[FacilityYearEvent, ...] = (
        sealed(),
        result(),
        asked(2),
        submitted(),
        result(3, THIRD),
        withdrawn(),
        asked(4),
        submitted(3),
        verified(3),
        disclosed(3),
        asked(5),
        sealed(2, "42000"),
        result(6, reckoned(2, "42000")),
    )
    kept = [row(*steps[: count + 1]).stands for count in range(1, len(steps))]
    assert kept == [1, 2, 1, 1, 1, 4, 3, 3, 3, 3, 3, 6]
    assert [audits_row(*steps[: count + 1]).result for count in range(1, len(steps))] == kept
    state = facility_year.INITIAL
    stands: list[int] = []
    for event in steps:
        state = facility_year.evolve(state, event)
        stands.append(state.stands)
    assert stands[1:] == kept
