"""A facility on its way between entities, whatever is asked and however late answers arrive.

The facility's stream and those of the entities know of each other by evidence and reactions alone:
answers are delivered when the machine likes, offers expire in between, entities close.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contracts.envelope import Event
from contracts.facilities import (
    EntityAcceptedTransfer,
    EntityRegistered,
    EntityReturnedTransfer,
    FacilityTransferred,
    FacilityTransferReturned,
)
from infra.decider import Tick
from infra.errors import Refused
from services.membership import entity, facility
from services.membership.entity import AcceptTransfer, CloseEntity, ReturnTransfer
from services.membership.evidence import EntityContents, EntityEvidence, OfferEvidence
from services.membership.facility_commands import (
    CloseFacility,
    CompleteReturn,
    CompleteTransfer,
    WithdrawTransfer,
)
from tests.rules.membership.given import POLICIES
from tests.rules.membership.sites import ON, REGISTERED, change, offer

OWNERS: Mapping[str, str] = {"E1": "M1", "E2": "M2", "E3": "M1"}
NAMES = st.sampled_from(sorted(OWNERS))
TRANSFERS = st.sampled_from([f"T{number}" for number in range(6)])
DICE = st.integers(0, 9)
"""What ends all further moves happens on a 0 only."""
MEMBERS = st.sampled_from(["M1", "M2"])
HAPPENINGS = (
    *("offer", "answer", "withdraw", "arrive") * 3,
    *(
        "days pass",
        "the clock",
        "change",
        "stranger offers",
        "stranger withdraws",
        "stranger answers",
        "entity closes",
        "close",
    ),
)
ANSWERS = (EntityAcceptedTransfer, EntityReturnedTransfer)


class Transfers(RuleBasedStateMachine):
    """One facility, three entities, two members."""

    def __init__(self) -> None:
        super().__init__()
        self.today = ON
        self.facility = facility.evolve(facility.INITIAL, REGISTERED)
        self.entities = {
            name: entity.evolve(
                entity.INITIAL,
                EntityRegistered(
                    entity_id=name, member_id=owner, name=name, country="NO", registered_on=ON
                ),
            )
            for name, owner in OWNERS.items()
        }
        self.waiting: list[EntityAcceptedTransfer | EntityReturnedTransfer] = []
        self.moves: list[FacilityTransferred] = []
        self.accepted: set[str] = set()
        self.over: dict[str, str] = {}

    # --- asking ---

    def of_facility(self, command: Any) -> Sequence[Event]:
        """Ask the facility; the same again changes nothing more."""
        try:
            events = list(facility.decide(command, self.facility, POLICIES))
        except Refused:
            return ()
        event: Any
        for event in events:
            self.facility = facility.evolve(self.facility, event)
            if isinstance(event, FacilityTransferred):
                self.moves.append(event)
            elif isinstance(event, FacilityTransferReturned):
                self.over[event.transfer_id] = event.because
        return events

    def of_entity(self, name: str, command: Any) -> None:
        """Ask an entity; what it answers to an offer waits to be delivered."""
        try:
            events = list(entity.decide(command, self.entities[name], POLICIES))
        except Refused:
            return
        for event in events:
            known: Any = event
            self.entities[name] = entity.evolve(self.entities[name], known)
            if isinstance(event, ANSWERS):
                self.waiting.append(event)
                if isinstance(event, EntityAcceptedTransfer):
                    self.accepted.add(event.transfer_id)
        assert not entity.decide(command, self.entities[name], POLICIES)

    def evidence(self, transfer_id: str) -> OfferEvidence | None:
        """An offer as the server finds it."""
        found = self.facility.offers.get(transfer_id)
        if found is None:
            return None
        return OfferEvidence(
            transfer_id=transfer_id,
            facility_id="F1",
            to_entity_id=found.to_entity_id,
            to_member_id=found.to_member_id,
            open=found.outcome == "open",
            known_through=1,
            answer_by=found.answer_by,
        )

    # --- what may happen ---

    @rule(
        what=st.sampled_from(HAPPENINGS),
        name=NAMES,
        transfer_id=TRANSFERS,
        member_id=MEMBERS,
        days=st.integers(1, 40),
        dice=DICE,
    )
    def something_happens(
        self, what: str, name: str, transfer_id: str, member_id: str, days: int, dice: int
    ) -> None:
        """One rule for all: of many rules Hypothesis leaves most out of most lives."""
        match what:
            case "days pass":
                self.days_pass(days)
            case "the clock":
                self.the_clock_catches_up()
            case "offer":
                self.its_owner_offers_it(name, transfer_id)
            case "withdraw":
                self.its_owner_withdraws_it()
            case "answer":
                self.its_receiver_answers(dice > 2)
            case "arrive":
                self.an_answer_arrives(dice > 7)
            case "stranger offers":
                self.it_is_offered(transfer_id, name, member_id)
            case "stranger withdraws":
                self.it_is_withdrawn(transfer_id, member_id)
            case "stranger answers":
                self.it_is_answered(name, transfer_id, dice > 4)
            case "change":
                self.its_owner_changes_it(name, member_id)
            case "entity closes" if dice == 0:
                self.an_entity_closes(name)
            case "close" if dice == 0:
                self.it_closes(member_id)

    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    def the_clock_catches_up(self) -> None:
        tick = Tick(on=self.today - timedelta(days=1), target="facility/F1", rule="transfer_expiry")
        self.of_facility(tick)
        assert not self.of_facility(tick)

    def it_is_offered(self, transfer_id: str, to: str, member_id: str) -> None:
        known = self.known(to)
        sent = {"to_entity_id": to, "to_member_id": OWNERS[to], "member_id": member_id}
        command = offer(transfer_id, known, self.today, **sent)
        if self.of_facility(command):
            assert not self.of_facility(command)

    def it_is_withdrawn(self, transfer_id: str, member_id: str) -> None:
        sent = {"facility_id": "F1", "member_id": member_id, "transfer_id": transfer_id}
        command = WithdrawTransfer.model_validate({"on": self.today, **sent})
        if self.of_facility(command):
            assert not self.of_facility(command)

    def it_is_answered(self, name: str, transfer_id: str, accept: bool) -> None:
        sent: dict[str, object] = {
            "on": self.today,
            "entity_id": name,
            "member_id": OWNERS[name],
            "facility_id": "F1",
            "transfer_id": transfer_id,
            "offer": self.evidence(transfer_id),
        }
        made = AcceptTransfer if accept else ReturnTransfer
        self.of_entity(name, made.model_validate(sent if accept else {**sent, "reason": "no"}))

    def its_owner_offers_it(self, to: str, transfer_id: str) -> None:
        self.it_is_offered(transfer_id, to, self.facility.member_id)

    def its_owner_withdraws_it(self) -> None:
        self.it_is_withdrawn(self.facility.offered or "T1", self.facility.member_id)

    def its_receiver_answers(self, accept: bool) -> None:
        waiting = self.facility.offer
        if waiting is not None:
            self.it_is_answered(waiting.to_entity_id, waiting.transfer_id, accept)

    def an_answer_arrives(self, again: bool) -> None:
        if self.waiting:
            event = self.waiting[0] if again else self.waiting.pop(0)
            self.of_facility(delivered(event, self.today))

    def its_owner_changes_it(self, name: str, member_id: str) -> None:
        sent = {"entity_id": name, "member_id": member_id}
        self.of_facility(change(self.known(name), self.today, **sent))

    def an_entity_closes(self, name: str) -> None:
        site = self.facility.site
        inside = site is not None and site.entity_id == name and self.facility.closed_on is None
        contents = EntityContents(
            entity_id=name, open_facilities=("F1",) if inside else (), known_through=1
        )
        command = CloseEntity(
            on=self.today, entity_id=name, member_id=OWNERS[name], contents=contents
        )
        self.of_entity(name, command)

    def it_closes(self, member_id: str) -> None:
        self.of_facility(CloseFacility(on=self.today, facility_id="F1", member_id=member_id))

    def known(self, name: str) -> EntityEvidence:
        """An entity as the server finds it."""
        state = self.entities[name]
        return EntityEvidence(
            entity_id=name, member_id=state.member_id, open=state.open, known_through=1
        )

    # --- what always holds ---

    @invariant()
    def it_is_in_one_entity_of_its_member(self) -> None:
        assert self.facility.site is not None
        assert OWNERS[self.facility.site.entity_id] == self.facility.member_id

    @invariant()
    def one_offer_waits_at_most_and_none_of_what_is_closed(self) -> None:
        waiting = [one for one in self.facility.offers.values() if one.outcome == "open"]
        assert [self.facility.offer] == waiting or (self.facility.offer, waiting) == (None, [])
        assert not waiting or self.facility.closed_on is None

    @invariant()
    def it_moves_once_for_an_offer_that_was_accepted_and_as_it_was_offered(self) -> None:
        moved = [move.transfer_id for move in self.moves]
        assert len(moved) == len(set(moved))
        assert set(moved) <= self.accepted
        for move in self.moves:
            found = self.facility.offers[move.transfer_id]
            assert (found.outcome, found.to_entity_id) == ("done", move.entity_id)
            assert move.effective_on <= found.answer_by
            assert move.member_id == OWNERS[move.entity_id]
            assert self.over.get(move.transfer_id, "expired") == "expired"

    def teardown(self) -> None:
        """Once all is delivered, what was accepted has moved, or says why not."""
        for event in self.waiting:
            self.of_facility(delivered(event, self.today))
        for transfer_id in self.accepted - {move.transfer_id for move in self.moves}:
            assert self.facility.offers[transfer_id].outcome in ("withdrawn", "expired")


def delivered(
    event: EntityAcceptedTransfer | EntityReturnedTransfer, on: date
) -> CompleteTransfer | CompleteReturn:
    """What the reaction asks of the facility."""
    answer = event.model_dump(include={"facility_id", "member_id", "transfer_id", "entity_id"})
    sent = {"on": on, "effective_on": event.effective_on, **answer}
    if isinstance(event, EntityReturnedTransfer):
        return CompleteReturn.model_validate({**sent, "reason": event.reason})
    return CompleteTransfer.model_validate(sent)


TestTransfers = Transfers.TestCase
TestTransfers.settings = settings(max_examples=50, stateful_step_count=30)
