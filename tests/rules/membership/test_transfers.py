"""A facility goes to another entity: offered, then accepted or returned (sources.md 5.6)."""

from datetime import date

import pytest

from contracts.facilities import (
    EntityAcceptedTransfer,
    EntityClosed,
    EntityRegistered,
    EntityReturnedTransfer,
    FacilityClosed,
    FacilityTransferOffered,
    FacilityTransferred,
    FacilityTransferReturned,
)
from infra.decider import Command, Tick
from services.membership import facility
from services.membership.entity import AcceptTransfer, ReturnTransfer
from services.membership.evidence import EntityEvidence, OfferEvidence
from services.membership.facility_commands import (
    CompleteReturn,
    CompleteTransfer,
    WithdrawTransfer,
)
from tests.rules.membership.given import passing
from tests.rules.membership.sites import (
    ENTITY,
    FACILITY,
    ON,
    change,
    declare,
    known,
    offer,
    smelter,
)

ANSWER_BY = date(2024, 7, 3)
"""30 days after the offer: the last day on which an answer counts."""
OFFERED = FacilityTransferOffered(
    facility_id="F1",
    member_id="M1",
    transfer_id="T1",
    from_entity_id="E1",
    to_entity_id="E2",
    to_member_id="M2",
    offered_on=ON,
    answer_by=ANSWER_BY,
    known_through=41,
)
WAITING = smelter().given(OFFERED)
RECEIVER = ENTITY.given(
    EntityRegistered(
        entity_id="E2", member_id="M2", name="South Metals", country="NO", registered_on=ON
    )
)
EVIDENCE = OfferEvidence(
    transfer_id="T1",
    facility_id="F1",
    to_entity_id="E2",
    to_member_id="M2",
    open=True,
    known_through=52,
)
ACCEPT = AcceptTransfer(
    on=ON, entity_id="E2", member_id="M2", facility_id="F1", transfer_id="T1", offer=EVIDENCE
)
ACCEPTED = EntityAcceptedTransfer(
    entity_id="E2",
    member_id="M2",
    facility_id="F1",
    transfer_id="T1",
    effective_on=ON,
    known_through=52,
)
RETURN = ReturnTransfer(
    on=ON,
    entity_id="E2",
    member_id="M2",
    facility_id="F1",
    transfer_id="T1",
    reason="too-old",
    offer=EVIDENCE,
)
RETURNED = EntityReturnedTransfer(
    entity_id="E2",
    member_id="M2",
    facility_id="F1",
    transfer_id="T1",
    effective_on=ON,
    reason="too-old",
)
WITHDRAW = WithdrawTransfer(on=ON, facility_id="F1", member_id="M1", transfer_id="T1")


def complete(effective_on: date = ON, on: date = ON, **other: object) -> CompleteTransfer:
    fields = {
        "on": on,
        "facility_id": "F1",
        "member_id": "M2",
        "transfer_id": "T1",
        "entity_id": "E2",
        "effective_on": effective_on,
    }
    return CompleteTransfer.model_validate({**fields, **other})


def complete_return(effective_on: date = ON) -> CompleteReturn:
    fields = complete(effective_on).model_dump()
    return CompleteReturn.model_validate({**fields, "reason": "too-old"})


def moved(effective_on: date = ON) -> FacilityTransferred:
    return FacilityTransferred(
        facility_id="F1",
        transfer_id="T1",
        from_entity_id="E1",
        from_member_id="M1",
        entity_id="E2",
        member_id="M2",
        effective_on=effective_on,
    )


def stays(because: str, on: date = ON, reason: str | None = None) -> FacilityTransferReturned:
    return FacilityTransferReturned.model_validate(
        {
            "facility_id": "F1",
            "member_id": "M1",
            "transfer_id": "T1",
            "effective_on": on,
            "because": because,
            "reason": reason,
        }
    )


def expiry(on: date) -> Tick:
    return Tick(on=on, target="facility/F1", rule="transfer_expiry")


# --- the offer ---


def test_an_offer_names_who_may_answer_and_until_when() -> None:
    smelter().when(offer()).then(OFFERED).and_when(offer()).nothing()


@pytest.mark.parametrize(
    ("evidence", "slug"),
    [
        (known("E2", "M3"), "unknown-entity"),
        (known("E3", "M2"), "unknown-entity"),
        (known("E2", "M2", is_open=False), "entity-closed"),
    ],
)
def test_it_is_offered_to_an_open_entity_of_that_member(
    evidence: EntityEvidence, slug: str
) -> None:
    smelter().when(offer(evidence=evidence)).refused(slug)


def test_there_is_one_offer_at_a_time_and_each_has_an_id_of_its_own() -> None:
    WAITING.when(offer("T2")).refused("transfer-open", transfer_id="T1")
    WAITING.given(stays("withdrawn")).when(offer("T1")).refused(
        "transfer-id-used", outcome="withdrawn"
    )
    assert WAITING.given(stays("withdrawn")).when(offer("T2")).refusal is None


def test_a_facility_is_not_offered_to_the_entity_it_is_in() -> None:
    home = offer(evidence=known(), to_entity_id="E1", to_member_id="M1")
    smelter().when(home).refused("transfer-to-itself")


# --- the answer, on the receiver's stream ---


def test_the_receiver_accepts_or_returns_and_may_say_so_again() -> None:
    RECEIVER.when(ACCEPT).then(ACCEPTED).and_when(ACCEPT).nothing()
    RECEIVER.when(RETURN).then(RETURNED).and_when(RETURN).nothing()


def test_an_answer_is_final() -> None:
    RECEIVER.given(ACCEPTED).when(RETURN).refused("transfer-already-answered", answer="accepted")
    RECEIVER.given(RETURNED).when(ACCEPT).refused("transfer-already-answered", answer="returned")


@pytest.mark.parametrize(
    ("evidence", "slug"),
    [
        (None, "unknown-transfer"),
        (EVIDENCE.model_copy(update={"transfer_id": "T9"}), "unknown-transfer"),
        (EVIDENCE.model_copy(update={"facility_id": "F9"}), "unknown-transfer"),
        (EVIDENCE.model_copy(update={"to_entity_id": "E9"}), "unknown-transfer"),
        (EVIDENCE.model_copy(update={"to_member_id": "M9"}), "unknown-transfer"),
        (EVIDENCE.model_copy(update={"open": False}), "transfer-not-open"),
    ],
)
def test_an_offer_that_was_not_made_to_this_entity_is_refused_up_front(
    evidence: OfferEvidence | None, slug: str
) -> None:
    for answer in (ACCEPT, RETURN):
        RECEIVER.when(answer.model_copy(update={"offer": evidence})).refused(slug)


def test_only_the_owner_of_the_entity_answers() -> None:
    RECEIVER.when(ACCEPT.model_copy(update={"member_id": "M1"})).refused("unknown-entity")


def test_a_closed_entity_takes_nothing_but_may_return_it() -> None:
    closed = RECEIVER.given(EntityClosed(entity_id="E2", member_id="M2", effective_on=ON))
    closed.when(ACCEPT).refused("entity-closed")
    closed.when(RETURN).then(RETURNED)


# --- completed on the facility's stream ---


def test_accepted_the_facility_belongs_to_the_receiver() -> None:
    WAITING.when(complete()).then(moved()).and_when(complete()).nothing()
    given = WAITING.given(moved())
    given.when(change(operating=False)).refused("unknown-facility")
    receivers = change(known("E2", "M2"), entity_id="E2", member_id="M2", operating=False)
    assert given.when(receivers).refusal is None


def test_the_former_owner_cannot_declare_it_any_more() -> None:
    WAITING.given(moved()).when(declare()).refused("facility-already-registered")


def test_returned_it_stays_with_the_reason() -> None:
    WAITING.when(complete_return()).then(stays("returned", reason="too-old")).and_when(
        complete_return()
    ).nothing()


def test_the_member_that_offered_it_may_withdraw_while_it_waits() -> None:
    WAITING.when(WITHDRAW).then(stays("withdrawn")).and_when(WITHDRAW).nothing()
    WAITING.given(stays("returned")).when(WITHDRAW).refused("transfer-not-open")
    smelter().when(WITHDRAW).refused("unknown-transfer")
    WAITING.when(WITHDRAW.model_copy(update={"member_id": "M2"})).refused("unknown-facility")


def test_an_answer_that_comes_after_a_withdrawal_changes_nothing() -> None:
    WAITING.given(stays("withdrawn")).when(complete()).refused(
        "transfer-not-open", outcome="withdrawn"
    )


def test_unanswered_it_expires_once_the_last_day_is_closed() -> None:
    assert facility.due(WAITING.state) == {"transfer_expiry": ANSWER_BY}
    WAITING.when(expiry(date(2024, 7, 2))).nothing()
    expired = WAITING.when(expiry(ANSWER_BY))
    expired.then(stays("expired", date(2024, 7, 4)))
    assert facility.due(expired.state) == {}
    expired.and_when(expiry(ANSWER_BY)).nothing()


def test_answer_and_expiry_in_any_order_end_alike() -> None:
    late = complete(ANSWER_BY, on=date(2024, 7, 5))
    before = passing(WAITING, late, expiry(ANSWER_BY))
    after = passing(WAITING, expiry(ANSWER_BY), late)
    assert before.state == after.state
    assert after.state.member_id == "M2"


def test_a_return_that_comes_after_the_expiry_changes_nothing() -> None:
    passing(WAITING, expiry(ANSWER_BY)).when(complete_return(ANSWER_BY)).nothing()


@pytest.mark.parametrize(
    "since",
    [
        [complete(date(2024, 7, 4))],
        [change(known("E5"), entity_id="E5"), complete(ANSWER_BY)],
        [offer("T2", on=date(2024, 7, 5)), complete(ANSWER_BY)],
    ],
    ids=["answered too late", "moved since", "offered to another since"],
)
def test_an_expired_offer_is_revived_only_by_an_answer_in_time_and_if_nothing_came_between(
    since: list[Command],
) -> None:
    passing(WAITING, expiry(ANSWER_BY)).when(*since).refused("transfer-not-open")


def test_a_facility_that_was_closed_in_between_is_not_transferred() -> None:
    closed = FacilityClosed(facility_id="F1", member_id="M1", effective_on=ON, reason="gone")
    expired = passing(WAITING, expiry(ANSWER_BY)).given(closed)
    expired.when(complete(ANSWER_BY)).refused("facility-closed")


def test_an_answer_for_what_was_not_offered_is_refused() -> None:
    FACILITY.when(complete()).refused("unknown-transfer")
    WAITING.when(complete(entity_id="E9")).refused("unknown-transfer")
    WAITING.when(complete(member_id="M9")).refused("unknown-transfer")


def test_within_one_member_the_same_steps_apply() -> None:
    own = offer(evidence=known("E5"), to_entity_id="E5", to_member_id="M1")
    given = passing(smelter(), own)
    given = passing(given, complete(entity_id="E5", member_id="M1"))
    assert given.state.site.entity_id == "E5"
    assert given.state.member_id == "M1"


def test_an_answer_after_the_last_day_is_too_late_though_the_clock_has_yet_to_say_so() -> None:
    """Whichever comes first, the tick of the last day or the late answer: the offer expires."""
    day = date(2024, 7, 4)
    known = EVIDENCE.model_copy(update={"answer_by": ANSWER_BY})
    late = {"on": day, "offer": known}
    RECEIVER.when(ACCEPT.model_copy(update=late)).refused("transfer-not-open")
    RECEIVER.when(RETURN.model_copy(update=late)).refused("transfer-not-open")
    in_time = {"on": ANSWER_BY, "offer": known}
    assert RECEIVER.when(ACCEPT.model_copy(update=in_time)).events
    WAITING.when(complete(day, on=day)).refused("transfer-not-open")
