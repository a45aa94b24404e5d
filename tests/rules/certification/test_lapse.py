"""Deadlines on certificates that lapse: the membership ended, or what was covered is certified
again without anybody saying that one certificate replaces the other."""

from datetime import date, timedelta

import pytest
from hypothesis import given as drawn

from contracts.envelope import Recorded
from contracts.values import AuditKind, CertificateType, Standard
from services.certification.lapse import ENDING, LAPSING

from .given import (
    Folded,
    Happened,
    after,
    facility,
    facility_closed,
    folded,
    forfeited,
    invoiced,
    joined,
    resigned,
    restored,
    terminated,
)
from .given_audits import audit_concluded, certificate_withdrawn, granted
from .histories import DAYS, histories

DAY = timedelta(days=1)
FROM, TO = date(2025, 5, 1), date(2028, 4, 30)
WATCH = date(2026, 11, 1)
LEFT = date(2027, 1, 15)
NEXT = TO + DAY
EXPIRY, SURVEILLANCE = "certificate_expiry:C1", "surveillance:C1"
CONVERSION = "provisional_conversion:C1"
FIRST = granted(FROM, TO, surveillance=[WATCH])


def end(world: Folded, key: str, today: date) -> tuple[str, date | None]:
    row = world.shown(key, today)
    return row.state, row.closed_on


# --- the membership ended ---


@pytest.mark.parametrize("left", [forfeited(LEFT), resigned(LEFT), terminated(LEFT)])
def test_a_former_member_owes_nothing_on_its_certificates(left: Happened) -> None:
    world = after(joined(), FIRST, left)
    assert end(world, EXPIRY, LEFT) == ("cancelled", LEFT)
    assert end(world, SURVEILLANCE, LEFT) == ("missed", LEFT)
    assert world.shown(EXPIRY, LEFT).events[-1][:2] == ("closed", left.event.TYPE)
    assert world.shown(SURVEILLANCE, LEFT).due_on == WATCH


def test_what_was_due_on_the_eve_of_the_end_was_not_missed() -> None:
    provisional = granted(FROM, LEFT - DAY, certificate_type=CertificateType.PROVISIONAL)
    world = after(joined(), provisional, resigned(LEFT))
    assert end(world, CONVERSION, LEFT) == ("cancelled", LEFT)
    world = after(joined(), provisional, resigned(LEFT + DAY))
    assert end(world, CONVERSION, LEFT + DAY) == ("missed", LEFT + DAY)


def test_a_certificate_that_ran_out_before_the_end_stays_a_miss() -> None:
    world = after(joined(), FIRST, resigned(NEXT + DAY))
    assert end(world, EXPIRY, NEXT + DAY) == ("missed", NEXT + DAY)


def test_with_the_membership_its_deadlines_are_restored() -> None:
    history = [joined(), FIRST, forfeited(LEFT)]
    world = after(*history, restored(LEFT, LEFT + 9 * DAY))
    assert end(world, EXPIRY, LEFT + 9 * DAY) == ("open", None)
    assert end(world, SURVEILLANCE, LEFT + 9 * DAY) == ("open", None)
    again = after(*history, restored(LEFT, LEFT + 9 * DAY), resigned(LEFT + 30 * DAY))
    assert end(again, EXPIRY, LEFT + 30 * DAY) == ("cancelled", LEFT + 30 * DAY)


def test_a_forfeiture_told_again_ends_on_its_new_day() -> None:
    world = after(joined(), FIRST, forfeited(LEFT), forfeited(LEFT - 5 * DAY, LEFT + DAY))
    assert end(world, EXPIRY, LEFT + DAY) == ("cancelled", LEFT - 5 * DAY)


def test_a_former_member_still_owes_a_fee() -> None:
    world = after(joined(), invoiced(FROM, TO), resigned(LEFT))
    assert end(world, "fee_invoice:M1~I1", LEFT) == ("open", None)


def test_what_was_done_stays_done() -> None:
    seen = audit_concluded(WATCH, kind=AuditKind.SURVEILLANCE, certificate_id="C1")
    world = after(joined(), FIRST, seen, resigned(LEFT))
    assert end(world, SURVEILLANCE, LEFT) == ("met", WATCH)


# --- certified again ---


def test_a_certificate_that_ended_is_followed_without_a_word() -> None:
    world = after(FIRST, granted(TO - 30 * DAY, TO + 999 * DAY, "C2"))
    assert end(world, EXPIRY, TO) == ("open", None)
    assert end(world, EXPIRY, NEXT) == ("met", NEXT)
    assert world.shown(EXPIRY, NEXT).certificate_id == "C2"
    assert end(world, SURVEILLANCE, TO) == ("open", None)
    assert end(world, SURVEILLANCE, NEXT) == ("missed", NEXT)


def test_a_gap_before_the_next_certificate_stays_a_miss() -> None:
    late = NEXT + 20 * DAY
    world = after(FIRST, granted(late, TO + 999 * DAY, "C2", decided_on=NEXT))
    assert end(world, EXPIRY, late - DAY) == ("open", None)
    assert end(world, EXPIRY, late) == ("missed", late)


def test_the_earlier_certificate_follows_if_it_lasts_longer() -> None:
    longer = granted(FROM - DAY, TO + 5 * DAY, "C2")
    world = after(longer, FIRST)
    assert end(world, EXPIRY, NEXT) == ("met", NEXT)
    assert end(world, "certificate_expiry:C2", TO + 6 * DAY) == ("open", None)


def test_two_certificates_may_share_what_one_covered() -> None:
    late = NEXT + 9 * DAY
    one = granted(NEXT, TO + 999 * DAY, "C2", facilities=["F1"])
    two = granted(late, TO + 999 * DAY, "C3", facilities=["F2"])
    assert end(after(FIRST, one), EXPIRY, late) == ("open", None)
    assert end(after(FIRST, one, two), EXPIRY, late) == ("missed", late)
    closed = facility_closed(TO, "F2")
    assert end(after(FIRST, facility("F2"), closed, one), EXPIRY, NEXT) == ("met", NEXT)


@pytest.mark.parametrize(
    "other",
    [
        [granted(NEXT, TO + 999 * DAY, "C2", standard=Standard.CHAIN_OF_CUSTODY)],
        [granted(FROM + DAY, TO, "C2")],
        [granted(FROM + DAY, TO + 999 * DAY, "C2"), certificate_withdrawn(NEXT, "C2")],
    ],
    ids=["another standard", "over by then", "withdrawn by then"],
)
def test_not_every_certificate_follows(other: list[Happened]) -> None:
    world = after(FIRST, *other)
    assert end(world, EXPIRY, NEXT + 5 * DAY) == ("open", None)


def test_who_followed_for_a_day_followed() -> None:
    """As with a replacement that was named: what comes later concerns the new certificate."""
    later = certificate_withdrawn(NEXT + DAY, "C2")
    world = after(FIRST, granted(NEXT, TO + 999 * DAY, "C2"), later)
    assert end(world, EXPIRY, NEXT + 5 * DAY) == ("met", NEXT)


# --- whatever happened ---


@drawn(histories(), DAYS)
def test_only_open_deadlines_on_certificates_lapse_and_a_former_members_others(
    history: list[Recorded], today: date
) -> None:
    world = folded(history)
    rows = {key: row for key, row in world.deadlines.items() if row is not None}
    for key, row in rows.items():
        shown = world.shown(key, today)
        if shown != row:
            former = world.ended.get(row.member_id) is not None
            assert row.kind in (ENDING if former else LAPSING)
            assert row.closed_on is None
            assert shown.closed_on is not None
            assert (shown.due_on, shown.opened_on) == (row.due_on, row.opened_on)
