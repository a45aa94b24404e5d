"""Suppliers of material without CoC whom nobody looked at: listed with their masses, and a finding
of the close (rules 5.5, 5.6, R-28)."""

from datetime import date
from typing import Any

import pytest

from contracts.certification import CertificateWithdrawn
from contracts.coc import MovementBooked, PoolClosed
from contracts.coc_corrections import PoolCorrected
from contracts.custody import Origin, PoolKey, Remark, Stage, Topic
from contracts.values import CertificationStatus, Standard
from services.coc_ledger.evidence import Unlooked
from services.coc_ledger.knowledge import unlooked_in
from tests.rules.coc.test_covered_facilities import certified, document, ready
from tests.rules.coc.test_late_deliveries import AFTER, lapsed, restored, year_ends
from tests.rules.coc.test_late_deliveries import sold as sold_on
from tests.rules.coc.test_late_onward import closed
from tests.rules.coc.test_late_onward import late as came_late
from tests.rules.coc.test_late_onward import on as staged_on
from tests.rules.coc.test_late_onward import world as staged
from tests.rules.coc.test_periods_and_orders import EVERY, close
from tests.rules.coc.world import YEAR, World

TODAY = date(2026, 6, 1)
APRIL, MAY = date(2026, 4, 5), date(2026, 5, 5)
KEY = PoolKey(scope_id="A", stage=Stage.ALUMINIUM, period=YEAR)
OWN = {"scope_id": "A", "member_id": "A"}
ALL = tuple(sorted(Topic))


def receipt(name: str, kg: int, supplier: str | None, day: date, **more: Any) -> dict[str, Any]:
    """Material without CoC comes to A."""
    fields = {**OWN, "stage": "aluminium", "day": day, "movement_id": name, "mass_kg": kg}
    return {**fields, "origin": "non_coc", "supplier_id": supplier, **more}


def looked_at(world: World, supplier: str, day: date, topics: tuple[str, ...] = EVERY) -> None:
    look = {"supplier_id": supplier, "topics": topics, "performed_on": day}
    world.send("record_due_diligence", **OWN, **look)


def bought(*receipts: dict[str, Any], together: bool = False) -> World:
    world = World(TODAY)
    if together:
        world.send_together([("receive_material", one) for one in receipts])
    for one in () if together else receipts:
        world.send("receive_material", **one)
    world.settle()
    return world


def listed(world: World) -> list[tuple[str | None, int, int]]:
    """Suppliers that are not looked at: their receipts, and kilograms."""
    found = unlooked_in(KEY, world.known())
    return [(one.supplier_id, one.movements, one.mass_kg) for one in found]


@pytest.mark.parametrize("together", [False, True])
def test_suppliers_without_any_record_are_listed_with_what_they_brought(*, together: bool) -> None:
    world = bought(
        receipt("M-1", 100, "TRADER", APRIL),
        receipt("M-2", 50, "TRADER", MAY),
        receipt("M-3", 7, "OTHER", MAY, origin="pre_consumer_scrap"),
        receipt("M-4", 3, None, APRIL),
        together=together,
    )
    [unnamed, other, trader] = unlooked_in(KEY, world.known())
    assert (unnamed.supplier_id, unnamed.mass_kg) == (None, 3)
    assert (other.supplier_id, other.mass_kg) == ("OTHER", 7)
    assert trader == Unlooked(
        supplier_id="TRADER", movements=2, mass_kg=150, first_on=APRIL, last_on=MAY, missing=ALL
    )


@pytest.mark.parametrize("together", [False, True])
def test_who_was_looked_at_is_not_listed(*, together: bool) -> None:
    world = World(TODAY)
    looked_at(world, "TRADER", YEAR)
    lots = [receipt("M-1", 100, "TRADER", APRIL), receipt("M-2", 50, "TRADER", MAY)]
    if together:
        world.send_together([("receive_material", one) for one in lots])
    for one in () if together else lots:
        world.send("receive_material", **one)
    world.settle()
    assert listed(world) == []
    assert world.known().unlooked(KEY.key) == [], "and nothing is kept of them"


def test_a_look_that_is_recorded_later_counts_from_the_day_on_which_it_was_made() -> None:
    world = bought(receipt("M-1", 100, "TRADER", APRIL), receipt("M-2", 50, "TRADER", MAY))
    looked_at(world, "TRADER", MAY)
    assert listed(world) == [("TRADER", 1, 100)]
    looked_at(world, "TRADER", APRIL)
    assert listed(world) == []


def test_a_look_at_some_topics_leaves_the_others_missing() -> None:
    world = bought(receipt("M-1", 100, "TRADER", MAY))
    looked_at(world, "TRADER", APRIL, EVERY[:3])
    [found] = unlooked_in(KEY, world.known())
    assert found.missing == (Topic.CONFLICT_AFFECTED_AREAS,)


def test_a_receipt_that_is_taken_back_counts_no_more() -> None:
    world = bought(receipt("M-1", 100, "TRADER", APRIL), receipt("M-2", 50, "TRADER", APRIL))
    back = {**OWN, "stage": "aluminium", "day": APRIL, "movement_id": "BACK"}
    world.send("reverse_movement", **back, reverses="M-1")
    world.settle()
    assert listed(world) == [("TRADER", 1, 50)]
    world.send("reverse_movement", **{**back, "movement_id": "BACK-2"}, reverses="M-2")
    world.settle()
    assert listed(world) == []


def test_a_mine_of_ones_own_is_no_supplier() -> None:
    """What R-28 remarks of a mine that is not certified is something else."""
    world = bought(receipt("M-1", 100, "TRADER", APRIL))
    [told] = [one.event for one in world.desk.log if isinstance(one.event, MovementBooked)]
    assert [one.rule for one in told.remarks] == ["R-28"]
    mined = told.model_copy(update={"movement_id": "M-2", "origin": Origin.OWN_MINE})
    world.tell(mined, "coc_ledger")
    world.settle()
    assert listed(world) == [("TRADER", 1, 100)]


# --- deliveries by document ---

PASSED = {"number": "D-1", "member_id": "B", "received_on": MAY}
B_KEY = KEY.model_copy(update={"scope_id": "B"})


def delivered(received_kg: int, *, withdraw: bool = False) -> World:
    """A sells B 100 kg of CoC metal by a document, of a shipment of so many kilograms; of its
    certificate it turns out that it was withdrawn before."""
    world = World(TODAY)
    ready(world, "A", "A")
    sold = {**document("A", "A", APRIL), "total_mass_kg": received_kg}
    world.send("issue_document", **sold)
    world.send("confirm_document", **PASSED, received_kg=received_kg)
    world.settle()
    if withdraw:
        world.tell(gone())
        world.settle()
    return world


def gone() -> CertificateWithdrawn:
    return CertificateWithdrawn(
        certificate_id=f"CA-{Standard.CHAIN_OF_CUSTODY.value}",
        member_id="A",
        effective_on=YEAR,
        status=CertificationStatus.WITHDRAWN,
    )


def of_b(world: World) -> list[tuple[str | None, int, int]]:
    found = unlooked_in(B_KEY, world.known())
    return [(one.supplier_id, one.movements, one.mass_kg) for one in found]


def test_metal_that_counts_by_its_document_needs_no_look_at_its_seller() -> None:
    assert of_b(delivered(100)) == []


def test_the_rest_of_a_shipment_that_a_document_does_not_claim_is_material_without_coc() -> None:
    world = delivered(130)
    assert of_b(world) == [("A", 1, 30)]
    look = {"scope_id": "B", "member_id": "B", "supplier_id": "A", "topics": EVERY}
    world.send("record_due_diligence", **look, performed_on=APRIL)
    assert of_b(world) == []


@pytest.mark.parametrize("received_kg", [100, 130])
def test_a_delivery_whose_check_fails_is_material_without_coc_as_long_as_it_does(
    received_kg: int,
) -> None:
    world = delivered(received_kg, withdraw=True)
    assert of_b(world) == [("A", 1, received_kg)]
    certified(world, Standard.CHAIN_OF_CUSTODY, "F-1")
    rest = received_kg - 100
    assert of_b(world) == ([("A", 1, rest)] if rest else [])


@pytest.mark.parametrize("withdraw", [False, True])
def test_a_document_that_ended_brought_nothing(*, withdraw: bool) -> None:
    """A correction without a rest, or of a day on which the certificate held again."""
    world = delivered(130, withdraw=withdraw)
    certified(world, Standard.CHAIN_OF_CUSTODY, "F-1", since=TODAY)
    told = {"number": "D-2", "replaces": "D-1", "correction_reason": "weighed"}
    world.send("issue_document", **{**document("A", "A", TODAY), **told})
    world.settle()
    assert of_b(world) == []


def test_a_supplier_of_both_kinds_is_listed_once_with_both() -> None:
    world = delivered(130)
    bought = receipt("M-1", 7, "A", MAY, scope_id="B", member_id="B")
    world.send("receive_material", **bought)
    world.settle()
    assert of_b(world) == [("A", 2, 37)]


def test_what_a_members_other_scope_sends_is_its_own() -> None:
    world = World(TODAY)
    world.open("A9", "A")
    ready(world, "A", "A")
    sold = {**document("A", "A", APRIL, to="A9"), "total_mass_kg": 130}
    world.send("issue_document", **sold)
    world.send("confirm_document", **{**PASSED, "member_id": "A"}, received_kg=130)
    world.settle()
    key = KEY.model_copy(update={"scope_id": "A9"})
    assert unlooked_in(key, world.known()) == ()
    assert any(one.key == key for one in world.pools().values()), "it was booked there"


# --- the close ---


def found_by(event: PoolClosed | PoolCorrected) -> list[Remark]:
    return [one for one in event.remarks if one.rule == "R-28"]


def closes(world: World) -> list[PoolClosed | PoolCorrected]:
    kinds = PoolClosed | PoolCorrected
    return [one.event for one in world.desk.log if isinstance(one.event, kinds)]


def test_a_close_finds_whom_nobody_looked_at() -> None:
    lots = [receipt(f"M-{kg}", kg, f"S-{kg}", APRIL) for kg in range(1, 8)]
    world = bought(*lots)
    looked_at(world, "S-1", YEAR)
    year_ends(world, AFTER)
    close(world)
    [remark] = found_by(closes(world)[-1])
    assert remark.severity == "minor"
    assert remark.sentence == (
        "27 kg without CoC came from suppliers without a valid record of due diligence: S-7, S-6,"
        " S-5, S-4, S-3 and 1 more."
    )


def test_a_close_finds_nothing_where_all_were_looked_at() -> None:
    world = bought(receipt("M-1", 100, "TRADER", APRIL))
    looked_at(world, "TRADER", YEAR)
    year_ends(world, AFTER)
    close(world)
    assert found_by(closes(world)[-1]) == []


def test_a_correction_of_the_close_finds_what_is_in_its_books() -> None:
    world = bought(receipt("M-1", 100, "TRADER", APRIL), receipt("M-2", 1, None, APRIL))
    year_ends(world, AFTER)
    close(world)
    told = found_by(closes(world)[-1])
    assert told[0].sentence.endswith(": TRADER, one that is not named.")
    back = {**OWN, "stage": "aluminium", "day": APRIL, "reason": "mistake"}
    world.send("reverse_movement", **back, movement_id="BACK", reverses="M-2")
    world.settle()
    [last] = found_by(corrected(world))
    assert last.sentence.startswith("100 kg without CoC came from")
    assert last.sentence.endswith(": TRADER.")
    world.send("reverse_movement", **back, movement_id="BACK-2", reverses="M-1")
    world.settle()
    assert found_by(corrected(world)) == []


def corrected(world: World) -> PoolCorrected:
    last = closes(world)[-1]
    assert isinstance(last, PoolCorrected)
    return last


def test_a_look_that_is_recorded_after_the_close_is_known_to_its_correction() -> None:
    """By a reversal, and by what reactions correct: here what came late at the stage before."""
    world = staged()
    where = {"scope_id": "C", "member_id": "A", "stage": "aluminium"}
    for name, supplier in (("M-1", "TRADER"), ("M-2", "OTHER")):
        world.send("receive_material", **{**receipt(name, 100, supplier, APRIL), **where})
    staged_on(world)
    closed(world, "aluminium")
    [first] = found_by(closes(world)[-1])
    assert first.sentence.endswith(": OTHER, TRADER.")
    looked = {"topics": EVERY, "performed_on": APRIL, "scope_id": "C", "member_id": "A"}
    world.send("record_due_diligence", supplier_id="TRADER", **looked)
    came_late(world)
    [then] = found_by(corrected(world))
    assert then.sentence.startswith("100 kg")
    assert then.sentence.endswith(": OTHER.")
    world.send("record_due_diligence", supplier_id="OTHER", **looked)
    back = {"day": APRIL, "movement_id": "BACK", "reason": "mistake"}
    world.send("reverse_movement", **where, **back, reverses="M-1")
    world.settle()
    assert found_by(corrected(world)) == []


def test_a_delivery_that_fails_its_check_after_the_close_is_found_by_the_correction() -> None:
    """And no more once it holds again."""
    world = sold_on(claimed=0)
    close(world, "B")
    assert found_by(closes(world)[-1]) == []
    lapsed(world)
    [found] = found_by(corrected(world))
    assert found.sentence.startswith("1000 kg without CoC came from")
    assert found.sentence.endswith(": A.")
    restored(world)
    assert found_by(corrected(world)) == []
