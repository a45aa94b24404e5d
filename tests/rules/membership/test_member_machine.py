"""Whatever is asked of a member in whatever order: what must hold afterwards, always."""

from datetime import date, timedelta
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pydantic import TypeAdapter

from contracts.envelope import Envelope, Recorded
from contracts.membership import EVENTS
from contracts.values import Activity, CertificateType, Instant, MembershipClass, Standard
from services.membership import commands as asks
from services.membership import member
from services.membership.member_rows import MEMBERS, MemberRow
from services.membership.settle import forfeiture_stands
from services.membership.standing import ENDED, Member
from tests.rules.membership.given import (
    DS,
    IU,
    POLICIES,
    PT,
    applied,
    certificate,
    converted,
    note,
    reinstated,
    suspended,
    withdrawn,
)
from tests.rules.membership.told import Told

BEGINS = date(2022, 2, 28)
ONE_DAY = timedelta(days=1)
LEARNT_LATE = {
    "membership.certificate_noted.v1",
    "membership.fee_invoice_cancelled.v1",
    "membership.fee_paid.v1",
    "membership.late_news_noted.v1",
    "membership.duty_miss_retracted.v1",
    "membership.duty_missed.v1",
    "membership.duty_ended.v1",
    "membership.forfeiture_questioned.v1",
    "membership.forfeiture_upheld.v1",
    "membership.member_reinstated.v1",
    "membership.member_suspended.v1",
    "membership.membership_forfeited.v1",
}
"""What may still be told of a forfeited membership, besides its restoration."""
NOTED = {
    "membership.certificate_noted.v1",
    "membership.duty_miss_retracted.v1",
    "membership.fee_invoice_cancelled.v1",
    "membership.fee_paid.v1",
}
"""What may still be told of one that was resigned or terminated."""
REFUSED_THE_SECOND_TIME = {"supply_information", "reinstate_member"}
"""Accepted once, these leave something else to wait for: another request, or a rule's reason."""
SAVED: TypeAdapter[Member] = TypeAdapter(Member)

NEXT = {
    "none": "draft",
    "drafted": "submit",
    "submitted": "review",
    "under_review": "approve",
    "information_requested": "supply",
    "approved": "admit",
}
STEPS = ["draft", "submit", "review", "request", "supply", "approve", "decline", "admit"]
around = st.integers(-900, 900)
names = st.sampled_from(["C1", "C2"])
waits = st.sampled_from([0, 0, 1, 45, 91, 400])
"""Days that pass before something is asked."""
classes = st.sampled_from(MembershipClass)
doing = st.lists(st.sampled_from(Activity), max_size=2).map(tuple)


C = TypeVar("C", bound=asks.MemberCommand)


class MemberMachine(RuleBasedStateMachine):
    """One member, its secretariat, its auditors, and the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Told()
        self.today = BEGINS
        self.row: MemberRow | None = None
        self.seen = 0

    @property
    def state(self) -> Member:
        return self.told.state

    def day(self, days_ago: int) -> date:
        return self.today - timedelta(days=days_ago)

    def ask(self, command: member.MemberCommand) -> None:
        """Ask twice: refused it changes nothing, accepted it is complete the first time."""
        before, count = self.state, len(self.told.events)
        refused = self.told.tried(command)
        told = {event.TYPE for event in self.told.events[count:]}
        if refused is not None:
            assert refused.sentence.endswith(".")
            assert self.state is before
            assert not told
            return
        if before.status in ENDED and not isinstance(command, asks.RestoreMembership):
            assert told <= (LEARNT_LATE if before.status == "forfeited" else NOTED)
        count = len(self.told.events)
        again = self.told.tried(command)
        assert len(self.told.events) == count
        assert again is None or command.NAME in REFUSED_THE_SECOND_TIME, again

    def asked(self, kind: type[C], **fields: object) -> C:
        """A command of today to this member."""
        return kind.model_validate({"on": self.today, "member_id": "M1", **fields})

    def pass_days(self, days: int) -> None:
        """Days are closed in order: what is due is asked on its day, or when it is known."""
        until = self.today + timedelta(days=days)
        while self.today < until:
            waiting = min(member.due(self.state).values(), default=until)
            self.today = max(self.today, min(waiting, until - ONE_DAY))
            self.told.close(self.today)
            self.told.close(self.today)
            assert all(day > self.today for day in member.due(self.state).values())
            self.today += ONE_DAY

    @initialize(start=st.sampled_from([PT, IU, DS, None]))
    def begin(self, start: MembershipClass | None) -> None:
        if start is not None:
            self.told.happened(*applied(start, BEGINS))
            self.told.ask(asks.AdmitMember(on=BEGINS, member_id="M1"))

    @rule(days=st.sampled_from([1, 2, 31, 89, 90, 91, 365, 700]))
    def days_pass(self, days: int) -> None:
        self.pass_days(days)

    # --- the application ---

    @precondition(lambda self: self.state.status not in ("member", *ENDED))
    @rule(data=st.data())
    def apply(self, data: st.DataObject) -> None:
        """The next step, mostly; or any."""
        step = data.draw(st.sampled_from([NEXT.get(self.state.status, "draft"), *STEPS]))
        match step:
            case "draft":
                name = data.draw(st.sampled_from(["Northern Light", "Southern Light"]))
                self.ask(self.asked(asks.DraftApplication, name=name, country="NO"))
            case "submit":
                wanted = data.draw(st.tuples(classes, doing))
                self.ask(
                    self.asked(
                        asks.SubmitApplication, membership_class=wanted[0], activities=wanted[1]
                    )
                )
            case "review":
                self.ask(self.asked(asks.StartReview))
            case "request":
                self.ask(self.asked(asks.RequestInformation))
            case "supply":
                self.ask(self.asked(asks.SupplyInformation))
            case "approve":
                does = data.draw(st.none() | doing)
                self.ask(
                    self.asked(
                        asks.ApproveApplication, fee_level="L1", activities=does, approver="P7"
                    )
                )
            case "decline":
                self.ask(self.asked(asks.DeclineApplication, approver="P7"))
            case _:
                joined_on = self.day(data.draw(st.integers(-1, 900)))
                self.ask(self.asked(asks.AdmitMember, joined_on=joined_on))

    # --- the membership ---

    @rule(
        membership_class=classes,
        activities=doing,
        days_ago=st.sampled_from([0, 0, 5, 60, -1]),
        wait=waits,
    )
    def change_class(
        self,
        membership_class: MembershipClass,
        activities: tuple[Activity, ...],
        days_ago: int,
        wait: int,
    ) -> None:
        self.pass_days(wait)
        self.ask(
            asks.ChangeClass(
                on=self.today,
                member_id="M1",
                membership_class=membership_class,
                activities=activities,
                effective_on=self.day(days_ago),
            )
        )

    @rule(days=st.integers(-30, 500), wait=waits)
    def extend(self, days: int, wait: int) -> None:
        self.pass_days(wait)
        due_on = self.state.duty.due_on if self.state.duty else self.today
        self.ask(
            asks.ExtendDuty(
                on=self.today,
                member_id="M1",
                due_on=due_on + timedelta(days=days),
                reason="r",
                approver="P7",
            )
        )

    @rule(lift=st.booleans(), wait=waits)
    def suspend(self, lift: bool, wait: int) -> None:
        self.pass_days(wait)
        step = asks.ReinstateMember if lift else asks.SuspendMember
        self.ask(step(on=self.today, member_id="M1"))

    @rule(
        how=st.sampled_from(["stay"] * 4 + ["remain", "remain", "announce", "resign", "terminate"]),
        wait=waits,
    )
    def leave(self, how: str, wait: int) -> None:
        self.pass_days(wait)
        if how == "remain":
            self.ask(asks.WithdrawResignation(on=self.today, member_id="M1"))
        elif how == "announce":
            day = self.today + timedelta(days=45)
            self.ask(asks.ResignMembership(on=self.today, member_id="M1", effective_on=day))
        elif how == "resign":
            self.ask(asks.ResignMembership(on=self.today, member_id="M1"))
        elif how == "terminate":
            self.ask(
                asks.TerminateMembership(on=self.today, member_id="M1", reason="r", approver="P7")
            )

    @precondition(lambda self: self.state.status in ENDED)
    @rule(wait=waits)
    def restore(self, wait: int) -> None:
        self.pass_days(wait)
        self.ask(asks.RestoreMembership(on=self.today, member_id="M1", approver="P7"))

    # --- fees ---

    @rule(
        number=st.integers(1, 3),
        days_ago=st.integers(0, 200),
        what=st.sampled_from(["pay", "pay", "ask", "ask", "cancel"]),
        wait=waits,
    )
    def fees(self, number: int, days_ago: int, what: str, wait: int) -> None:
        self.pass_days(wait)
        day, invoice_id = self.day(days_ago), f"I{number}"
        if what == "cancel":
            self.ask(
                asks.CancelFeeInvoice(
                    on=self.today, member_id="M1", invoice_id=invoice_id, approver="P7"
                )
            )
        elif what == "pay":
            self.ask(
                asks.RecordFeePayment(
                    on=self.today, member_id="M1", invoice_id=invoice_id, paid_on=day
                )
            )
        else:
            self.ask(
                asks.InvoiceFee(
                    on=self.today, member_id="M1", invoice_id=invoice_id, invoiced_on=day
                )
            )

    # --- what audits say ---

    @rule(
        name=names,
        begins=around,
        days=st.sampled_from([1, 90, 365, 1095]),
        standard=st.sampled_from([Standard.PERFORMANCE] * 4 + [Standard.CHAIN_OF_CUSTODY]),
        kind=st.sampled_from(CertificateType),
        wait=waits,
    )
    def grant(
        self,
        name: str,
        begins: int,
        days: int,
        standard: Standard,
        kind: CertificateType,
        wait: int,
    ) -> None:
        self.pass_days(wait)
        first = self.day(begins)
        last = first + timedelta(days=days - 1)
        self.ask(note(certificate(name, first, last, standard=standard, kind=kind)))

    @precondition(lambda self: bool(self.state.certificates))
    @rule(data=st.data(), what=st.sampled_from("wsrc"), days_ago=around, wait=waits)
    def alter(self, data: st.DataObject, what: str, days_ago: int, wait: int) -> None:
        self.pass_days(wait)
        of = data.draw(st.sampled_from(sorted(self.state.certificates)))
        day = self.day(days_ago)
        match what:
            case "w":
                self.ask(withdrawn(day, of))
            case "s":
                self.ask(suspended(day, of))
            case "r":
                self.ask(reinstated(day, of))
            case _:
                self.ask(converted(self.today + timedelta(days=abs(days_ago)), day, of))

    # --- what must hold ---

    @invariant()
    def a_member_is_suspended_exactly_for_the_reasons_that_hold(self) -> None:
        state = self.state
        if state.status != "member":
            return
        assert (state.standing == "suspended") == bool(state.suspensions)
        missed = state.duty is not None and state.miss(state.duty.key) is not None
        cure_on = member.due(state).get(member.REINSTATE)
        assert cure_on is None or (cure_on >= self.today and not missed)
        assert ("duty_missed" in state.suspensions) == (missed or cure_on is not None)
        unpaid = [one for one in state.invoices.values() if one.open]
        if "fees_unpaid" in state.suspensions:
            assert any(one.suspends_on for one in unpaid)
        else:
            assert all(one.suspends_on is None or one.suspends_on >= self.today for one in unpaid)

    @invariant()
    def the_obliged_have_one_duty_and_the_others_none(self) -> None:
        state = self.state
        obliged = state.status == "member" and state.membership_class in (PT, IU)
        assert (state.duty is not None) == obliged
        if state.duty is not None and state.clock is not None:
            assert state.clock.starts_on <= state.duty.starts_on <= state.duty.due_on

    @invariant()
    def who_is_no_member_is_asked_nothing_by_the_clock(self) -> None:
        if self.state.status != "member":
            assert member.due(self.state) == {}

    @invariant()
    def the_row_says_what_the_stream_says(self) -> None:
        for version, event in enumerate(self.told.events[self.seen :], start=self.seen + 1):
            if isinstance(event, EVENTS):
                self.row = MEMBERS.evolve("M1", self.row, _recorded(event, version))
        self.seen = len(self.told.events)
        if self.row is None:
            assert self.state.status == "none"
            return
        self.told.agrees_with(self.row)
        if self.state.status == "forfeited":
            stands = forfeiture_stands(self.state, POLICIES)
            assert self.row.forfeiture_questioned == (not stands)

    def teardown(self) -> None:
        """A snapshot is the state itself; folding everything again gives it as well."""
        assert SAVED.validate_json(SAVED.dump_json(self.state)) == self.state
        again = Told()
        again.happened(*self.told.events)  # type: ignore[arg-type]  # a member's own events
        assert again.state == self.state


def _recorded(event: object, version: int) -> Recorded:
    at = Instant("2025-09-01T08:00:00.000000Z")
    envelope = Envelope("e", "membership", "member/M1", version, version, at, "c", "c", "c", "P7")
    return Recorded(envelope, event)  # type: ignore[arg-type]  # checked by the caller


TestMember = MemberMachine.TestCase
TestMember.settings = settings(max_examples=100, stateful_step_count=40)
