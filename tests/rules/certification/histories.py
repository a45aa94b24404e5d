"""Histories as Hypothesis draws them: any events, in any order within a stream, sane or not.

Parked and skipped events make a reader see what a decider would never write, so nothing is assumed
about what a stream may say.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypedDict

from hypothesis import strategies as st

from contracts.coc_documents import Awaited
from contracts.envelope import Recorded
from contracts.membership import SuspensionReason
from contracts.values import AuditKind, CertificateType, DutyRule, Standard

from . import given, given_audits, given_custody
from .given import Happened

DAYS = st.sampled_from([date(2024 + n // 4, 1 + n % 4 * 3, 1 + n) for n in range(16)])
"""Few days, so that corrections meet what they correct."""
SUBJECTS = (
    "member/M1",
    "entity/E1",
    "facility/F1",
    "facility/F2",
    "certificate/C1",
    "certificate/C2",
    "audit/A1",
    "audit/A2",
)
REASONS: tuple[SuspensionReason, ...] = ("duty_missed", "fees_unpaid", "other")
CERTIFICATES = st.sampled_from(["C1", "C2"])
LENGTHS = st.sampled_from([364, 1095])
FEW_DAYS = st.sets(DAYS, max_size=2)
TYPES = st.sampled_from(CertificateType)
CHANCE = st.booleans()
STANDARDS = st.sampled_from(Standard)
AUDITS = st.sampled_from(["A1", "A2"])
UP_TO_3 = st.integers(0, 3)
ANY_AUDIT = st.sampled_from(["A1", "A2", "A3"])
AUDIT_KINDS = st.sampled_from(AuditKind)
MAYBE_CERTIFICATE = st.sampled_from([None, "C1", "C2"])
UP_TO_4 = st.integers(0, 4)
MAYBE_C1 = st.sampled_from([None, "C1"])
RULES = st.sampled_from(DutyRule)
ANY_REASON = st.sampled_from(REASONS)
FACILITIES = st.sampled_from(["F1", "F2"])
Make = Callable[[st.DrawFn, date], Happened]


def _grant(draw: st.DrawFn, on: date) -> Happened:
    certificate_id = draw(CERTIFICATES)
    surveillance = sorted(draw(FEW_DAYS))
    return given_audits.granted(
        on,
        on + timedelta(days=draw(LENGTHS)),
        certificate_id,
        decided_on=draw(DAYS),
        certificate_type=draw(TYPES),
        surveillance=surveillance,
        replaces="C1" if certificate_id == "C2" and draw(CHANCE) else None,
        standard=draw(STANDARDS),
        audit_id=draw(AUDITS),
        majors=draw(UP_TO_3),
    )


class About(TypedDict):
    """Which audit, and what it is about."""

    audit_id: str
    kind: AuditKind
    certificate_id: str | None


def _about(draw: st.DrawFn) -> About:
    return {
        "audit_id": draw(ANY_AUDIT),
        "kind": draw(AUDIT_KINDS),
        "certificate_id": draw(MAYBE_CERTIFICATE),
    }


def _scheduled(draw: st.DrawFn, on: date) -> Happened:
    return given_audits.audit_scheduled(on, **_about(draw))


def _cancelled(draw: st.DrawFn, on: date) -> Happened:
    return given_audits.audit_cancelled(on, **_about(draw))


def _concluded(draw: st.DrawFn, on: date) -> Happened:
    majors = draw(UP_TO_4)
    return given_audits.audit_concluded(on, majors=majors, **_about(draw))


NUMBERS = st.sampled_from(["D1", "D2", "D3"])
UP_TO_2 = st.integers(0, 2)
MAYBE_DAY = st.none() | DAYS
MAYBE_F2 = st.sampled_from([None, "F2"])


def _answer(make: Callable[[str, date, Awaited | None], Happened]) -> Make:
    """An answer to a document, which may have been answered before."""

    def made(draw: st.DrawFn, on: date) -> Happened:
        number, issued_on = draw(NUMBERS), draw(MAYBE_DAY)
        answers = None if issued_on is None else given_custody.awaited(issued_on)
        return make(number, on, answers)

    return made


OF_CUSTODY: tuple[Make, ...] = (
    lambda draw, on: given_custody.issued(draw(NUMBERS), on, to_scope=draw(CHANCE)),
    _answer(given_custody.confirmed),
    _answer(given_custody.disputed),
    _answer(given_custody.lapsed),
    _answer(given_custody.ended),
    lambda draw, on: given_custody.pool_opened(on),
    lambda draw, on: given_custody.carried(draw(UP_TO_2), on),
    lambda draw, on: given_custody.pool_closed(on, draw(UP_TO_2)),
    lambda draw, on: given_custody.scope_opened(on, draw(MAYBE_DAY)),
    lambda draw, on: given_custody.facility_added(on, draw(MAYBE_DAY)),
    lambda draw, on: given_custody.ps_met(on, draw(MAYBE_F2)),
    lambda draw, on: given_custody.scope_suspended(on, draw(MAYBE_F2)),
    lambda draw, on: given_custody.report_expected(on, draw(DAYS)),
    lambda draw, on: given_custody.report_submitted(on),
    lambda draw, on: given_custody.report_returned(on),
    lambda draw, on: given_custody.report_accepted(on),
    lambda draw, on: given_custody.report_overdue(on),
    lambda draw, on: given_custody.report_excused(draw(DAYS), on),
)

DUES = st.sampled_from([given.DUE_ON, given.DUE_ON + timedelta(days=90)])
MAKES: tuple[Make, ...] = (
    _grant,
    _scheduled,
    _cancelled,
    _concluded,
    lambda draw, on: given_audits.refused(on, draw(CERTIFICATES)),
    lambda draw, on: given_audits.converted(on, draw(DAYS), sorted(draw(FEW_DAYS))),
    lambda draw, on: given_audits.certificate_suspended(on),
    lambda draw, on: given_audits.certificate_reinstated(on),
    lambda draw, on: given_audits.certificate_withdrawn(on, draw(CERTIFICATES)),
    lambda draw, on: given.joined(on),
    lambda draw, on: given.duty_started(on, draw(DUES), draw(RULES)),
    lambda draw, on: given.duty_extended(draw(DAYS), on, draw(DUES)),
    lambda draw, on: given.duty_met(on, draw(DUES)),
    lambda draw, on: given.duty_reopened(on, draw(DUES)),
    lambda draw, on: given.duty_missed(draw(DUES)),
    lambda draw, on: given.miss_retracted(on, draw(DUES), draw(MAYBE_C1)),
    lambda draw, on: given.duty_ended(on, draw(RULES)),
    lambda draw, on: given.suspended(on, draw(ANY_REASON)),
    lambda draw, on: given.reinstated(on, draw(ANY_REASON)),
    lambda draw, on: given.forfeited(on),
    lambda draw, on: given.restored(on, on),
    lambda draw, on: given.invoiced(on, on + timedelta(days=60)),
    lambda draw, on: given.paid(on),
    lambda draw, on: given.overdue(on),
    lambda draw, on: given.facility(draw(FACILITIES), on),
    lambda draw, on: given.facility_closed(on),
    lambda draw, on: given.transferred(on),
    *OF_CUSTODY,
)

SOME_MAKES = st.lists(st.sampled_from(MAKES), min_size=1, max_size=7)
PICKS = st.integers(0, 6)


@st.composite
def histories(draw: st.DrawFn, most: int = 16) -> list[Recorded]:
    """Events with their envelopes, recorded in the course of time. Each history is made of a few
    kinds of event, so that those meet which concern each other."""
    start = date(2024, 1, 1)
    few = draw(SOME_MAKES)
    happened: list[Happened] = []
    for number in range(draw(st.integers(0, most))):
        made = few[draw(PICKS) % len(few)](draw, draw(DAYS))
        happened.append(made._replace(recorded_on=start + timedelta(days=40 * number)))
    return given.recorded(happened)


@st.composite
def interleavings(draw: st.DrawFn, events: Sequence[Recorded]) -> list[Recorded]:
    """The same events in another order, that within each stream kept."""
    waiting: dict[str, list[Recorded]] = {}
    for event in events:
        waiting.setdefault(event.envelope.stream, []).append(event)
    turns = draw(st.permutations([event.envelope.stream for event in events]))
    return [waiting[stream].pop(0) for stream in turns]
