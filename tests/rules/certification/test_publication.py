"""What the world is told, when, and what it is never told."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from contracts import certification as public
from contracts.envelope import Event
from contracts.values import CertificateType, CertificationStatus, DutyRule, Standard
from infra.decider import Tick
from services.certification import published_certificate, published_duty
from services.certification.domain import (
    COMMANDS,
    CONSUMERS,
    DECIDERS,
    INTERNAL,
    PRIVATE,
    RESTS_ON,
    ROLES,
    fill,
    told_of,
)
from services.certification.published_certificate import (
    CorrectCertificate,
    PublishCertificate,
    Told,
)
from services.certification.published_duty import PublishDuty
from tests.rules.spec import Spec

from .given import (
    DUE_ON,
    JOINED_ON,
    POLICIES,
    Happened,
    duty_extended,
    duty_met,
    duty_missed,
    duty_reopened,
    duty_started,
    facility,
    folded,
    miss_retracted,
    recorded,
)
from .given_audits import (
    certificate_reinstated,
    certificate_suspended,
    certificate_withdrawn,
    converted,
    granted,
    refused,
)
from .test_laws import Publisher

FROM, TO = date(2025, 5, 1), date(2028, 4, 30)
DAY = timedelta(days=1)
SHORT = date(2026, 4, 30)
S = CertificationStatus
certificate = Spec(published_certificate, POLICIES)
duty = Spec(published_duty, POLICIES)

GRANTED = public.CertificateGranted(
    certificate_id="C1",
    member_id="M1",
    entity_id="E1",
    standard=Standard.PERFORMANCE,
    certificate_type=CertificateType.FULL,
    facilities=("F1", "F2"),
    valid_from=FROM,
    valid_to=TO,
    status=S.CERTIFIED_FULL,
)
PROVISIONAL = GRANTED.model_copy(
    update={
        "certificate_type": CertificateType.PROVISIONAL,
        "valid_to": SHORT,
        "status": S.CERTIFIED_PROVISIONAL,
    }
)
ON = {"certificate_id": "C1", "member_id": "M1"}


def told(*history: Happened) -> list[Event]:
    """What the world hears of a history, through reactions and deciders, in order."""
    publisher = Publisher(recorded(history))
    return [event for events in publisher.public().values() for event in events]


def publish(event: Told) -> PublishCertificate:
    return PublishCertificate(on=FROM, event=event)


def tick(on: date) -> Tick:
    return Tick(on=on, target="certificate/C1", rule="expire")


def expired(valid_to: date) -> public.CertificateExpired:
    return public.CertificateExpired(**ON, effective_on=valid_to + DAY, status=S.EXPIRED)


# --- from audits' words to public ones ---


def test_a_grant_is_told_with_the_status_of_its_first_day() -> None:
    assert told(granted(FROM, TO)) == [GRANTED]
    assert told(granted(FROM, TO, decided_on=FROM - 30 * DAY)) == [GRANTED]
    assert told(granted(FROM, TO, recorded_on=TO + 30 * DAY)) == [GRANTED]


def test_each_change_is_told_with_the_status_it_makes() -> None:
    one, two, three = (FROM + days * DAY for days in (10, 20, 30))
    history = [
        granted(FROM, SHORT, certificate_type=CertificateType.PROVISIONAL),
        certificate_suspended(one),
        certificate_reinstated(two),
        converted(two, TO),
        certificate_withdrawn(three),
    ]
    assert told(*history) == [
        PROVISIONAL,
        public.CertificateSuspended(**ON, effective_on=one, status=S.SUSPENDED),
        public.CertificateReinstated(**ON, effective_on=two, status=S.CERTIFIED_PROVISIONAL),
        public.CertificateConverted(
            **ON,
            certificate_type=CertificateType.FULL,
            valid_to=TO,
            effective_on=two,
            status=S.CERTIFIED_FULL,
        ),
        public.CertificateWithdrawn(**ON, effective_on=three, status=S.WITHDRAWN),
    ]


def test_a_refusal_is_nobodys_business() -> None:
    assert told(refused(FROM), facility()) == []


def test_every_event_of_a_duty_is_told_without_reason_or_approver() -> None:
    later = DUE_ON + 99 * DAY
    rule = DutyRule.INITIAL_CERTIFICATION

    def says(event: type[Event], **more: object) -> Event:
        shared = {"member_id": "M1", "rule": rule, "due_on": DUE_ON}
        return event.model_validate({**shared, **more})

    history = (
        granted(FROM, TO),
        duty_started(),
        duty_met(FROM),
        duty_reopened(FROM + DAY),
        duty_missed(),
        miss_retracted(DUE_ON + 9 * DAY),
        duty_extended(later, DUE_ON),
    )
    assert told(*history) == [
        GRANTED,
        says(public.DutyStarted, starts_on=JOINED_ON),
        says(public.DutyMet, certificate_id="C1", effective_on=FROM),
        says(public.DutyReopened, effective_on=FROM + DAY),
        says(public.DutyMissed, effective_on=DUE_ON + DAY),
        says(public.DutyMissRetracted, effective_on=DUE_ON + DAY),
        public.DutyExtended(member_id="M1", rule=rule, previous_due_on=DUE_ON, due_on=later),
    ]


def test_a_late_certificate_retracts_the_miss_in_public() -> None:
    late = DUE_ON + 60 * DAY
    heard = told(
        duty_started(),
        duty_missed(),
        granted(FROM, TO, recorded_on=late),
        miss_retracted(late),
        duty_met(FROM, recorded_on=late),
    )
    assert [event.TYPE.split(".")[1] for event in heard] == [
        "duty_started",
        "duty_missed",
        "duty_miss_retracted",
        "duty_met",
        "certificate_granted",
    ]


# --- never twice ---


def test_what_is_public_is_not_told_again() -> None:
    certificate.given(GRANTED).when(publish(GRANTED)).nothing()
    suspended = public.CertificateSuspended(**ON, effective_on=FROM, status=S.SUSPENDED)
    certificate.given(GRANTED, suspended).when(publish(suspended)).nothing()
    back = public.CertificateReinstated(**ON, effective_on=FROM, status=S.CERTIFIED_FULL)
    certificate.given(GRANTED).when(publish(back)).nothing()
    gone = public.CertificateWithdrawn(**ON, effective_on=FROM, status=S.WITHDRAWN)
    certificate.given(GRANTED, gone).when(publish(gone)).nothing()
    whole = public.CertificateConverted(
        **ON,
        certificate_type=CertificateType.FULL,
        valid_to=TO,
        effective_on=FROM,
        status=S.CERTIFIED_FULL,
    )
    certificate.given(PROVISIONAL, whole).when(publish(whole)).nothing()


def test_a_second_suspension_is_told() -> None:
    suspended = public.CertificateSuspended(**ON, effective_on=FROM, status=S.SUSPENDED)
    back = public.CertificateReinstated(**ON, effective_on=FROM, status=S.CERTIFIED_FULL)
    certificate.given(GRANTED, suspended, back).when(publish(suspended)).then(suspended)


def test_nothing_is_told_of_a_certificate_before_its_grant() -> None:
    gone = public.CertificateWithdrawn(**ON, effective_on=FROM, status=S.WITHDRAWN)
    certificate.when(publish(gone)).refused("certificate-not-published")


def test_a_duty_event_is_told_once_in_a_row_and_again_after_another() -> None:
    on = {"member_id": "M1", "rule": DutyRule.INITIAL_CERTIFICATION, "due_on": DUE_ON}
    missed = public.DutyMissed.model_validate({**on, "effective_on": DUE_ON + DAY})
    retracted = public.DutyMissRetracted.model_validate({**on, "effective_on": DUE_ON + DAY})
    command = PublishDuty(on=DUE_ON, event=missed)
    duty.when(command).then(missed)
    duty.given(missed).when(command).nothing()
    duty.given(missed, retracted).when(command).then(missed)
    other = missed.model_copy(update={"rule": DutyRule.RECERTIFICATION})
    duty.given(missed).when(PublishDuty(on=DUE_ON, event=other)).then(other)


# --- expiry ---


def test_the_clock_tells_the_expiry_when_the_last_valid_day_is_closed() -> None:
    certificate.given(GRANTED).when(tick(TO - DAY)).nothing()
    certificate.given(GRANTED).when(tick(TO)).then(expired(TO))
    certificate.given(GRANTED).when(tick(TO + 30 * DAY)).then(expired(TO))


def test_it_is_told_once() -> None:
    certificate.given(GRANTED, expired(TO)).when(tick(TO)).nothing()
    assert due(GRANTED, expired(TO)) == {}


def test_it_is_due_on_the_last_valid_day() -> None:
    assert due() == {}
    assert due(GRANTED) == {"expire": TO}


def test_a_withdrawn_certificate_does_not_expire() -> None:
    gone = public.CertificateWithdrawn(**ON, effective_on=FROM, status=S.WITHDRAWN)
    assert due(GRANTED, gone) == {}
    certificate.given(GRANTED, gone).when(tick(TO)).nothing()


def test_a_suspended_certificate_expires() -> None:
    suspended = public.CertificateSuspended(**ON, effective_on=FROM, status=S.SUSPENDED)
    certificate.given(GRANTED, suspended).when(tick(TO)).then(expired(TO))


def test_a_conversion_moves_the_expiry_even_when_it_was_told() -> None:
    whole = public.CertificateConverted(
        **ON,
        certificate_type=CertificateType.FULL,
        valid_to=TO,
        effective_on=SHORT,
        status=S.CERTIFIED_FULL,
    )
    assert due(PROVISIONAL) == {"expire": SHORT}
    assert due(PROVISIONAL, whole) == {"expire": TO}
    late = certificate.given(PROVISIONAL, expired(SHORT))
    late.when(publish(whole)).then(whole)
    assert due(PROVISIONAL, expired(SHORT), whole) == {"expire": TO}


def test_expiry_rests_on_the_silence_of_audits() -> None:
    assert RESTS_ON["expire"] == ("audit_scheduling",)


def test_another_rule_is_not_ours_to_answer() -> None:
    other = Tick(on=TO, target="certificate/C1", rule="other")
    certificate.given(GRANTED).when(other).nothing()


def due(*events: Event) -> dict[str, date]:
    return dict(published_certificate.due(certificate.given(*events).state))


# --- corrections ---


def correct(status: S, on: date = FROM) -> CorrectCertificate:
    return CorrectCertificate(on=on, certificate_id="C1", status=status)


def test_a_correction_is_told_only_where_something_else_was_told() -> None:
    corrected = public.CertificateStatusCorrected(**ON, effective_on=FROM, status=S.SUSPENDED)
    given = certificate.given(GRANTED)
    given.when(correct(S.CERTIFIED_FULL)).nothing()
    given.when(correct(S.EXPIRED, TO + DAY)).nothing()
    given.when(correct(S.SUSPENDED)).then(corrected).and_when(correct(S.SUSPENDED)).nothing()
    certificate.when(correct(S.SUSPENDED)).refused("certificate-not-published")


def test_no_correction_is_made_of_facts_that_are_older_than_what_was_told_since() -> None:
    """A reinstatement that is told between the reading of the facts and the correction."""
    suspended = public.CertificateSuspended(**ON, effective_on=FROM, status=S.SUSPENDED)
    again = public.CertificateReinstated(**ON, effective_on=FROM, status=S.CERTIFIED_FULL)
    before = certificate.given(GRANTED, suspended)
    body = {"certificate_id": "C1"}
    told = told_of("correct_certificate", body, lambda _: before.state)
    assert told == {"told": 2}
    assert told_of("another", body, lambda _: before.state) == {}
    late = correct(S.SUSPENDED).model_copy(update=told)
    before.when(late).nothing()
    certificate.given(GRANTED, suspended, again).when(late).refused("certificate-just-changed")


def test_a_correction_holds_until_something_happens() -> None:
    corrected = public.CertificateStatusCorrected(**ON, effective_on=FROM, status=S.WITHDRAWN)
    suspended = public.CertificateSuspended(**ON, effective_on=FROM, status=S.SUSPENDED)
    given = certificate.given(GRANTED, corrected, suspended)
    given.when(correct(S.SUSPENDED)).nothing()


def test_a_correction_is_filled_with_todays_status() -> None:
    facts = folded(recorded([granted(FROM, TO)])).facts

    def load(names: Any) -> Any:
        return {name: facts.get(name, {}) for name in names}

    body = {"certificate_id": "C1"}
    assert fill("correct_certificate", body, TO, load) == {"status": S.CERTIFIED_FULL}
    assert fill("correct_certificate", body, TO + DAY, load) == {"status": S.EXPIRED}
    assert fill("another", body, TO, load) == {}


# --- what is never told ---


def fields(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from fields(part)


def test_public_events_have_no_room_for_reasons_approvers_or_persons() -> None:
    private = ("reason", "note", "approver", "actor", "auditor", "person", "name", "because")
    for event in public.EVENTS:
        words = [name.replace("factor", "") for name in fields(event)]  # of emissions: no actor
        assert not [name for name in words if any(word in name for word in private)]


def test_reasons_approvers_and_persons_do_not_slip_into_another_field() -> None:
    heard = told(
        duty_started(),
        duty_extended(DUE_ON + DAY, DUE_ON),
        granted(FROM, TO),
        certificate_suspended(FROM + DAY),
        certificate_withdrawn(FROM + 2 * DAY),
    )
    text = "".join(event.model_dump_json() for event in heard)
    assert len(heard) == 5
    for secret in ("flood", "person-1", "action-overdue", "fraud"):
        assert secret not in text


# --- the service as a whole ---


def test_private_events_are_not_in_the_contracts() -> None:
    public_names = {event.TYPE for event in public.EVENTS}
    assert not public_names & {event.TYPE for event in PRIVATE}


def test_every_command_that_a_person_may_issue_says_who_may() -> None:
    assert {command.NAME for command in COMMANDS} == set(ROLES)
    assert not set(COMMANDS) & set(INTERNAL)


def test_one_consumer_keeps_rows_and_facts_and_reacts() -> None:
    (consumer,) = CONSUMERS
    assert {one.name for one in consumer.projections} == {"subjects", "deadlines", "ended"}
    assert {one.name for one in consumer.facts} == {"facts"}
    names = [one.name for one in consumer.reactions]
    assert names[:3] == ["publish-certificates", "publish-duties", "set-reminders"]
    assert len(names) == len(set(names))
    assert set(DECIDERS) >= {"certificate", "duty", "deadline"}


@pytest.mark.parametrize("event", public.EVENTS, ids=lambda event: event.TYPE)
def test_a_public_event_says_whose_it_is(event: type[Event]) -> None:
    assert "member_id" in event.model_fields
