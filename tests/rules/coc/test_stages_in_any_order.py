"""From the refinery to the metal, booked in any order: both stages, and the year after them, carry
what they would have, had all been booked in the order of its days and nothing wrongly. What was
booked wrongly is taken back, in a closed year with a reason."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.coc_late import StageFollowed
from contracts.custody import Lot, Stage
from contracts.inventory import Scope, Step
from services.coc_ledger.accounting.accounts import Amount
from services.coc_ledger.accounting.claims import shipped
from tests.rules.coc.given import balanced
from tests.rules.coc.results import calculated, verified
from tests.rules.coc.test_late_onward import NEXT_YEAR, REFINES, TODAY, closed, key, stock
from tests.rules.coc.world import YEAR, World

STAGES = (Stage.ALUMINA, Stage.ALUMINIUM)
VERBS = ("in", "unknown", "out", "lost", "on", "hand")


class Booking(NamedTuple):
    """What is booked of a day; `wrong`: until it is taken back."""

    verb: str
    stage: Stage
    kg: int
    per_kg: int
    wrong: bool


BOOKING = some.builds(
    Booking,
    some.sampled_from(VERBS),
    some.sampled_from(STAGES),
    some.integers(10, 300),
    some.integers(0, 9),
    some.sampled_from((False, False, True)),
)


def begun(*, with_results: bool) -> World:
    """Much of each at first, so that there is always some; the refinery's own step is known by
    results, or not at all."""
    world = World(TODAY)
    world.open("C", "A", REFINES[1:])
    if with_results:
        own = ((Step.ALUMINA_REFINING, Scope.DIRECT, "50000000"),)
        made = (("output.alumina", "100000"),)
        told = {"member_id": "A", "entity_id": "EA"}
        found = calculated("F-C", totals=own, outputs=made, along=())
        world.tell(found.model_copy(update=told), "ghg")
        world.tell(verified("F-C"), "ghg")
        world.settle()
    for stage in STAGES:
        send(world, "receive_material", stage, 0, mass_kg=5000, **bought(3))
    return world


def bought(per_kg: int) -> dict[str, Any]:
    return {"origin": "non_coc", "footprint": {"intensity_kgco2e_per_kg": str(per_kg)}}


def send(world: World, command: str, stage: Stage, day: int, **said: Any) -> None:
    where = {"scope_id": "C", "member_id": "A", "stage": stage, "day": YEAR + timedelta(days=day)}
    world.send(command, **{"movement_id": f"M-{day}", **where, **said})
    world.settle()


def carry_out(world: World, one: Booking, day: int) -> None:
    stage = Stage.ALUMINA if one.verb in ("on", "hand") else one.stage
    match one.verb:
        case "in":
            send(world, "receive_material", stage, day, mass_kg=one.kg, **bought(one.per_kg))
        case "unknown":
            send(world, "receive_material", stage, day, mass_kg=one.kg, origin="non_coc")
        case "out":
            send(world, "ship_material", stage, day, mass_kg=one.kg)
        case "lost":
            send(world, "book_loss", stage, day, mass_kg=one.kg)
        case "on":
            send(world, "change_stage", stage, day, mass_kg=one.kg, coc_kg=0)
        case _:
            send(world, "book_process_emissions", stage, day, emission_kgco2e=str(one.kg))


def take_back(world: World, one: Booking, day: int, **why: str) -> None:
    stage = Stage.ALUMINA if one.verb in ("on", "hand") else one.stage
    named = {"movement_id": f"B-{day}", "reverses": f"M-{day}"}
    send(world, "reverse_movement", stage, day, **named, **why)


def near(found: Amount, right: Amount, *, whole: bool) -> bool:
    """A gram, or a kilogram of what is known, for each booking and each day that is gone through;
    never one of mass. `whole`: known and in part together, since emissions booked by hand are split
    by what was known of the stock when they were booked, where no lot has left since others."""
    if whole:
        found, right = (_together(one) for one in (found, right))
    pairs = zip(found, right, strict=True)
    return found.kg == right.kg and all(abs(one - other) <= ROUNDED for one, other in pairs)


def _together(one: Amount) -> Amount:
    return one._replace(known_kg=0, emission_g=one.emission_g + one.partial_g, partial_g=0)


ROUNDED = 60


@settings(max_examples=25, deadline=None)
@given(
    some.lists(BOOKING, min_size=2, max_size=12),
    some.randoms(use_true_random=False),
    some.booleans(),
    some.booleans(),
)
def test_in_whatever_order_it_is_booked_each_stage_carries_what_it_would_have(
    bookings: list[Booking], shuffled: Any, with_results: bool, late_in_closed_year: bool
) -> None:
    days = [
        (day, one)
        for day, one in enumerate(bookings, start=1)
        if not (with_results and one.verb == "hand")
    ]
    right, corrected = (begun(with_results=with_results) for _ in range(2))
    for day, one in days:
        if not one.wrong:
            carry_out(right, one, day)
    shuffled.shuffle(days)
    for day, one in days:
        carry_out(corrected, one, day)
    wrong = [(day, one) for day, one in days if one.wrong]
    by_hand = any(one.verb == "hand" for _, one in days)
    if not late_in_closed_year:
        for day, one in wrong:
            take_back(corrected, one, day)
    for world in (right, corrected):
        closed(world, *STAGES)
    if late_in_closed_year:
        for day, one in wrong:
            if one.verb != "on":  # its product's period is closed
                take_back(corrected, one, day, reason="booked-wrongly")
            else:
                return
    for stage in STAGES:
        for period in (YEAR, NEXT_YEAR):
            found, should = (stock(one, stage, period) for one in (corrected, right))
            assert near(found, should, whole=by_hand), (stage, period)
    for stage in STAGES:
        pools = [one.pool(key(stage)) for one in (corrected, right)]
        found, should = (shipped(one.books, one.onward, Lot.PRODUCT) for one in pools)
        assert near(found, should, whole=by_hand), stage
        assert balanced(corrected.pool(key(stage)))


def test_the_next_stage_does_follow_where_it_is_booked_in_another_order() -> None:
    """So that the property above is one of metal that follows."""
    world = begun(with_results=True)
    carry_out(world, Booking("on", Stage.ALUMINA, 300, 0, wrong=False), 9)
    assert not [one for one in world.desk.log if isinstance(one.event, StageFollowed)]
    carry_out(world, Booking("in", Stage.ALUMINA, 300, 9, wrong=False), 5)
    [told] = [one.event for one in world.desk.log if isinstance(one.event, StageFollowed)]
    assert isinstance(told, StageFollowed)
    assert [one.day for one in told.days] == [date(2026, 1, 10)]
