"""By when a facility measures its own PFC coefficients again. Pure; part of `reporting`.

Source: sources.md 4.3: Tier 3 coefficients are renewed every three years. What stands decides: of
the latest data of all its years the newest measurement of each technology of cells. Data that are
corrected, or that tell of no measurement any more, move the day or end it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import ClassVar, NamedTuple

from dateutil.relativedelta import relativedelta

from contracts.ghg import PfcMeasurementNoted, PfcRenewalEnded, PfcRenewalOverdue
from contracts.values import FacilityId, Id, MemberId, Value
from infra.decider import Command
from infra.policy import Policies


class Standing(Value):
    """The newest measurement at cells of a technology, by the data that stand; None: of data that
    told all cells together."""

    technology: Id | None
    measured_on: date


class ReportingCommand(Command):
    """What our own reactions ask of a facility's reporting."""

    FILLED: ClassVar[frozenset[str]] = frozenset()
    facility_id: FacilityId
    member_id: MemberId

    @property
    def stream(self) -> str:
        return f"reporting/{self.facility_id}"


class NotePfcMeasurements(ReportingCommand):
    """These measurements stand in the facility's data now, and no others."""

    NAME: ClassVar[str] = "note_pfc_measurements"
    standing: tuple[Standing, ...]


class Renewal(NamedTuple):
    """Own PFC coefficients of cells of a technology (None: of all, as older events told), the day
    of their measurement, and that by which they are renewed, None where nobody asks any more; whose
    they are, and whether it was said that the day passed."""

    technology: str | None
    measured_on: date
    renew_by: date | None
    member_id: str
    overdue: bool = False

    @property
    def asked_on(self) -> date | None:
        """The day on which the clock asks: the one after the last. None: it is not asked."""
        return None if self.renew_by is None or self.overdue else self.renew_by + ONE_DAY


ONE_DAY = timedelta(days=1)
Renewals = Mapping[str, Renewal]
"""By the technology that stands apart; "" is the facility's first."""
RenewalEvent = PfcMeasurementNoted | PfcRenewalEnded | PfcRenewalOverdue


def measured(
    command: NotePfcMeasurements, before: Renewals, policies: Policies
) -> list[PfcMeasurementNoted | PfcRenewalEnded]:
    """What the measurements that stand change. Each technology has a deadline of its own: the first
    the facility's, which others know already, the further ones beside it."""
    now = _placed(command.standing, before)
    policy = policies.on(command.on)
    years = relativedelta(years=policy.integer("pfc.tier3.renew_years"))
    noted = [
        PfcMeasurementNoted(
            facility_id=command.facility_id,
            member_id=command.member_id,
            measured_on=one.measured_on,
            renew_by=one.measured_on + years,
            noted_on=command.on,
            policy_id=policy.policy_id,
            technology=one.technology,
            apart=bool(place),
        )
        for place, one in now.items()
        if not _told(one, before.get(place))
    ]
    ended = [
        renewal_ended(command, place, one, command.on)
        for place, one in before.items()
        if one.renew_by is not None and place not in now
    ]
    return [*noted, *ended]


def renewal_ended(
    command: ReportingCommand, place: str, renewal: Renewal, on: date
) -> PfcRenewalEnded:
    """Nobody asks any more for what had to be renewed by a day."""
    assert renewal.renew_by is not None, "only what is open ends"
    return PfcRenewalEnded(
        facility_id=command.facility_id,
        member_id=command.member_id,
        renew_by=renewal.renew_by,
        ended_on=on,
        technology=renewal.technology,
        apart=bool(place),
    )


def renewal_overdue(facility_id: str, place: str, before: Renewals) -> list[PfcRenewalOverdue]:
    """The last day of a deadline passed; nothing where it was said, or nobody asks any more."""
    renewal = before.get(place)
    if renewal is None or renewal.renew_by is None or renewal.overdue:
        return []
    return [
        PfcRenewalOverdue(
            facility_id=facility_id,
            member_id=renewal.member_id,
            renew_by=renewal.renew_by,
            overdue_on=renewal.renew_by + ONE_DAY,
            technology=renewal.technology,
            apart=bool(place),
        )
    ]


def renewed(before: Renewals, event: RenewalEvent) -> Renewals:
    """The renewals after an event."""
    place = event.technology or "" if event.apart else ""
    if isinstance(event, PfcMeasurementNoted):
        after = Renewal(event.technology, event.measured_on, event.renew_by, event.member_id)
    elif isinstance(event, PfcRenewalEnded):
        after = before[place]._replace(technology=event.technology, renew_by=None)
    else:
        after = before[place]._replace(overdue=True)
    return {**before, place: after}


def _told(one: Standing, known: Renewal | None) -> bool:
    """Whether the deadline stands already as the measurement makes it."""
    if known is None or known.renew_by is None:
        return False
    return (known.technology, known.measured_on) == (one.technology, one.measured_on)


def _placed(standing: Sequence[Standing], before: Renewals) -> dict[str, Standing]:
    """The deadlines that the measurements make. A technology keeps its own; the facility's goes to
    the newest while no technology has it. What was told of all cells together is of that
    technology too; while it is newer than all that are named, nobody knows of which."""
    together = next((one.measured_on for one in standing if one.technology is None), None)
    named = sorted(
        (one for one in standing if one.technology is not None),
        key=lambda one: one.measured_on,
        reverse=True,
    )
    first = before[""].technology if "" in before else None
    if first is None and named and (together is None or named[0].measured_on >= together):
        first = named[0].technology
    found: dict[str, Standing] = {}
    if together is not None:
        found[""] = Standing(technology=first, measured_on=together)
    for one in named:
        if one.technology == first:
            newest = max(one.measured_on, together or one.measured_on)
            found[""] = Standing(technology=first, measured_on=newest)
        elif first is not None and one.technology is not None:
            found[one.technology] = one
    return found
