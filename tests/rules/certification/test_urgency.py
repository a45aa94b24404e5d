"""The board's buckets and the ranking by risk."""

from datetime import date, timedelta

import pytest

from services.certification.buckets import (
    LATER,
    PAST_DUE,
    UNDETERMINED,
    Bucket,
    Seen,
    bucket_of,
    names,
)
from services.certification.deadline_parts import DeadlineRow
from services.certification.risk import Risk, ranked, risk_of

from .given import (
    DUE_ON,
    POLICY,
    Happened,
    after,
    duty_ended,
    duty_extended,
    duty_met,
    duty_missed,
    duty_started,
    invoiced,
)
from .given_audits import audit_concluded, audit_scheduled, granted

DAY = timedelta(days=1)
DUTY = "initial_certification:M1"
ALL_CLOSED = Seen({"membership": date.max, "audit_scheduling": date.max})
FROM, TO = date(2025, 5, 1), date(2028, 4, 30)


def row(key: str, *history: Happened) -> DeadlineRow:
    found: DeadlineRow = after(*history).deadlines[key]
    return found


OPEN = row(DUTY, duty_started())


def bucket(found: DeadlineRow, today: date, seen: Seen = ALL_CLOSED) -> Bucket:
    answer = bucket_of(found, today, seen, POLICY)
    assert answer is not None
    return answer


# --- buckets ---


def test_buckets_are_in_order_of_urgency() -> None:
    assert names(POLICY) == (
        "past_due",
        "undetermined",
        "within_14",
        "within_60",
        "within_180",
        "later",
    )


@pytest.mark.parametrize(
    ("days_left", "name"),
    [
        (-1, PAST_DUE),
        (0, "within_14"),
        (14, "within_14"),
        (15, "within_60"),
        (60, "within_60"),
        (61, "within_180"),
        (180, "within_180"),
        (181, LATER),
    ],
)
def test_a_deadline_lies_in_the_bucket_of_its_days_left(days_left: int, name: str) -> None:
    assert bucket(OPEN, DUE_ON - days_left * DAY) == Bucket(name, days_left)


def test_a_day_that_its_source_has_not_closed_is_undetermined() -> None:
    today = DUE_ON + 2 * DAY
    for closed, name in ((DUE_ON - DAY, UNDETERMINED), (DUE_ON, PAST_DUE)):
        found = bucket(OPEN, today, Seen({"membership": closed}))
        assert found.name == name
    before = bucket(OPEN, today, Seen({"membership": DUE_ON - DAY}))
    assert before.reason == (
        f"membership has closed its days through {DUE_ON - DAY}, not yet {DUE_ON}"
    )
    assert bucket(OPEN, today, Seen({})).reason == "membership has closed no day yet"


def test_each_kind_waits_for_the_source_that_decides_it() -> None:
    expiry = row("certificate_expiry:C1", granted(FROM, TO))
    seen = Seen({"membership": None, "audit_scheduling": TO})
    assert bucket(expiry, TO + DAY, seen).name == PAST_DUE
    assert bucket(OPEN, DUE_ON + DAY, seen).name == UNDETERMINED


@pytest.mark.parametrize("stream", ["member/M1", "audit/A1"])
def test_a_parked_stream_that_may_concern_it_leaves_it_undetermined(stream: str) -> None:
    found = row(DUTY, duty_started(), audit_scheduled(FROM))
    seen = ALL_CLOSED._replace(parked=("audit/A9", stream))
    assert bucket(found, DUE_ON + DAY, seen) == Bucket(
        UNDETERMINED, -1, f"events of {stream} are parked"
    )
    other = ALL_CLOSED._replace(parked=("audit/A9",))
    assert bucket(found, DUE_ON + DAY, other).name == PAST_DUE


def test_a_miss_that_was_decided_is_past_due_whatever_is_closed() -> None:
    missed = row(DUTY, duty_started(), duty_missed())
    assert bucket(missed, DUE_ON + DAY, Seen({})).name == PAST_DUE


@pytest.mark.parametrize(
    "history",
    [
        (duty_started(), duty_met(FROM)),
        (duty_started(), duty_ended(FROM)),
        (duty_started(), duty_missed(), duty_met(DUE_ON + DAY)),
        (audit_scheduled(FROM),),
    ],
)
def test_what_is_done_or_not_yet_opened_is_in_no_bucket(history: tuple[Happened, ...]) -> None:
    assert bucket_of(row(DUTY, *history), DUE_ON, ALL_CLOSED, POLICY) is None


# --- risk ---


def risk(found: DeadlineRow, days_left: int, standing: str = "active") -> Risk:
    return risk_of(found, DUE_ON, standing, DUE_ON - days_left * DAY, POLICY)


def points(found: Risk) -> dict[str, int]:
    assert found.score == sum(part.points for part in found.parts)
    assert all(part.because for part in found.parts)
    return {part.name: part.points for part in found.parts}


@pytest.mark.parametrize(
    ("days_left", "expected"),
    [(-1, 50), (0, 40), (14, 40), (15, 25), (60, 25), (61, 10), (180, 10), (181, 0)],
)
def test_the_fewer_days_the_more_points(days_left: int, expected: int) -> None:
    assert points(risk(OPEN, days_left))["days_left"] == expected


def test_an_audit_that_is_missing_or_too_late_counts() -> None:
    assert points(risk(OPEN, 90))["audit"] == 25
    for start, expected in ((DUE_ON, 0), (DUE_ON + DAY, 20)):
        booked = row(DUTY, duty_started(), audit_scheduled(start))
        assert points(risk(booked, 90))["audit"] == expected


def test_a_fee_needs_no_audit() -> None:
    fee = row("fee_invoice:M1~I1", invoiced(FROM, DUE_ON))
    assert points(risk(fee, 90))["audit"] == 0


@pytest.mark.parametrize(("majors", "expected"), [(0, 0), (1, 5), (3, 15), (4, 15)])
def test_major_findings_count_up_to_a_most(majors: int, expected: int) -> None:
    found = row(DUTY, duty_started(), audit_concluded(FROM, majors=majors))
    assert points(risk(found, 90))["major_findings"] == expected


def test_a_suspended_member_counts() -> None:
    assert points(risk(OPEN, 90, "suspended"))["standing"] == 10
    assert points(risk(OPEN, 90, "active"))["standing"] == 0


@pytest.mark.parametrize(("times", "expected"), [(0, 0), (1, 5), (2, 10), (3, 10)])
def test_earlier_extensions_count_up_to_a_most(times: int, expected: int) -> None:
    extensions = [duty_extended(DUE_ON, FROM) for _ in range(times)]
    assert points(risk(row(DUTY, duty_started(), *extensions), 90))["extensions"] == expected


def test_the_riskiest_come_first_and_of_equals_the_one_due_first() -> None:
    world = after(
        duty_started(),
        granted(FROM, DUE_ON, "C1"),
        granted(FROM, DUE_ON - DAY, "C2"),
        invoiced(FROM, DUE_ON),
    )
    today = DUE_ON - 30 * DAY
    rows = list(world.deadlines.values())
    found = ranked(rows, lambda _: "active", today, 60, POLICY)
    assert [one.deadline_id for one in found] == [
        "certificate_expiry:C2",
        "certificate_expiry:C1",
        "initial_certification:M1",
        "fee_invoice:M1~I1",
    ]


def test_the_ranking_takes_those_due_within_some_days_or_over_and_not_done() -> None:
    today = DUE_ON - 30 * DAY
    assert ranked([OPEN], lambda _: "active", today, 30, POLICY)
    assert not ranked([OPEN], lambda _: "active", today, 29, POLICY)
    assert ranked([OPEN], lambda _: "active", DUE_ON + 99 * DAY, 0, POLICY)
    met = row(DUTY, duty_started(), duty_met(FROM))
    assert not ranked([met], lambda _: "active", today, 60, POLICY)


def test_the_weights_are_shown_as_unverified() -> None:
    weights = [name for name in POLICY.figures if name.startswith("risk.")]
    assert weights
    assert {POLICY.figure(name).evidence for name in weights} == {"unverified"}
