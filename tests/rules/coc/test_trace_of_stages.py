"""A trace tells of the stage before what its metal carries by now: what came late there, or was
verified later, is in it, as if it had come in time; on any day, and for the CoC part alone."""

from datetime import date

import pytest

from contracts.custody import Stage
from services.coc_ledger.pools.carrying import Carries
from services.coc_ledger.traces.followed import followed
from services.coc_ledger.traces.kept import Passed
from services.coc_ledger.traces.passage_rows import FOLLOWED, STAGE
from tests.rules.coc.test_late_onward import REFINES, TODAY, book, bought, metal, stock
from tests.rules.coc.test_lineage import mixed, traced
from tests.rules.coc.test_stage_verified_later import verify
from tests.rules.coc.world import World

USED_ON, SOLD_ON = date(2026, 3, 4), date(2026, 3, 10)


def world(*, verified: bool = False, with_late: bool = False) -> World:
    """Bauxite of an own mine is refined, a half of it as CoC; with bought alumina it is smelted, a
    quarter as CoC, and sold with bought metal."""
    made = World(TODAY)
    made.open("C", "A", REFINES)
    if verified:
        verify(made)
    mined = {"stage": "bauxite", "mass_kg": 9000}
    book(made, "receive_material", "B-1", date(2026, 3, 1), origin="own_mine", **mined)
    refined = {"stage": "bauxite", "mass_kg": 8000, "coc_kg": 4000}
    book(made, "change_stage", "S-1", date(2026, 3, 2), **refined)
    book(made, "receive_material", "IN", date(2026, 3, 3), mass_kg=2000, **bought("2"))
    if with_late:
        late(made)
    book(made, "change_stage", "S-2", USED_ON, mass_kg=3000, coc_kg=700)
    metal(made, "receive_material", "M-1", date(2026, 3, 5), mass_kg=500, **bought("8"))
    metal(made, "ship_material", "OUT", SOLD_ON, mass_kg=1000)
    made.sell("D-1", "A", 150, SOLD_ON, member_id="A", scope_id="C")
    return made


def late(world: World) -> None:
    book(world, "receive_material", "LATE", date(2026, 3, 3), mass_kg=1000, **bought("9"))


def of_stage(world: World, on: date | None = None) -> list[Carries | None]:
    nodes = traced(world, "up", "D-1", on)
    return [one.carries for one in nodes if one.kind == "earlier_stage"]


def alike(found: World, right: World, on: date | None = None) -> bool:
    """But for kilograms that are rounded: of what is known, and of the part that is CoC."""
    for one, other in zip(of_stage(found, on), of_stage(right, on), strict=True):
        assert one is not None
        assert other is not None
        more = [each - same for each, same in zip(one, other, strict=True)]
        near = (other.emission_g + other.partial_g) // 1000
        if abs(sum(more[2:])) > near or abs(more[2]) > near or abs(more[1]) > 1 or more[0]:
            return False
    return True


@pytest.mark.parametrize("on", [None, SOLD_ON])
def test_the_stage_before_is_told_as_it_is_verified_by_now(on: date | None) -> None:
    found, right = world(), world(verified=True)
    assert not alike(found, right, on)
    verify(found)
    assert alike(found, right, on)
    assert len(of_stage(found, on)) == 2, "of the metal, and of the alumina"


def test_what_came_late_at_the_stage_before_is_told_of_it() -> None:
    found, right = world(), world(with_late=True)
    late(found)
    assert alike(found, right)
    assert alike(found, right, SOLD_ON)


def test_the_mix_of_a_document_has_what_followed_with_the_metal_that_it_is_of() -> None:
    found, right = world(), world(verified=True)
    verify(found)
    for on in (None, SOLD_ON):
        told, should = mixed(found, "D-1", on), mixed(right, "D-1", on)
        assert set(told) == {"earlier_stage", "non_coc_metal"}
        for kind, (share, per_kg) in should.items():
            assert told[kind][0] == share
            assert told[kind][1] == pytest.approx(per_kg, rel=0.001), kind
    assert stock(found, Stage.ALUMINIUM).kg == stock(right, Stage.ALUMINIUM).kg


def test_a_trace_of_a_day_says_since_when_the_stage_before_is_told_so() -> None:
    found = world()
    verify(found)
    found.today = date(2026, 6, 9)
    verify(found, 2, "0.9")
    [first, *_] = traced(found, "up", "D-1", SOLD_ON)
    assert first.changed_on == "2026-06-09"
    assert first.told is not None
    assert first.told.known_since == "2026-06-09"


def passage(kind: str, kg: int, emission_g: int = 0) -> Passed:
    day = USED_ON.isoformat()
    lot = (0, emission_g, 0)
    return Passed(kind, "R", "S", "M-1", day, kg, day, kg, *lot, day, "[]")


@pytest.mark.parametrize(("coc_kg", "made_kg", "grams"), [(25, 100, 250), (0, 100, 0), (25, 0, 0)])
def test_the_coc_part_of_a_day_has_its_share_of_what_followed(
    coc_kg: int, made_kg: int, grams: int
) -> None:
    """None where nothing counts as CoC any more, or an older event does not say of how much."""
    told = followed([passage(STAGE, coc_kg), passage(FOLLOWED, made_kg, 1000)])
    assert sum(lot.emission_g for lot, _ in told.values()) == grams
