"""What a facility has to disclose, and by when. A decider, stream `reporting/<facility>`.

While a Performance Standard certificate covers a facility, each calendar year is disclosed
(criterion 5.1, yearly; sources.md 1.5, 3.3); by which day is a figure of the policy. A year is
expected from the day after its end. That it is overdue is said one day after the last one, so that
a disclosure of the last day has been heard of. Own PFC coefficients are renewed (sources.md 4.3).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import ClassVar, NamedTuple

from dateutil.relativedelta import relativedelta

from contracts.envelope import Event
from contracts.ghg import (
    DisclosureExcused,
    DisclosureExpected,
    DisclosureOverdue,
    DisclosureReceived,
    PfcMeasurementNoted,
    PfcRenewalEnded,
    PfcRenewalOverdue,
)
from contracts.values import CertificateId, FacilityId, MemberId
from infra.decider import Command, Tick
from infra.policy import Policies

from .renewals import (
    NotePfcMeasurements,
    Renewal,
    ReportingCommand,
    measured,
    renewal_ended,
    renewal_overdue,
    renewed,
)

EXPECT = "expect"
OVERDUE = "overdue"
RENEWAL = "renewal"
ONE_DAY = timedelta(days=1)


class NoteCover(ReportingCommand):
    """A certificate covers the facility from a day to a day; without days it never did. Said again
    when that changes."""

    NAME: ClassVar[str] = "note_cover"
    certificate_id: CertificateId
    first: date | None
    last: date | None


class NoteDisclosure(ReportingCommand):
    """A year was disclosed."""

    NAME: ClassVar[str] = "note_disclosure"
    year: int
    published_on: date


class NoteClosure(ReportingCommand):
    """The facility is closed from a day on."""

    NAME: ClassVar[str] = "note_closure"
    closed_on: date


class CoverNoted(Event):
    """Private: a certificate covers the facility from `first` to `last`; without days not at
    all."""

    TYPE: ClassVar[str] = "ghg.cover_noted.v1"
    facility_id: FacilityId
    member_id: MemberId
    certificate_id: CertificateId
    first: date | None
    last: date | None
    first_year: int
    noted_on: date


class ClosureNoted(Event):
    """Private: from `closed_on` on the facility is closed."""

    TYPE: ClassVar[str] = "ghg.closure_noted.v1"
    facility_id: FacilityId
    member_id: MemberId
    closed_on: date


class Cover(NamedTuple):
    """A certificate over the facility."""

    member_id: str
    first: date
    last: date


class Reporting(NamedTuple):
    """`expected` are years with their last day, `received` years with the day of disclosure;
    `first_year` is the first year that anybody expects here. `renewals` are by the technology that
    stands apart; "" is the facility's first."""

    facility_id: str = ""
    covers: Mapping[str, Cover] = {}
    first_year: int = 0
    expected: Mapping[int, date] = {}
    received: Mapping[int, date] = {}
    overdue: frozenset[int] = frozenset()
    renewals: Mapping[str, Renewal] = {}
    closed_on: date | None = None


INITIAL = Reporting()
ReportingEvent = (
    CoverNoted
    | DisclosureExpected
    | DisclosureReceived
    | DisclosureOverdue
    | DisclosureExcused
    | PfcMeasurementNoted
    | PfcRenewalEnded
    | PfcRenewalOverdue
    | ClosureNoted
)


def decide(command: Command, state: Reporting, policies: Policies) -> Sequence[ReportingEvent]:
    """Events of a command or of the clock; nothing here is refused."""
    match command:
        case NoteCover():
            return _cover(command, state, policies)
        case NoteDisclosure():
            return _disclosed(command, state)
        case NotePfcMeasurements():
            return () if state.closed_on else measured(command, state.renewals, policies)
        case NoteClosure():
            return _closed(command, state)
        case Tick():
            return _tick(command, state, policies)
        case _:
            raise TypeError(f"reporting takes no {command.NAME}")


def evolve(state: Reporting, event: ReportingEvent) -> Reporting:
    """The state after an event."""
    state = state._replace(facility_id=event.facility_id)
    match event:
        case CoverNoted():
            return _covered(state, event)
        case DisclosureExpected():
            return state._replace(expected={**state.expected, event.year: event.due_on})
        case DisclosureReceived():
            return state._replace(received={**state.received, event.year: event.published_on})
        case DisclosureOverdue():
            return state._replace(overdue=state.overdue | {event.year})
        case DisclosureExcused():
            kept = {year: day for year, day in state.expected.items() if year != event.year}
            return state._replace(expected=kept, overdue=state.overdue - {event.year})
        case PfcMeasurementNoted() | PfcRenewalEnded() | PfcRenewalOverdue():
            return state._replace(renewals=renewed(state.renewals, event))
        case ClosureNoted():
            return state._replace(closed_on=event.closed_on)


def due(state: Reporting) -> Mapping[str, date]:
    """The days after which a year is expected, after which it is overdue, and after which
    coefficients are."""
    days = {f"{EXPECT}:{year}": date(year, 12, 31) for year in _next_year(state)}
    for year, last in _open(state).items():
        if year not in state.overdue:
            days[f"{OVERDUE}:{year}"] = last + ONE_DAY
    asked = {place: one.asked_on for place, one in state.renewals.items()}
    days |= {f"{RENEWAL}:{place}": on for place, on in asked.items() if on is not None}
    return days


def _covered(state: Reporting, event: CoverNoted) -> Reporting:
    covers = {name: one for name, one in state.covers.items() if name != event.certificate_id}
    if event.first is not None and event.last is not None:
        covers[event.certificate_id] = Cover(event.member_id, event.first, event.last)
    return state._replace(covers=covers, first_year=event.first_year)


def _open(state: Reporting) -> dict[int, date]:
    return {year: day for year, day in state.expected.items() if year not in state.received}


def _next_year(state: Reporting) -> Iterator[int]:
    """The first covered year that is neither expected nor disclosed."""
    years = sorted(
        {
            year
            for cover in state.covers.values()
            for year in range(max(cover.first.year, state.first_year), cover.last.year + 1)
            if not _gone(state, year)
        }
    )
    fresh = [one for one in years if one not in state.expected and one not in state.received]
    yield from fresh[:1]


def _gone(state: Reporting, year: int) -> bool:
    """Whether the facility was closed before a year began."""
    return state.closed_on is not None and state.closed_on.year < year


def _owner(state: Reporting, year: int) -> tuple[str, str] | None:
    """The certificate that covers a year, and its member; of several the one that ends last. None
    of a year in which the facility was closed already."""
    if _gone(state, year):
        return None
    covering = [
        (cover.last, name, cover.member_id)
        for name, cover in state.covers.items()
        if cover.first.year <= year <= cover.last.year
    ]
    return max(covering)[1:] if covering else None


# --- rules ---


def _cover(command: NoteCover, state: Reporting, policies: Policies) -> Sequence[ReportingEvent]:
    noted = CoverNoted(
        facility_id=command.facility_id,
        member_id=command.member_id,
        certificate_id=command.certificate_id,
        first=command.first,
        last=command.last,
        first_year=policies.on(command.on).integer("disclosure.first_year"),
        noted_on=command.on,
    )
    after = evolve(state, noted)
    if (after.covers, after.first_year) == (state.covers, state.first_year):
        return []
    return [noted, *_excused(command, after)]


def _excused(command: ReportingCommand, state: Reporting) -> list[DisclosureExcused]:
    """What nothing asks for any more."""
    return [
        DisclosureExcused(
            facility_id=command.facility_id,
            member_id=command.member_id,
            year=year,
            due_on=last,
            excused_on=command.on,
        )
        for year, last in _open(state).items()
        if _owner(state, year) is None
    ]


def _closed(command: NoteClosure, state: Reporting) -> Sequence[ReportingEvent]:
    if state.closed_on == command.closed_on:
        return []
    noted = ClosureNoted(
        facility_id=command.facility_id,
        member_id=command.member_id,
        closed_on=command.closed_on,
    )
    ended = [
        renewal_ended(command, place, one, command.closed_on)
        for place, one in state.renewals.items()
        if one.renew_by is not None
    ]
    return [noted, *_excused(command, evolve(state, noted)), *ended]


def _disclosed(command: NoteDisclosure, state: Reporting) -> Sequence[ReportingEvent]:
    if command.year in state.received:
        return []
    return [
        DisclosureReceived(
            facility_id=command.facility_id,
            member_id=command.member_id,
            year=command.year,
            due_on=state.expected.get(command.year),
            published_on=command.published_on,
        )
    ]


def _tick(command: Tick, state: Reporting, policies: Policies) -> Sequence[ReportingEvent]:
    if command.rule not in due(state):
        return []
    rule, _, text = command.rule.partition(":")
    if rule == RENEWAL:
        return renewal_overdue(state.facility_id, text, state.renewals)
    year = int(text)
    owner = _owner(state, year)
    if owner is None:
        return []
    certificate_id, member_id = owner
    if rule == OVERDUE:
        return [
            DisclosureOverdue(
                facility_id=state.facility_id,
                member_id=member_id,
                year=year,
                due_on=state.expected[year],
                overdue_on=state.expected[year] + ONE_DAY,
            )
        ]
    expected_on = date(year + 1, 1, 1)
    policy = policies.on(expected_on)
    months = policy.integer("disclosure.due_months")
    return [
        DisclosureExpected(
            facility_id=state.facility_id,
            member_id=member_id,
            certificate_id=certificate_id,
            year=year,
            due_on=expected_on + relativedelta(months=months) - ONE_DAY,
            expected_on=expected_on,
            policy_id=policy.policy_id,
        )
    ]
