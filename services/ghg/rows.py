"""What the service remembers in rows: facilities as membership tells them, facility-years, who
prepared data for whom, and which facilities a certificate covers. Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from contracts import audits, facilities, ghg
from contracts.envelope import Event, Recorded, subject
from contracts.values import Activity, Location
from infra.decider import Lookup
from infra.readmodel import Projection

from .evidence import Engagement, FacilityEvidence
from .results.standing import Beside, public_of, told_in, told_of, with_one


class FacilityRow(NamedTuple):
    """A facility as it stands."""

    facility_id: str
    member_id: str
    entity_id: str
    country: str
    subdivision: str | None
    activities: tuple[str, ...]
    start_year: int | None
    closed_on: date | None


class CertificateRow(NamedTuple):
    """A certificate, the facilities that it covers, and its first and last day; the last lies
    before the first where it never held."""

    certificate_id: str
    standard: str
    member_id: str
    facilities: tuple[str, ...]
    valid_from: date
    valid_to: date


class EngagementRow(NamedTuple):
    """Who prepared data for a member, and when last."""

    member_id: str
    organisations: dict[str, str]


class YearRow(NamedTuple):
    """A facility-year as it stands. `state`: `data` (waits for its calculation), `calculated`,
    `with_verifier`, `returned`, `verified`, `disclosed`. `versions` are (data version, version of
    the stream at its seal, chunks); `latest` tells the sums of the result that stands (`standing`),
    which intensity, findings and blocking are of as well, `beside` the same of others of those
    data by number, `disclosed` the sums of the latest disclosure. `member_id` and `entity_id` are
    of whom the latest data are, `disclosed_member` and `disclosed_entity` whom the latest
    disclosure names; whose the facility is now says its own row (`seeing`)."""

    facility_year: str
    facility_id: str
    member_id: str
    entity_id: str
    country: str
    subdivision: str | None
    year: int
    state: str
    waits: bool
    data_version: int
    lines: int
    submitted_on: date
    versions: tuple[tuple[int, int, int], ...]
    results: int
    pins: str
    intensity: str | None
    findings: int
    blocking: tuple[str, ...]
    verifier_id: str | None
    verified: tuple[int, ...]
    disclosures: int
    disclosed_result: int | None
    disclosed_on: date | None
    latest: dict[str, Any]
    disclosed: dict[str, Any]
    disclosed_member: str | None = None
    disclosed_entity: str | None = None
    beside: Beside = ()

    @property
    def stands(self) -> int:
        """The number of the result that stands; 0 before the first."""
        return int(self.latest.get("result", 0))

    @property
    def settled(self) -> bool:
        """Whether the result that stands lies with a verifier, or was verified: no calculation of
        the same data takes its place."""
        return not self.waits and (self.state == "with_verifier" or self.stands in self.verified)


# --- facilities ---

FACILITY_EVENTS: frozenset[type[Event]] = frozenset(
    {
        facilities.FacilityRegistered,
        facilities.FacilityChanged,
        facilities.FacilityTransferred,
        facilities.FacilityClosed,
    }
)


def _facility_keys(recorded: Recorded) -> Sequence[str]:
    event: Any = recorded.event
    return (event.facility_id,) if type(event) in FACILITY_EVENTS else ()


def _facility(key: str, row: FacilityRow | None, recorded: Recorded) -> FacilityRow | None:
    match recorded.event:
        case facilities.FacilityRegistered() | facilities.FacilityChanged() as event:
            return FacilityRow(
                facility_id=event.facility_id,
                member_id=event.member_id,
                entity_id=event.entity_id,
                country=event.location.country,
                subdivision=event.location.subdivision,
                activities=tuple(one.value for one in event.activities),
                start_year=event.start_year,
                closed_on=row.closed_on if row else None,
            )
        case facilities.FacilityTransferred() as event:
            return row and row._replace(member_id=event.member_id, entity_id=event.entity_id)
        case facilities.FacilityClosed() as event:
            return row and row._replace(closed_on=event.effective_on)
        case _:
            return row


def facility_evidence(facility_id: str, rows: Lookup) -> FacilityEvidence | None:
    """What membership has told of a facility."""
    row: FacilityRow | None = rows("facilities", facility_id) if facility_id else None
    if row is None:
        return None
    return FacilityEvidence(
        facility_id=row.facility_id,
        member_id=row.member_id,
        entity_id=row.entity_id,
        location=Location(country=row.country, subdivision=row.subdivision),
        activities=tuple(Activity(one) for one in row.activities),
        start_year=row.start_year,
        closed_on=row.closed_on,
    )


# --- certificates ---


CERTIFICATE_EVENTS: frozenset[type[Event]] = frozenset(
    {audits.CertificateGranted, audits.CertificateConverted, audits.CertificateWithdrawn}
)


def _certificate_keys(recorded: Recorded) -> Sequence[str]:
    event: Any = recorded.event
    return (event.certificate_id,) if type(event) in CERTIFICATE_EVENTS else ()


def _certificate(key: str, row: CertificateRow | None, recorded: Recorded) -> CertificateRow | None:
    match recorded.event:
        case audits.CertificateGranted() as event:
            return CertificateRow(
                certificate_id=event.certificate_id,
                standard=event.standard.value,
                member_id=event.member_id,
                facilities=event.facilities,
                valid_from=event.valid_from,
                valid_to=event.valid_to,
            )
        case audits.CertificateConverted() as event:
            return row and row._replace(valid_to=event.valid_to)
        case audits.CertificateWithdrawn() as event:
            return row and row._replace(valid_to=event.effective_on - timedelta(days=1))
        case _:
            return row


# --- who prepared data ---


def _engagement_keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case ghg.ActivitySealed(prepared_by=str(), member_id=member_id):
            return (member_id,)
        case _:
            return ()


def _engagement(key: str, row: EngagementRow | None, recorded: Recorded) -> EngagementRow | None:
    match recorded.event:
        case ghg.ActivitySealed(prepared_by=str() as organisation) as event:
            known = row.organisations if row else {}
            last = max(known.get(organisation, ""), event.submitted_on.isoformat())
            return EngagementRow(key, dict(sorted({**known, organisation: last}.items())))
        case _:
            return row


def engagements(member_id: str, rows: Lookup) -> tuple[Engagement, ...]:
    """Who prepared data for a member, and when last."""
    row: EngagementRow | None = rows("engagements", member_id) if member_id else None
    known = row.organisations if row else {}
    return tuple(
        Engagement(organisation_id=name, last_on=date.fromisoformat(last))
        for name, last in known.items()
    )


# --- facility-years ---

YearEvent = (
    ghg.ActivitySealed
    | ghg.ResultCalculated
    | ghg.ResultSubmitted
    | ghg.ResultVerified
    | ghg.ResultReturned
    | ghg.SubmissionWithdrawn
    | ghg.DisclosurePublished
)
YEAR_EVENTS: frozenset[type[Event]] = frozenset(YearEvent.__args__)


def _year_keys(recorded: Recorded) -> Sequence[str]:
    return (subject(recorded.envelope.stream),) if type(recorded.event) in YEAR_EVENTS else ()


def _year(key: str, row: YearRow | None, recorded: Recorded) -> YearRow | None:
    event = recorded.event
    if isinstance(event, ghg.ActivitySealed):
        return _sealed(key, row, event, recorded.envelope.version)
    if row is None:
        return None
    match event:
        case ghg.ResultCalculated():
            return _calculated(row, event)
        case ghg.ResultSubmitted():
            row = _stands(row, event.result)
            return row._replace(state="with_verifier", verifier_id=event.verifier_id)
        case ghg.ResultVerified():
            verified = (*row.verified, event.result)
            return row._replace(state="verified", verified=verified)
        case ghg.ResultReturned():
            return row._replace(state="returned")
        case ghg.SubmissionWithdrawn():
            state = "calculated" if row.state == "with_verifier" else row.state
            return row._replace(state=state, verifier_id=None)
        case ghg.DisclosurePublished():
            row = _stands(row, event.result)
            return row._replace(
                state="disclosed",
                disclosures=event.disclosure,
                disclosed_result=event.result,
                disclosed_on=event.published_on,
                disclosed=public_of(event, row.latest),
                disclosed_member=event.member_id,
                disclosed_entity=event.entity_id,
            )
        case _:
            return row


def year_of(key: str, history: Iterable[Recorded]) -> YearRow | None:
    """A facility-year as some of its events tell it, in their order."""
    row: YearRow | None = None
    for recorded in history:
        row = _year(key, row, recorded)
    return row


def _sealed(key: str, row: YearRow | None, event: ghg.ActivitySealed, version: int) -> YearRow:
    before = row.versions if row else ()
    fresh = row or YearRow(
        facility_year=key,
        facility_id=event.facility_id,
        member_id=event.member_id,
        entity_id=event.entity_id,
        country=event.location.country,
        subdivision=event.location.subdivision,
        year=event.year,
        state="data",
        waits=True,
        data_version=0,
        lines=0,
        submitted_on=event.submitted_on,
        versions=(),
        results=0,
        pins="",
        intensity=None,
        findings=0,
        blocking=(),
        verifier_id=None,
        verified=(),
        disclosures=0,
        disclosed_result=None,
        disclosed_on=None,
        latest={},
        disclosed={},
    )
    same = fresh.member_id == event.member_id
    return fresh._replace(
        verifier_id=fresh.verifier_id if same else None,  # a new owner's data are not for them
        member_id=event.member_id,
        entity_id=event.entity_id,
        country=event.location.country,
        subdivision=event.location.subdivision,
        state="data",
        waits=True,
        data_version=event.data_version,
        lines=event.lines,
        submitted_on=event.submitted_on,
        versions=(*before, (event.data_version, version, event.chunks)),
    )


def _calculated(row: YearRow, event: ghg.ResultCalculated) -> YearRow:
    """It stands, or is beside what stands. What it was pinned to is remembered either way where
    newer factors made it: they need no other."""
    told = told_of(event)
    if row.settled:
        pins = told["pins"] if event.because == "factors" else row.pins
        beside = with_one(row.beside, event.result, told)
        return row._replace(results=event.result, pins=pins, beside=beside)
    return row._replace(
        state="calculated" if row.waits else row.state,
        waits=row.waits and event.data_version != row.data_version,
        results=event.result,
        beside=() if row.waits else with_one(row.beside, row.stands, told_in(row)),
        **told,
    )


def _stands(row: YearRow, result: int) -> YearRow:
    """The row once that result stands; as it is where the result is of data that were replaced."""
    told = dict(row.beside).get(result)
    if told is None:
        return row
    others = tuple(one for one in row.beside if one[0] != result)
    return row._replace(beside=with_one(others, row.stands, told_in(row)), **told)


PROJECTIONS: tuple[Projection, ...] = (
    Projection(
        "facilities",
        1,
        FacilityRow,
        _facility_keys,
        _facility,
        (("member_id", "facility_id"), ("entity_id",)),
        FACILITY_EVENTS,
    ),
    Projection(
        "certificates",
        1,
        CertificateRow,
        _certificate_keys,
        _certificate,
        (),
        CERTIFICATE_EVENTS,
    ),
    Projection(
        "engagements",
        1,
        EngagementRow,
        _engagement_keys,
        _engagement,
        (),
        frozenset({ghg.ActivitySealed}),
    ),
    Projection(
        "years",
        4,
        YearRow,
        _year_keys,
        _year,
        (
            ("facility_id", "facility_year"),
            ("disclosed_member", "facility_year"),
            ("disclosed_entity",),
            ("waits",),
            ("verifier_id", "facility_year"),
            ("year", "facility_year"),
            ("disclosed_on",),
        ),
        YEAR_EVENTS,
    ),
)
