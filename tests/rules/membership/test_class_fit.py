"""A class and what the member's facilities do (sources.md 1.1): refused where it is said, noticed
where it came about.

An application or a class change that contradicts itself is refused. A facility is taken, whatever
the class: a member may buy a smelter. That its class no longer fits is said on its stream.
"""

from collections.abc import Sequence
from datetime import date

import pytest

from contracts.contradictions import ClassContradicted, ClassContradictionSettled
from contracts.envelope import Envelope, Event, Recorded
from contracts.facilities import FacilityClosed, FacilityTransferred
from contracts.membership import MemberJoined, MembershipClassChanged
from contracts.values import Activity, Instant, MembershipClass
from infra.decider import Command
from services.membership.class_fit import ReviewClass, SiteEvidence
from services.membership.commands import ChangeClass, SubmitApplication, TerminateMembership
from services.membership.domain import CONSUMERS
from services.membership.fit_reactions import review_class
from services.membership.guards import label_of
from tests.rules.membership.given import (
    DS,
    IU,
    JOINED,
    NOW,
    POLICIES,
    POLICY_ID,
    PT,
    SPEC,
    applied,
    joined,
    passing,
)
from tests.rules.membership.sites import FACILITY, ON, REGISTERED, declare, register, smelter
from tests.simulation.inmemory import Reader

SMELTS = (Activity.SMELTING, Activity.CASTHOUSE)
PURIFIES = (Activity.HIGH_PURITY_ALUMINA,)
MAKES = (Activity.MATERIAL_CONVERSION, Activity.OTHER_MANUFACTURING_OR_SALE)
ROLLS = (Activity.REMELTING_REFINING, Activity.CASTHOUSE, Activity.SEMI_FABRICATION, *MAKES)


def review(*sites: tuple[str, Sequence[Activity]], whole: bool = False) -> ReviewClass:
    found = tuple(SiteEvidence(facility_id=name, activities=tuple(does)) for name, does in sites)
    return ReviewClass(on=NOW, member_id="M1", sites=found, whole=whole)


def contradicted(
    facility_id: str = "F1",
    activities: tuple[Activity, ...] = (Activity.SMELTING,),
    membership_class: MembershipClass = IU,
) -> ClassContradicted:
    return ClassContradicted(
        member_id="M1",
        membership_class=membership_class,
        wanted_class=PT,
        facility_id=facility_id,
        activities=activities,
        noticed_on=NOW,
        policy_id=POLICY_ID,
    )


SETTLED = ClassContradictionSettled(member_id="M1", settled_on=NOW)
BOUGHT = joined(IU).when(review(("F1", SMELTS))).then(contradicted()).and_given()
"""An industrial user that has a smelter."""


def change(membership_class: MembershipClass, *activities: Activity) -> ChangeClass:
    return ChangeClass(
        on=NOW, member_id="M1", membership_class=membership_class, activities=activities
    )


# --- what is refused ---


@pytest.mark.parametrize("activity", [Activity.BAUXITE_DEVELOPMENT, *PURIFIES])
def test_what_the_constitution_of_november_2023_added_forces_pt_from_then_on(
    activity: Activity,
) -> None:
    for day, free in ((date(2023, 10, 31), True), (date(2023, 11, 1), False)):
        asked = SubmitApplication(
            on=day, member_id="M1", membership_class=IU, activities=(activity,)
        )
        answered = SPEC.given(applied()[0]).when(asked)
        if free:
            assert len(answered.events) == 1
        else:
            answered.refused("class-must-be-pt", activities=[activity.value])


def test_the_refusal_says_what_would_be_right() -> None:
    refusal = joined(IU).when(change(DS, *SMELTS)).refusal
    assert refusal is not None
    assert "smelting joins class PT, Production and Transformation, not DS" in str(refusal)


@pytest.mark.parametrize("activity", ROLLS)
@pytest.mark.parametrize("membership_class", [PT, IU, DS])
def test_nothing_else_forces_a_class(membership_class: MembershipClass, activity: Activity) -> None:
    asked = SubmitApplication(
        on=NOW, member_id="M1", membership_class=membership_class, activities=(activity,)
    )
    assert SPEC.given(applied()[0]).when(asked).refusal is None


# --- what is taken, and noticed ---


def test_a_facility_is_taken_whatever_the_class() -> None:
    assert smelter().state.site is not None
    for asked in (register(), declare()):
        assert FACILITY.when(asked).refusal is None


def test_a_smelter_contradicts_every_class_but_pt() -> None:
    for membership_class in (IU, DS):
        joined(membership_class).when(review(("F1", SMELTS))).then(
            contradicted(membership_class=membership_class)
        )
    joined(PT).when(review(("F1", SMELTS))).nothing()
    joined(IU).when(review(("F1", ROLLS))).nothing()


def test_it_is_said_once_however_many_there_are() -> None:
    BOUGHT.when(review(("F1", SMELTS))).nothing()
    BOUGHT.when(review(("F2", SMELTS))).nothing()
    BOUGHT.when(review(("F0", SMELTS), ("F1", SMELTS), whole=True)).nothing()


def test_another_takes_its_place_when_it_is_gone_and_none_settles_it() -> None:
    BOUGHT.when(review(("F2", PURIFIES), whole=True)).then(contradicted("F2", PURIFIES))
    BOUGHT.when(review(("F3", ROLLS), whole=True)).then(SETTLED).and_when(
        review(whole=True)
    ).nothing()
    BOUGHT.when(review(("F3", ROLLS))).nothing()


def test_it_is_said_anew_when_the_facility_does_other_such_things() -> None:
    BOUGHT.when(review(("F1", (Activity.ALUMINA_REFINING,)), whole=True)).then(
        contradicted("F1", (Activity.ALUMINA_REFINING,))
    )


def test_the_class_that_fits_settles_it_and_another_that_does_not_is_said() -> None:
    fits = BOUGHT.when(change(PT, *SMELTS))
    assert fits.events[1:] == [SETTLED]
    assert isinstance(fits.events[0], MembershipClassChanged)
    supporter = passing(joined(DS), review(("F1", SMELTS)), change(IU, *MAKES))
    supporter.when(review(("F1", SMELTS), whole=True)).then(contradicted())


def test_who_is_no_member_has_no_class_to_contradict() -> None:
    SPEC.given(*applied(IU)).when(review(("F1", SMELTS))).nothing()
    ended = TerminateMembership(on=NOW, member_id="M1", reason="r", approver="P7")
    gone = passing(BOUGHT, ended)
    assert gone.state.contradiction is None
    gone.when(review(("F1", SMELTS), whole=True)).nothing()


# --- what asks for the review ---

MEMBER = MemberJoined(
    member_id="M1",
    name="Northern Light",
    country="NO",
    membership_class=IU,
    activities=MAKES,
    fee_level="L2",
    joined_on=JOINED,
)
OTHER = MEMBER.model_copy(update={"member_id": "M2"})
CLOSED = FacilityClosed(facility_id="F1", member_id="M1", effective_on=ON, reason="sold")
SOLD = FacilityTransferred(
    facility_id="F1",
    transfer_id="T1",
    from_entity_id="E1",
    from_member_id="M1",
    entity_id="E2",
    member_id="M2",
    effective_on=ON,
)
NOW_IU = MembershipClassChanged(
    member_id="M1",
    previous_class=PT,
    membership_class=IU,
    activities=MAKES,
    effective_on=ON,
    policy_id=POLICY_ID,
)


def heard(*events: Event) -> list[Command]:
    """What membership asks for when it hears of the last of these."""
    reader, wanted = Reader(CONSUMERS[0]), list[Command]()
    first = [applied(IU)[0], applied(IU)[0].model_copy(update={"member_id": "M2"}), MEMBER, OTHER]
    for position, event in enumerate([*first, *events], start=1):
        name = getattr(event, "member_id", "x")
        at = Instant(f"{NOW}T10:00:00.000000Z")
        envelope = Envelope(
            "e", "membership", f"member/{name}", 1, position, at, "c", "c", "c", "P7"
        )
        recorded = Recorded(envelope, event)
        reader.apply(recorded)
        wanted = list(review_class(recorded, reader.row))
    return wanted


def test_a_facility_that_comes_is_reviewed() -> None:
    assert heard(REGISTERED) == [review(("F1", SMELTS))]
    bought = review(("F1", SMELTS)).model_copy(update={"member_id": "M2"})
    assert heard(REGISTERED, SOLD) == [bought]


def test_a_class_that_is_left_is_reviewed_with_all_that_is_open() -> None:
    second = REGISTERED.model_copy(update={"facility_id": "F2"})
    assert heard(REGISTERED, second, NOW_IU) == [review(("F1", SMELTS), whole=True)]
    to_pt = NOW_IU.model_copy(update={"membership_class": PT})
    assert heard(REGISTERED, to_pt) == []
    assert heard(REGISTERED, to_pt, second) == []


def test_a_facility_that_goes_is_reviewed_if_it_was_the_one() -> None:
    assert heard(REGISTERED, CLOSED) == []
    for gone in (CLOSED, SOLD):
        assert review(whole=True) in heard(REGISTERED, contradicted(), gone)
    rolls = REGISTERED.model_copy(update={"activities": ROLLS})
    assert heard(REGISTERED, contradicted(), rolls) == [review(("F1", ROLLS), whole=True)]


def test_one_that_went_before_it_was_said_is_found_when_it_is() -> None:
    assert heard(REGISTERED, contradicted()) == []
    assert heard(REGISTERED, CLOSED, contradicted()) == [review(whole=True)]
    assert heard(REGISTERED, SOLD, contradicted()) == [review(whole=True)]


# --- how members are called ---


def test_three_classes_are_full_and_three_associate_which_nobody_has_verified() -> None:
    policy = POLICIES.on(NOW)
    called = {one.value: label_of(one.value, policy)[0] for one in MembershipClass}
    assert {name for name, label in called.items() if label == "Full"} == {"PT", "IU", "CS"}
    assert {name for name, label in called.items() if label == "Associate"} == {"DS", "AS", "GS"}
    for one in MembershipClass:
        assert label_of(one.value, policy)[1].evidence == "unverified"
    words = (*policy.words("class.full"), *policy.words("class.associate"))
    assert sorted(words) == sorted(one.value for one in MembershipClass)
