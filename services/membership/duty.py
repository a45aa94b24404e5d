"""The duty to certify: when it is due, which certificates meet it, what was missed. Pure.

Everything follows from facts and from how far the clock has closed the days, never from the order
in which the facts were learnt: `stages` is one function from (clock, extensions, certificates,
closed through) to the whole course of a member's duty. `settle.py` turns it into events.

The table (sources.md 1.2; each [G] is a figure of the policy):

| Fact                                        | Consequence                                        |
|---------------------------------------------|----------------------------------------------------|
| PS certificate valid on a day <= due        | met on that day; its end starts a recertification  |
| CoC certificate, or one without facilities  | does not count                                     |
| provisional certificate                     | counts (reading of V:A11)                          |
| withdrawn on or before the first due date   | never met it: open again                           |
| withdrawn later                             | the recertification is due the day before          |
| suspended                                   | counts [G]                                         |
| a further certificate, no day between       | moves the recertification on to the later end      |
| a gap of one day or more                    | missed on the first day of the gap                 |
| valid from after the miss, before forfeit   | the miss stays, the member is reinstated [G]       |
| expired before the first due date           | the recertification is due on that date [derived]  |
| recorded late, effective in time            | no miss: what was recorded is retracted            |
| a miss learnt late (a withdrawal dated back)| the time to cure it counts from that day           |
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import ClassVar, Literal, NamedTuple

from contracts.audits import CertificateGranted
from contracts.envelope import Event
from contracts.values import (
    CertificateId,
    CertificateType,
    DutyRule,
    MemberId,
    MembershipClass,
    Standard,
    Value,
)
from infra.policy import Policies, Policy

DutyKey = tuple[DutyRule, date]
"""A duty of a member: its rule and its last day."""
INITIAL_RULE = DutyRule.INITIAL_CERTIFICATION
AGAIN = DutyRule.RECERTIFICATION


# --- days ---


def shifted(day: date, days: int) -> date:
    """Some days on (or back); the calendar's own ends where it has no more days."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def plus_years(day: date, years: int) -> date:
    """The same day some years on; 29 February becomes 28 (sources.md 1.2, day count)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


# --- who has the duty, from when ---


class Clock(NamedTuple):
    """The first duty of a member: since when it runs, and its last day before any extension."""

    starts_on: date
    due_on: date


def obliged(membership_class: MembershipClass, policy: Policy) -> bool:
    """Whether members of this class must certify (sources.md 1.1)."""
    return membership_class.value in policy.words("duty.classes")


def clock_from(day: date, policies: Policies) -> Clock:
    """The clock of who has the duty from a day on: not before the programme's launch."""
    starts_on = max(day, policies.on(day).day("duty.launched_on"))
    return Clock(starts_on, plus_years(starts_on, policies.on(starts_on).integer("duty.years")))


class Extension(NamedTuple):
    """More time: a duty of this rule due from `previous` to `until` is due on `until`."""

    rule: DutyRule
    previous: date
    until: date


def extended(rule: DutyRule, due_on: date, extensions: Iterable[Extension]) -> date:
    """The last day of a duty with all extensions that apply; one given on top of another counts
    from the day which that one gave."""
    for extension in extensions:
        if extension.rule is rule and extension.previous <= due_on <= extension.until:
            due_on = extension.until
    return due_on


# --- certificates, as far as the duty is concerned ---


class Pause(Value):
    """A suspension of a certificate: from `since` to the day before `until` (None: not over)."""

    since: date
    until: date | None = None


class HeldCertificate(Value):
    """What membership knows of a certificate. `valid_to` is the last valid day; `withdrawn_from`
    and `full_from` are first days; `certificate_type` is the one it was granted with."""

    certificate_id: CertificateId
    standard: Standard
    certificate_type: CertificateType
    facilities: int
    valid_from: date
    valid_to: date
    full_from: date | None = None
    withdrawn_from: date | None = None
    pauses: tuple[Pause, ...] = ()


class CertificateNoted(Event):
    """Private: what audits said of a certificate of this member, whole."""

    TYPE: ClassVar[str] = "membership.certificate_noted.v1"
    member_id: MemberId
    certificate: HeldCertificate


class LateNewsNoted(Event):
    """Private: on this day it was learnt that a duty whose last day is over was not met after all.
    The time to cure the miss counts from here (docs/decisions/0004)."""

    TYPE: ClassVar[str] = "membership.late_news_noted.v1"
    member_id: MemberId
    noted_on: date


def held(granted: CertificateGranted) -> HeldCertificate:
    """A certificate as granted."""
    return HeldCertificate(
        certificate_id=granted.certificate_id,
        standard=granted.standard,
        certificate_type=granted.certificate_type,
        facilities=len(granted.facilities),
        valid_from=granted.valid_from,
        valid_to=granted.valid_to,
    )


class Span(NamedTuple):
    """Days on which a certificate counts, both ends included; `cut` when it ended early."""

    first: date
    last: date
    certificate_id: CertificateId
    cut: bool


def spans(certificates: Iterable[HeldCertificate], policies: Policies) -> list[Span]:
    """All days that count, each by the policy of the day on which the certificate began."""
    found = [span for one in certificates for span in _spans_of(one, policies)]
    return sorted(found)


def _spans_of(one: HeldCertificate, policies: Policies) -> list[Span]:
    policy = policies.on(one.valid_from)
    if one.standard.value != policy.text("duty.standard"):
        return []
    if one.facilities < policy.integer("duty.facilities_min"):
        return []
    first, last = one.valid_from, one.valid_to
    if one.certificate_type is CertificateType.PROVISIONAL and not policy.flag(
        "duty.provisional_counts"
    ):
        if one.full_from is None:
            return []
        first = max(first, one.full_from)
    if one.withdrawn_from is not None:
        last = min(last, shifted(one.withdrawn_from, -1))
    pieces: list[tuple[date, date]] = []
    for pause in sorted(one.pauses, key=lambda pause: pause.since):
        if policies.on(pause.since).flag("duty.suspended_certificate_counts"):
            continue
        pieces.append((first, min(last, shifted(pause.since, -1))))
        first = date.max if pause.until is None else max(first, pause.until)
    pieces.append((first, last))
    return [
        Span(start, end, one.certificate_id, end < one.valid_to)
        for start, end in pieces
        if start <= end
    ]


# --- the course of the duty ---


class Stage(NamedTuple):
    """One duty of the course. `due_on` is its last day, `base_on` that day without extensions.

    `rests_on`: the certificate whose end sets the date, if one does. `span` meets the duty; `able`
    are all certificates that would. Outcomes: `open` (not met, not over), `met` in time, `late`
    (missed, then healed before the membership was forfeit), `missed`. `forfeits_on` if missed.
    """

    rule: DutyRule
    starts_on: date
    base_on: date
    due_on: date
    rests_on: CertificateId | None
    outcome: Literal["open", "met", "late", "missed"]
    span: Span | None = None
    able: frozenset[CertificateId] = frozenset()
    forfeits_on: date | None = None

    @property
    def key(self) -> DutyKey:
        """What tells one duty of a member from another."""
        return self.rule, self.due_on

    @property
    def missed_on(self) -> date:
        """The first day after it: that of the miss, if it was missed."""
        return shifted(self.due_on, 1)

    @property
    def met_on(self) -> date | None:
        """The first day on which it is met, early or late."""
        return None if self.span is None else max(self.span.first, self.starts_on)


class Facts(NamedTuple):
    """All that the course of a member's duty depends on. `closed` is the last day of which the
    clock knows that no more news will come in the ordinary way; `forfeits` are the days that were
    told with misses that stand; `news_on` is the day of the last late news."""

    clock: Clock
    extensions: Sequence[Extension]
    certificates: Mapping[CertificateId, HeldCertificate]
    closed: date | None
    forfeits: Mapping[DutyKey, date] = {}
    news_on: date | None = None

    def forfeits_on(self, key: DutyKey, policies: Policies) -> date:
        """The first day without membership if a duty is missed and nothing heals it: as told, or
        the policy's days after the first day missed, or after that of late news."""
        missed_on = shifted(key[1], 1)
        days = policies.on(missed_on).integer("forfeit.days_after_miss")
        learnt_on = max(missed_on, self.news_on or missed_on)
        return self.forfeits.get(key) or shifted(learnt_on, days)


def stages(facts: Facts, policies: Policies) -> list[Stage]:
    """The course: the first duty, then recertifications, to the one that is open or missed.

    The last stage is never `met` or `late`: there is always a next one.
    """
    valid = spans(facts.certificates.values(), policies)
    course = [_first(facts, valid, policies)]
    while (met := course[-1].span) is not None:
        course.append(_next(met, course, facts, valid, policies))
    return course


def _first(facts: Facts, valid: Sequence[Span], policies: Policies) -> Stage:
    """The duty to certify once. A certificate that ended early does not meet it unless it held on
    the due date; one that ran its course before did (sources.md 1.2)."""
    clock = facts.clock
    due_on = extended(INITIAL_RULE, clock.due_on, facts.extensions)
    stage = Stage(INITIAL_RULE, clock.starts_on, clock.due_on, due_on, None, "open")
    fit = [
        span
        for span in valid
        if span.first <= due_on
        and span.last >= clock.starts_on
        and (span.last >= due_on or not span.cut)
    ]
    if fit:
        return _met(stage, fit, "met")
    return _unmet(stage, [span for span in valid if span.first > due_on], facts, policies)


def _next(
    met: Span, course: Sequence[Stage], facts: Facts, valid: Sequence[Span], policies: Policies
) -> Stage:
    """The recertification after a duty that was met: due when validity without a gap ends."""
    floor = met.last
    first = course[0]
    waits = policies.on(first.base_on).flag("duty.early_expiry_waits_for_first_due")
    if len(course) == 1 and first.outcome == "met" and waits:
        floor = max(floor, first.due_on)
    began_on = met.first
    while True:
        base_on = max(met.last, floor)
        due_on = extended(AGAIN, base_on, facts.extensions)
        more = [span for span in valid if span.first <= shifted(due_on, 1) and span.last > met.last]
        if not more:
            break
        met = max(more, key=lambda span: (span.last, span.certificate_id))
        floor = due_on if due_on > base_on else floor
        if met.last > due_on:  # a certificate that moves the day on begins the duty anew
            began_on = met.first
    starts_on = max(facts.clock.starts_on, began_on)
    rests_on = met.certificate_id if met.last == base_on else None
    stage = Stage(AGAIN, starts_on, base_on, due_on, rests_on, "open")
    later = [span for span in valid if span.first > stage.missed_on]
    return _unmet(stage, later, facts, policies)


def _met(stage: Stage, fit: Sequence[Span], outcome: Literal["met", "late"]) -> Stage:
    best = min(fit, key=lambda span: (max(span.first, stage.starts_on), span))
    able = frozenset(span.certificate_id for span in fit)
    return stage._replace(outcome=outcome, span=best, able=able)


def _unmet(stage: Stage, later: Sequence[Span], facts: Facts, policies: Policies) -> Stage:
    """Open until its last day is closed; then missed, and healed perhaps by what came later."""
    if facts.closed is None or stage.due_on > facts.closed:
        return stage
    policy = policies.on(stage.missed_on)
    forfeits_on = facts.forfeits_on(stage.key, policies)
    stage = stage._replace(outcome="missed", forfeits_on=forfeits_on)
    healing = [span for span in later if span.first < forfeits_on]
    if healing and policy.flag("duty.late_certificate_reinstates"):
        return _met(stage, healing, "late")
    return stage


def covering(
    day: date, certificates: Iterable[HeldCertificate], policies: Policies
) -> CertificateId | None:
    """A certificate that counts on a day, if there is one."""
    for span in spans(certificates, policies):
        if span.first <= day <= span.last:
            return span.certificate_id
    return None
