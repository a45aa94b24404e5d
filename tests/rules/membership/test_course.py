"""The course of a duty against a second reading of the rules, made day by day and without spans.

Both get the same certificates; the second one walks the calendar, asks each morning what holds, and
knows no chains, floors or records. They must agree on what runs at the end, on every miss, and on
the end of the membership.
"""

from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.values import CertificateType, Standard
from services.membership.duty import Clock, Facts, HeldCertificate, stages
from tests.rules.membership.given import DUE, JOINED, POLICIES, certificate

ONE = timedelta(days=1)
GRACE = timedelta(days=90)
LOOKED_AT = date(2030, 1, 1)
"""The day on which everything before is closed."""


class Reading(NamedTuple):
    """First missed days, healed or not; and the day without membership, if it comes to that."""

    misses: tuple[date, ...]
    forfeits_on: date | None


def holds(held: HeldCertificate, day: date) -> bool:
    """A PS certificate on one day: granted, not expired, not withdrawn."""
    gone = held.withdrawn_from is not None and held.withdrawn_from <= day
    counts = held.standard is Standard.PERFORMANCE and held.facilities > 0
    return counts and held.valid_from <= day <= held.valid_to and not gone


def achieved(held: HeldCertificate) -> bool:
    """Certified in the first two years: held on the last day, or ran its course before."""
    if holds(held, DUE):
        return True
    ran_out = held.withdrawn_from is None or held.withdrawn_from > held.valid_to
    return ran_out and JOINED <= held.valid_to < DUE and holds(held, held.valid_to)


def read(certificates: list[HeldCertificate]) -> Reading:
    """Every day after the first due date, in order."""

    def valid(day: date) -> bool:
        return any(holds(one, day) for one in certificates)

    certified = any(achieved(one) for one in certificates)
    misses: list[date] = []
    day = DUE + ONE
    while day < LOOKED_AT:
        if not valid(day) or not (certified or misses):
            misses.append(day)
            forfeits_on = day + GRACE
            while not valid(day):
                day += ONE
                if day == forfeits_on:
                    return Reading(tuple(misses), forfeits_on)
        day += ONE
    return Reading(tuple(misses), None)


days = st.one_of(
    st.sampled_from([DUE - ONE, DUE, DUE + ONE, DUE + GRACE, DUE + GRACE + ONE, JOINED]),
    st.dates(date(2022, 1, 1), date(2029, 6, 1)),
)


@st.composite
def held(draw: st.DrawFn, name: str) -> HeldCertificate:
    first = draw(days)
    length = draw(st.sampled_from([1, 20, 200, 365, 1095]))
    one = certificate(
        name,
        first,
        first + timedelta(days=length - 1),
        standard=draw(st.sampled_from([Standard.PERFORMANCE] * 4 + [Standard.CHAIN_OF_CUSTODY])),
        kind=draw(st.sampled_from(CertificateType)),
        facilities=draw(st.sampled_from([1, 1, 1, 0, 7])),
    )
    return one.model_copy(update={"withdrawn_from": draw(st.none() | days)})


@settings(max_examples=400)
@given(st.tuples(held("A"), held("B"), held("C")))
def test_the_course_agrees_with_a_day_by_day_reading(
    drawn: tuple[HeldCertificate, HeldCertificate, HeldCertificate],
) -> None:
    facts = Facts(
        clock=Clock(JOINED, DUE),
        extensions=(),
        certificates={one.certificate_id: one for one in drawn},
        closed=LOOKED_AT - ONE,
    )
    course = stages(facts, POLICIES)
    missed = tuple(stage.missed_on for stage in course if stage.forfeits_on is not None)
    lost = course[-1].outcome == "missed"
    assert Reading(missed, course[-1].forfeits_on if lost else None) == read(list(drawn))


@settings(max_examples=100)
@given(st.tuples(held("A"), held("B"), held("C")), days)
def test_the_course_is_one_after_the_other(
    drawn: tuple[HeldCertificate, HeldCertificate, HeldCertificate], closed: date
) -> None:
    certificates = {one.certificate_id: one for one in drawn}
    course = stages(Facts(Clock(JOINED, DUE), (), certificates, closed), POLICIES)
    assert [stage.outcome in ("met", "late") for stage in course[:-1]] == [True] * (len(course) - 1)
    assert course[-1].outcome in ("open", "missed")
    for stage in course:
        assert JOINED <= stage.starts_on <= stage.base_on <= stage.due_on
        assert (stage.outcome == "open") <= (stage.due_on > closed)
    for earlier, later in pairwise(course):
        assert (earlier.due_on, earlier.rule.value) <= (later.due_on, later.rule.value)


def test_a_certificate_that_does_not_move_the_day_on_does_not_begin_the_duty_anew() -> None:
    """The second one begins later and ends before the first duty's day: nothing new is due."""
    first = certificate("A", JOINED, JOINED + 100 * ONE)
    second = certificate("B", JOINED + 50 * ONE, JOINED + 200 * ONE)
    facts = Facts(Clock(JOINED, DUE), (), {"A": first, "B": second}, JOINED + 10 * ONE)
    assert (stages(facts, POLICIES)[-1].starts_on, stages(facts, POLICIES)[-1].due_on) == (
        JOINED,
        DUE,
    )
