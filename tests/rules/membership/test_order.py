"""The end is the same in whatever order ticks and facts come.

Audits may lag, a certificate may be recorded long after the day it speaks of, a withdrawal may come
before or after the clock decided. Only the order within one certificate's stream is sure (the log
keeps it). The reference: every fact known first, then the days closed one by one.
"""

from datetime import date, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.membership import SuspensionReason
from contracts.values import CertificateType, Standard
from infra.decider import Command
from infra.errors import Refused
from infra.policy import Figure, Policies, PolicyFile
from services.membership.commands import RestoreMembership
from services.membership.duty import HeldCertificate
from services.membership.standing import Member
from tests.rules.membership.given import (
    JOINED,
    POLICIES,
    certificate,
    converted,
    days_closed,
    joined,
    note,
    reinstated,
    suspended,
    withdrawn,
)
from tests.rules.spec import Given, policies_of

START = date(2025, 1, 1)
ENDS = [200, 221, 222, 260, 312, 313, 400, 600, 900, 1500, 2200]
"""Days after START through which the clock closes the days; then the world is looked at."""


def day(number: int) -> date:
    return START + timedelta(days=number)


OFTEN = [0, 181, 220, 221, 222, 223, 260, 310, 311, 312, 313, 400, 500, 586, 900]
"""Days around the due date (221), the forfeiture (312) and some ends of certificates."""
days_drawn = st.one_of(st.sampled_from(OFTEN), st.integers(-900, 1200)).map(day)


class Fact(NamedTuple):
    """News of a certificate; those of one certificate come in the order given."""

    certificate_id: str
    command: Command


@st.composite
def histories(draw: st.DrawFn) -> list[list[Fact]]:
    """What audits will say of up to three certificates, per certificate in order."""
    told = []
    for name in draw(st.sampled_from([["A"], ["A", "B"], ["A", "B", "C"]])):
        first = draw(days_drawn)
        length = draw(st.sampled_from([1, 30, 90, 365, 1095]))
        kind = draw(st.sampled_from(CertificateType))
        standard = draw(st.sampled_from([Standard.PERFORMANCE] * 5 + [Standard.CHAIN_OF_CUSTODY]))
        held = certificate(
            name, first, first + timedelta(days=length - 1), standard=standard, kind=kind
        )
        facts: list[Command] = [note(held)]
        for what in draw(st.lists(st.sampled_from(["w", "s", "r", "c", "again"]), max_size=3)):
            on = draw(days_drawn)
            facts.append(_news(what, on, held))
        # All of it was told before any duty was due, and is only heard of late.
        told.append([Fact(name, one.model_copy(update={"on": JOINED})) for one in facts])
    return told


def _news(what: str, on: date, held: HeldCertificate) -> Command:
    of = held.certificate_id
    match what:
        case "w":
            return withdrawn(on, of)
        case "s":
            return suspended(on, of)
        case "r":
            return reinstated(on, of)
        case "c":
            return converted(held.valid_to + timedelta(days=730), on, of)
        case _:
            return note(held.model_copy(update={"valid_from": min(on, held.valid_to)}))


class End(NamedTuple):
    """What must not depend on the order."""

    standing: str
    suspensions: dict[SuspensionReason, date]
    duty: tuple[str, date, bool] | None
    ended_on: date | None


def end(state: Member) -> End:
    duty = state.duty
    return End(
        state.standing,
        dict(state.suspensions),
        duty and (duty.rule.value, duty.due_on, state.miss(duty.key) is not None),
        state.ended_on,
    )


def settled(given_: Given, last: date) -> Member:
    """The world's end: the clock has closed all days; who can be restored, is, by operations."""
    given_ = days_closed(given_, last)
    restore = RestoreMembership(on=last, member_id="M1", approver="P7")
    while given_.state.status == "forfeited":
        answered = given_.when(restore)
        if isinstance(answered.refusal, Refused):
            assert answered.refusal.slug == "forfeiture-stands"
            break
        given_ = days_closed(answered.and_given(), last)
    return given_.state  # type: ignore[no-any-return]  # the state of a decider is its own affair


def world(policies: Policies) -> Given:
    start = joined()
    return Given(start.decider, policies, start.state)


def reference(told: list[list[Fact]], last: date, policies: Policies) -> End:
    given_ = world(policies)
    for facts in told:
        for fact in facts:
            given_ = given_.when(fact.command).and_given()
    for number in range(0, (last - START).days, 10):
        given_ = days_closed(given_, day(number))
    return end(settled(given_, last))


class Drawn(NamedTuple):
    """News, the same news between days that are closed, and the last day."""

    told: list[list[Fact]]
    happens: list[Command | date]
    last: date


@st.composite
def interleavings(draw: st.DrawFn) -> Drawn:
    """The same news at arbitrary moments between the days that the clock closes."""
    told = draw(histories())
    last = day(draw(st.sampled_from(ENDS)))
    waiting = [list(facts) for facts in told]
    happens: list[Command | date] = []
    closed = START
    while waiting:
        step = draw(st.sampled_from([0, 0, 0, 1, 30, 91, 230, 400]))
        if step == 0:
            facts = waiting[draw(st.integers(0, len(waiting) - 1))]
            happens.append(facts.pop(0).command)
            waiting = [one for one in waiting if one]
        else:
            closed = min(closed + timedelta(days=step), last)
            happens.append(closed)
    return Drawn(told, happens, last)


def played(drawn: Drawn, policies: Policies) -> End:
    given_ = world(policies)
    for step in drawn.happens:
        if isinstance(step, date):
            given_ = days_closed(given_, step)
        else:
            given_ = given_.when(step).and_given()
    return end(settled(given_, drawn.last))


def switched(**figures: bool) -> Policies:
    """The policies with some switches the other way."""
    changed = PolicyFile(
        policy_id="other",
        valid_from=date(2018, 1, 1),
        figures={
            f"duty.{name}": Figure(value=value, evidence="design", source="this test")
            for name, value in figures.items()
        },
    )
    return policies_of("membership", changed)


OTHERS = [
    POLICIES,
    switched(suspended_certificate_counts=False),
    switched(late_certificate_reinstates=False),
    switched(provisional_counts=False),
    switched(early_expiry_waits_for_first_due=False),
]


@settings(max_examples=150)
@given(interleavings(), st.sampled_from(OTHERS))
def test_ticks_and_certificates_in_any_order_lead_to_the_same_end(
    drawn: Drawn, policies: Policies
) -> None:
    assert played(drawn, policies) == reference(drawn.told, drawn.last, policies)
