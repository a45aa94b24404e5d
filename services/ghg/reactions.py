"""What events make this service do by itself: keep each facility's reporting up to date. Pure.

The names are state: command ids derive from them.
"""

from collections.abc import Sequence
from datetime import date

from contracts import audits, ghg
from contracts.envelope import Recorded
from contracts.facilities import FacilityClosed
from contracts.values import Standard
from infra.decider import Command, Lookup, Reaction

from .power_certificates.power_certificate import Holding, NotePowerCertificateNamed
from .results.measurements import MeasurementRow, standing
from .results.renewals import NotePfcMeasurements, Standing
from .results.reporting import NoteClosure, NoteCover, NoteDisclosure
from .results.state import PowerCertificatesNamed
from .rows import CertificateRow


def note_covers(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """Which facilities a Performance Standard certificate covers, and for how long."""
    match recorded.event:
        case (
            audits.CertificateGranted(certificate_id=certificate_id)
            | audits.CertificateConverted(certificate_id=certificate_id)
            | audits.CertificateWithdrawn(certificate_id=certificate_id)
        ):
            row: CertificateRow | None = rows("certificates", certificate_id)
        case _:
            return ()
    if row is None or row.standard != Standard.PERFORMANCE:
        return ()
    held = row.valid_to >= row.valid_from
    return [
        NoteCover(
            on=_day(recorded),
            facility_id=facility_id,
            member_id=row.member_id,
            certificate_id=certificate_id,
            first=row.valid_from if held else None,
            last=row.valid_to if held else None,
        )
        for facility_id in row.facilities
    ]


def note_disclosures(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A disclosure meets what was expected of its year."""
    event = recorded.event
    if not isinstance(event, ghg.DisclosurePublished):
        return ()
    return [
        NoteDisclosure(
            on=_day(recorded),
            facility_id=event.facility_id,
            member_id=event.member_id,
            year=event.year,
            published_on=event.published_on,
        )
    ]


def note_measurements(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """Own PFC coefficients have to be measured again some day: by what the data of all years of
    the facility say now. Without a row none of them ever told of one."""
    event = recorded.event
    if not isinstance(event, ghg.ActivitySealed):
        return ()
    row: MeasurementRow | None = rows("measurements", event.facility_id)
    if row is None:
        return ()
    return [
        NotePfcMeasurements(
            on=_day(recorded),
            facility_id=event.facility_id,
            member_id=event.member_id,
            standing=tuple(
                Standing(technology=technology or None, measured_on=day)
                for technology, day in standing(row).items()
            ),
        )
    ]


def note_named_certificates(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """Whoever else names a certificate for power hears that these data do."""
    event = recorded.event
    if not isinstance(event, PowerCertificatesNamed):
        return ()
    by = Holding(facility_id=event.facility_id, year=event.year, data_version=event.data_version)
    return [
        NotePowerCertificateNamed(on=_day(recorded), certificate_id=one, named_by=by)
        for one in event.certificates
    ]


def note_closures(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A facility that is closed has less to report."""
    event = recorded.event
    if not isinstance(event, FacilityClosed):
        return ()
    return [
        NoteClosure(
            on=_day(recorded),
            facility_id=event.facility_id,
            member_id=event.member_id,
            closed_on=event.effective_on,
        )
    ]


def _day(recorded: Recorded) -> date:
    return date.fromisoformat(recorded.envelope.recorded_at[:10])


REACTIONS: tuple[Reaction, ...] = (
    Reaction(
        "note_covers",
        note_covers,
        frozenset(
            {
                audits.CertificateGranted,
                audits.CertificateConverted,
                audits.CertificateWithdrawn,
            }
        ),
    ),
    Reaction("note_disclosures", note_disclosures, frozenset({ghg.DisclosurePublished})),
    Reaction("note_pfc_measurements", note_measurements, frozenset({ghg.ActivitySealed})),
    Reaction(
        "note_named_certificates", note_named_certificates, frozenset({PowerCertificatesNamed})
    ),
    Reaction("note_closures", note_closures, frozenset({FacilityClosed})),
)
