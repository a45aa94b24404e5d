"""A facility that went, or was closed, when an earlier build did nothing about it: it leaves its
scope all the same.
"""

import time
from datetime import date
from types import SimpleNamespace
from typing import cast

import pytest

from contracts.facilities import FacilityClosed, FacilityTransferred
from infra.decider import Command
from infra.errors import Refused
from infra.service import Running
from infra.transaction import Request
from services.coc_ledger.facility_reactions import still_there
from services.coc_ledger.jobs import Watch
from services.coc_ledger.scopes.commands import NoteFacilityLeft
from services.coc_ledger.scopes.state import Scope
from tests.rules.coc.test_facility_left import (
    DAY_BEFORE,
    GONE,
    TODAY,
    closed,
    on_day,
    transferred,
)
from tests.rules.coc.world import YEAR, World


@pytest.fixture
def world() -> World:
    return World(TODAY)


def unheeded(world: World, event: FacilityTransferred | FacilityClosed) -> None:
    """News that an earlier build took into its rows, and made nothing of."""
    world.tell(event, "membership")
    world.reader.apply(world.public[-1])
    world.public_read += 1


def undone(world: World) -> list[tuple[str, str, date]]:
    """What is still to leave, and has left once that is carried out."""
    scopes = [world.reader.row("scopes", one) for one in ("A", "B")]
    found = list(still_there(TODAY, scopes, world.reader.row))
    for command in found:
        assert world.carry_out(command) == ""
    world.settle()
    asked = [one for one in found if isinstance(one, NoteFacilityLeft)]
    return [(one.scope_id, one.facility_id, one.effective_on) for one in asked]


@pytest.mark.parametrize("event", [transferred("F-1"), closed("F-1")])
def test_one_that_left_under_an_earlier_build_leaves_on_its_day_all_the_same(
    world: World, event: FacilityTransferred | FacilityClosed
) -> None:
    unheeded(world, event)
    assert on_day(world, TODAY).facilities == ("F-1",)
    world.desk.folds["coc_scope/A"] = (1, opened_before(world))
    row = world.reader.row("scopes", "A")
    world.reader.rows["scopes"]["A"] = row._replace(opened_on=YEAR)
    assert undone(world) == [("A", "F-1", GONE)]
    assert [on_day(world, day).facilities for day in (DAY_BEFORE, GONE)] == [("F-1",), ()]
    assert undone(world) == [], "once"


def opened_before(world: World) -> Scope:
    """Scope A as if it had been opened on the first day of its accounts."""
    state: Scope = world.desk.state("coc_scope/A")
    return state._replace(opened_on=YEAR)


def test_one_that_went_on_to_a_third_leaves_on_the_day_on_which_it_went_first(
    world: World,
) -> None:
    unheeded(world, transferred("F-1"))
    onward = transferred("F-1", "C", on=date(2026, 5, 20))
    unheeded(world, onward.model_copy(update={"from_entity_id": "EB", "from_member_id": "B"}))
    assert world.reader.row("facilities", "F-1").gone == {"EA": "2026-05-01", "EB": "2026-05-20"}


def test_where_all_is_as_told_nothing_is_left_undone(world: World) -> None:
    assert undone(world) == []


async def test_the_server_looks_for_it_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    carried_out: list[Command] = []

    class Writer:
        async def execute(self, request: Request) -> None:
            carried_out.append(request.command)
            raise Refused("unknown-scope", "it is not there")

    watch = Watch(cast(Running, SimpleNamespace(writer=Writer())), "coc")
    left_over = NoteFacilityLeft(
        on=TODAY,
        scope_id="A",
        member_id="A",
        facility_id="F-1",
        effective_on=GONE,
        because="closed",
    )
    watch.undone = lambda: [left_over]
    for seconds in (0, 1, 3599, 1):
        now[0] += seconds
        await watch.repair()
    assert carried_out == [left_over] * 2, "one that is refused keeps nobody from trying again"
