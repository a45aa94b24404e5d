"""Whatever is to be published, in any order and repeated: what the world is told stays sane.

One life for each decider that publishes: a certificate, a member's duties, a facility's
disclosures of a year, the reminders of a deadline. Reactions, which say what is to be published,
have their own laws: here commands come that no reaction would make.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from contracts import certification as public
from contracts.envelope import Event
from contracts.values import CertificateType, CertificationStatus, DutyRule, Standard
from infra.decider import Tick, decider_of
from services.certification import (
    published_certificate,
    published_disclosure,
    published_duty,
    reminder,
)
from services.certification.deadlines import KINDS
from services.certification.published_certificate import CorrectCertificate, PublishCertificate
from services.certification.published_disclosure import PublicDisclosure, PublishDisclosed
from services.certification.published_duty import (
    HearCertificate,
    PublicEvent,
    PublishDuty,
)
from services.certification.reminder import (
    ReminderDue,
    ReminderSet,
    ReminderStopped,
    SetReminder,
    StopReminder,
)
from services.certification.status import Terms, status_by
from tests.rules.ghg.life import disclosed
from tests.rules.life import LIVES, Life, of_type

from .given import DUE_ON, POLICIES, POLICY

DAY = timedelta(days=1)
FROM = date(2025, 5, 1)
LASTS = (date(2025, 8, 31), date(2025, 12, 31), date(2026, 4, 30))
"""Last valid days that may be told; the first is a provisional certificate's."""
STATUSES = st.sampled_from(list(CertificationStatus))
DAYS = st.sampled_from((1, 60, 90, 150))
HAPPENINGS = (
    *("granted", "granted", "converted", "converted", "suspended", "reinstated"),
    *("a day is closed", "a day is closed", "a day is closed", "withdrawn", "corrected"),
)


class CertificateLife(Life):
    """What audits say of C1, told late, early, twice; expiries; corrections."""

    decider = decider_of(published_certificate)
    policies = POLICIES
    begins = FROM

    @rule(
        what=st.sampled_from(HAPPENINGS),
        last=st.sampled_from(LASTS),
        status=STATUSES,
        days=DAYS,
        dice=st.integers(0, 1),
    )
    def something_happens(
        self, what: str, last: date, status: CertificationStatus, days: int, dice: int
    ) -> None:
        """One rule for all: of many rules Hypothesis leaves most out of most lives."""
        match what:
            case "a day is closed":
                self.days_pass(days)
                self.a_day_is_closed()
            case "corrected":
                self.it_is_corrected(status)
            case "withdrawn" if dice > 0:
                pass  # what ends all further news is said on a 0 only
            case _:
                told = self.said(what, last, status)
                self.ask(PublishCertificate(on=self.today, event=told))

    def said(
        self, what: str, last: date, status: CertificationStatus
    ) -> published_certificate.Told:
        of = {"certificate_id": "C1", "member_id": "M1", "status": status}
        kind = CertificateType.PROVISIONAL if last == LASTS[0] else CertificateType.FULL
        terms = {"certificate_type": kind, "valid_to": last}
        effective = {**of, "effective_on": self.today}
        match what:
            case "granted":
                place = {"entity_id": "E1", "standard": Standard.PERFORMANCE, "facilities": ("F1",)}
                sent = {**of, **place, **terms, "valid_from": FROM}
                return public.CertificateGranted.model_validate(sent)
            case "converted":
                return public.CertificateConverted.model_validate({**effective, **terms})
            case "suspended":
                return public.CertificateSuspended.model_validate(effective)
            case "reinstated":
                return public.CertificateReinstated.model_validate(effective)
            case _:
                return public.CertificateWithdrawn.model_validate(effective)

    def a_day_is_closed(self) -> None:
        """If that is past its last valid day, the world has been told."""
        self.ask(Tick(on=self.today, target="certificate/C1", rule="expire"))
        kinds = (public.CertificateGranted, public.CertificateConverted)
        last = [event.valid_to for event in of_type(self.told, *kinds)][-1:]
        if last and last[0] <= self.today and not of_type(self.told, public.CertificateWithdrawn):
            expired = of_type(self.told, public.CertificateExpired)
            assert max(event.effective_on for event in expired) > last[0]

    def it_is_corrected(self, status: CertificationStatus) -> None:
        """Once that is told, the world knows what it was told."""
        self.ask(CorrectCertificate(on=self.today, certificate_id="C1", status=status))
        if self.told:
            assert self.state.status(self.today) == status

    @invariant()
    def the_grant_comes_first_and_once(self) -> None:
        granted = [isinstance(event, public.CertificateGranted) for event in self.told]
        assert granted == [True, *[False] * (len(granted) - 1)][: len(granted)]

    @invariant()
    def suspensions_and_reinstatements_alternate(self) -> None:
        kinds = (public.CertificateSuspended, public.CertificateReinstated)
        told = [type(event) for event in of_type(self.told, *kinds)]
        assert told == [kinds[number % 2] for number in range(len(told))]

    @invariant()
    def it_is_withdrawn_once_and_does_not_expire_after_that(self) -> None:
        names = [type(event) for event in self.told]
        if public.CertificateWithdrawn in names:
            after = names[names.index(public.CertificateWithdrawn) + 1 :]
            assert not {public.CertificateWithdrawn, public.CertificateExpired} & set(after)

    @invariant()
    def each_conversion_brings_other_terms(self) -> None:
        kinds = (public.CertificateGranted, public.CertificateConverted)
        told = [(one.certificate_type, one.valid_to) for one in of_type(self.told, *kinds)]
        assert all(a != b for a, b in pairwise(told))

    @invariant()
    def it_expires_once_for_each_last_day_when_that_is_over(self) -> None:
        last, expired = date.max, False
        for event in self.told:
            if isinstance(event, public.CertificateGranted | public.CertificateConverted):
                expired = expired and event.valid_to <= last
                last = event.valid_to
            elif isinstance(event, public.CertificateExpired):
                assert not expired
                assert event.effective_on == last + DAY <= self.today + DAY
                expired = True

    @invariant()
    def who_reads_all_that_was_told_knows_the_status(self) -> None:
        """A reader of ours, who knows the public events and the one rule, and nothing else."""
        assert self.state.status(self.today) == as_read(self.told, self.today)


def as_read(told: Sequence[Event], on: date) -> CertificationStatus:
    """A certificate's status as the public events tell it."""
    terms: Terms | None = None
    corrected: CertificationStatus | None = None
    for event in told:
        if isinstance(event, public.CertificateStatusCorrected):
            corrected = event.status
            continue
        corrected = None
        match event:
            case public.CertificateGranted():
                kind = event.certificate_type
                terms = Terms(kind, event.valid_from, event.valid_to, False, False)
            case public.CertificateConverted() if terms is not None:
                kind = event.certificate_type
                terms = terms._replace(certificate_type=kind, valid_to=event.valid_to)
            case public.CertificateSuspended() if terms is not None:
                terms = terms._replace(suspended=True)
            case public.CertificateReinstated() if terms is not None:
                terms = terms._replace(suspended=False)
            case public.CertificateWithdrawn() if terms is not None:
                terms = terms._replace(withdrawn=True)
            case _:
                continue
    if corrected is not None:
        return corrected
    return CertificationStatus.NONE if terms is None else status_by(terms, on)


# --- a member's duties ---

CAUSES = ("audits-1", "audits-2", "certificate/C1")
SOME_CAUSES = st.lists(st.sampled_from(CAUSES), max_size=2, unique=True).map(tuple)
RULES = st.sampled_from([DutyRule.INITIAL_CERTIFICATION, DutyRule.RECERTIFICATION])
SAID = st.sampled_from([public.DutyMissed, public.DutyMissRetracted, public.DutyReopened])


class DutyLife(Life):
    """What membership says of M1's duties, some of it because of what audits said."""

    decider = decider_of(published_duty)
    policies = POLICIES
    begins = FROM

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[PublishDuty] = []
        self.heard: set[str] = set()
        self.closed = date.min

    @property
    def wanted(self) -> Iterator[PublishDuty]:
        """What is to be told in the end, in this order: all that was asked for, but for what says
        of a duty what was the last to be said of it."""
        last: dict[DutyRule, PublicEvent] = {}
        for command in self.asked:
            if last.get(command.event.rule) != command.event:
                last[command.event.rule] = command.event
                yield command

    @property
    def published(self) -> list[Event]:
        """What the world was told."""
        return [event for event in self.told if event.TYPE in published_duty.PUBLIC]

    @rule(said=SAID, of=RULES, later=st.integers(0, 1), awaits=SOME_CAUSES)
    def membership_says(
        self, said: type[public.DutyMissed], of: DutyRule, later: int, awaits: tuple[str, ...]
    ) -> None:
        event = said(
            member_id="M1", rule=of, due_on=DUE_ON, effective_on=DUE_ON + (1 + later) * DAY
        )
        command = PublishDuty(on=self.today, event=event, awaits=awaits)
        self.asked.append(command)
        self.ask(command)

    @rule(causes=SOME_CAUSES)
    def audits_are_heard(self, causes: tuple[str, ...]) -> None:
        self.heard |= set(causes)
        self.ask(HearCertificate(on=self.today, member_id="M1", causes=causes))

    @rule(days=st.integers(0, 3), ago=st.integers(0, 3), other=st.integers(0, 4))
    def time_goes_on(self, days: int, ago: int, other: int) -> None:
        """Audits have closed a day, today or before; another rule's tick is not ours."""
        self.days_pass(days)
        if other == 0:
            assert not self.ask(Tick(on=self.today, target="duty/M1", rule="other"))
            return
        on = self.today - ago * DAY
        self.closed = max(self.closed, on)
        self.ask(Tick(on=on, target="duty/M1", rule="let_go"))
        assert all(day > on for day in published_duty.due(self.state).values())

    @invariant()
    def all_is_told_once_and_in_the_order_in_which_it_was_said(self) -> None:
        wanted = [command.event for command in self.wanted]
        assert self.published == wanted[: len(self.published)]

    @invariant()
    def nothing_is_told_before_its_cause_or_the_end_of_its_day(self) -> None:
        for command, _ in zip(self.wanted, self.published, strict=False):
            assert set(command.awaits) <= self.heard or command.on <= self.closed

    @invariant()
    def what_waits_has_a_reason(self) -> None:
        waiting = list(self.wanted)[len(self.published) :]
        if waiting:
            first = waiting[0]
            assert not set(first.awaits) <= self.heard
            assert published_duty.due(self.state) == {"let_go": first.on}
        else:
            assert published_duty.due(self.state) == {}

    def teardown(self) -> None:
        """When audits have closed the day, all is told."""
        self.ask(Tick(on=self.today, target="duty/M1", rule="let_go"))
        assert self.published == [command.event for command in self.wanted]


# --- a facility's disclosures ---

OVERDUE = public.DisclosureOverdue(
    facility_id="F1",
    member_id="M1",
    year=2025,
    due_on=date(2026, 6, 30),
    overdue_on=date(2026, 7, 1),
)


def disclosure(number: int) -> PublicDisclosure:
    """So told the world: a disclosure by its number, 0 that there is none in time."""
    if not number:
        return OVERDUE
    inside = disclosed(number, number, corrects=number - 1 or None)
    fields = public.DisclosurePublished.model_fields
    return public.DisclosurePublished(**{name: getattr(inside, name) for name in fields})


class DisclosureLife(Life):
    """Disclosures of F1's year 2025, their corrections, and that one is overdue."""

    decider = decider_of(published_disclosure)
    policies = POLICIES
    begins = date(2026, 7, 2)

    @rule(event=st.integers(0, 6).map(disclosure))
    def ghg_says(self, event: PublicDisclosure) -> None:
        self.ask(PublishDisclosed(on=self.today, event=event))

    @invariant()
    def each_is_told_once_and_none_behind_its_correction(self) -> None:
        numbers = [one.disclosure for one in of_type(self.told, public.DisclosurePublished)]
        assert numbers == sorted(set(numbers))

    @invariant()
    def what_is_public_is_not_called_overdue(self) -> None:
        kinds = [type(event) for event in self.told]
        assert public.DisclosureOverdue not in kinds[1:]


# --- the reminders of a deadline ---

KIND = "fee_invoice"
KEY = f"{KIND}:M1~I1"
STEPS = POLICY.integers(KINDS[KIND].reminders)


class ReminderLife(Life):
    """A deadline that opens, moves, is done and opens again, while days are closed."""

    decider = decider_of(reminder)
    policies = POLICIES
    begins = date(2026, 1, 1)

    @rule(ahead=st.integers(-10, 60))
    def it_is_due(self, ahead: int) -> None:
        due_on = self.today + ahead * DAY
        command = SetReminder(
            on=self.today, deadline_id=KEY, kind=KIND, member_id="M1", due_on=due_on
        )
        for event in self.ask(command):
            if isinstance(event, ReminderSet):
                assert event.due_on == due_on
                assert set(event.days) == {
                    due_on - step * DAY for step in STEPS if due_on - step * DAY >= self.today
                }

    @rule(done=st.integers(0, 2))
    def it_is_done(self, done: int) -> None:
        if done == 0:
            self.ask(StopReminder(on=self.today, deadline_id=KEY))
            assert reminder.due(self.state) == {}

    @rule(days=st.integers(1, 12))
    def days_are_closed(self, days: int) -> None:
        self.ask(Tick(on=self.today, target=f"deadline/{KEY}", rule="remind"))
        assert all(day > self.today for day in reminder.due(self.state).values())
        self.days_pass(days)

    @invariant()
    def each_day_reminds_once_and_only_of_what_is_set(self) -> None:
        days: list[date] = []
        for event in self.told:
            if isinstance(event, ReminderSet):
                days = list(event.days)
                assert days == sorted(set(days))
            elif isinstance(event, ReminderStopped):
                days = []
            elif isinstance(event, ReminderDue):
                assert event.effective_on in days
                assert event.due_on - event.effective_on == event.days_left * DAY
                days = [day for day in days if day > event.effective_on]
        assert reminder.due(self.state) == ({"remind": days[0]} if days else {})

    @invariant()
    def it_is_set_for_another_day_or_after_it_was_stopped(self) -> None:
        last: date | None = None
        for event in of_type(self.told, ReminderSet, ReminderStopped):
            now = event.due_on if isinstance(event, ReminderSet) else None
            assert now != last
            last = now


TestCertificateLife = CertificateLife.TestCase
TestDutyLife = DutyLife.TestCase
TestDisclosureLife = DisclosureLife.TestCase
TestReminderLife = ReminderLife.TestCase
TestCertificateLife.settings = TestDutyLife.settings = LIVES
TestDisclosureLife.settings = TestReminderLife.settings = LIVES
