"""What the public events told of certificates, and who was certified on a day. Pure.

Rows of our own, kept from the events of `certification` alone: a check looks at these, and says
through which position they are known. Rules: sources.md 2.7 (states), 5.7 (on the day of issue).
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from contracts import certification
from contracts.custody import CertificateSeen, Checked
from contracts.envelope import Recorded
from contracts.values import CertificateType, CertificationStatus, Standard
from infra.readmodel import Projection

ONE_DAY = timedelta(days=1)
Changes = tuple[tuple[str, str], ...]
FULL, PROVISIONAL = CertificationStatus.CERTIFIED_FULL, CertificationStatus.CERTIFIED_PROVISIONAL
STATUS_OF = {CertificateType.FULL: FULL, CertificateType.PROVISIONAL: PROVISIONAL}


class CertificateRow(NamedTuple):
    """A certificate: (day, status) in order of what was told. Its end follows from `valid_to`."""

    certificate_id: str
    entity_id: str
    member_id: str
    standard: str
    facilities: tuple[str, ...]
    valid_from: date
    valid_to: date
    changes: tuple[tuple[str, str], ...]
    position: int


Changed = (
    certification.CertificateConverted
    | certification.CertificateSuspended
    | certification.CertificateReinstated
    | certification.CertificateWithdrawn
    | certification.CertificateStatusCorrected
)
CHANGED = (
    certification.CertificateConverted,
    certification.CertificateSuspended,
    certification.CertificateReinstated,
    certification.CertificateWithdrawn,
    certification.CertificateStatusCorrected,
)


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, (certification.CertificateGranted, *CHANGED)):
        return (event.certificate_id,)
    return ()


def _evolve(key: str, row: CertificateRow | None, recorded: Recorded) -> CertificateRow | None:
    event, position = recorded.event, recorded.envelope.position
    if isinstance(event, certification.CertificateGranted):
        first = (event.valid_from.isoformat(), STATUS_OF[event.certificate_type].value)
        return CertificateRow(
            event.certificate_id,
            event.entity_id,
            event.member_id,
            event.standard.value,
            event.facilities,
            event.valid_from,
            event.valid_to,
            (first,),
            position,
        )
    if row is None or not isinstance(event, CHANGED):
        return row
    status, valid_to = event.status, row.valid_to
    if isinstance(event, certification.CertificateConverted):
        status, valid_to = STATUS_OF[event.certificate_type], event.valid_to
    change = (event.effective_on.isoformat(), status.value)
    return row._replace(changes=(*row.changes, change), valid_to=valid_to, position=position)


CERTIFICATES = Projection(
    "certificates",
    1,
    CertificateRow,
    _keys,
    _evolve,
    (("entity_id",), ("member_id",)),
    frozenset({certification.CertificateGranted, *CHANGED}),
)


def status_on(row: CertificateRow, day: date) -> CertificationStatus:
    """The status of a certificate on a day: the last one told that holds by then."""
    if day < row.valid_from:
        return CertificationStatus.IN_PROCESS
    held = [(since, status) for since, status in row.changes if since <= day.isoformat()]
    if not held:
        return CertificationStatus.IN_PROCESS
    latest = max(since for since, _ in held)
    status = CertificationStatus([one for since, one in held if since == latest][-1])
    if status is CertificationStatus.WITHDRAWN or day <= row.valid_to:
        return status
    return CertificationStatus.EXPIRED


def covered_since(
    facility_id: str, day: date, rows: Iterable[CertificateRow], standard: Standard
) -> date | None:
    """Since when certificates to a standard have covered a facility up to a day without a break:
    a renewal goes on where the one before ended. None where none does. A suspension is no break:
    what was granted is not granted anew when it ends."""
    spells = [
        (row.valid_from, _last_day(row))
        for row in rows
        if row.standard == standard.value and facility_id in row.facilities
    ]
    since = min((first for first, last in spells if first <= day <= last), default=None)
    before = since
    while before is not None:
        since = before
        reach = since - ONE_DAY
        before = min(
            (first for first, last in spells if first < since and last >= reach), default=None
        )
    return since


def _last_day(row: CertificateRow) -> date:
    """The last day of a certificate: that it says, or the one before it was withdrawn for good."""
    last = row.valid_to
    for since in sorted({date.fromisoformat(day) for day, _ in row.changes}, reverse=True):
        if status_on(row, since) is not CertificationStatus.WITHDRAWN:
            break
        last = min(last, since - ONE_DAY)
    return last


def seen_on(entity_id: str, day: date, rows: Iterable[CertificateRow], through: int) -> Checked:
    """What is known of an entity's certificates on a day; those not granted by then left out."""
    certificates = tuple(
        CertificateSeen(
            certificate_id=row.certificate_id,
            standard=Standard(row.standard),
            status=status_on(row, day),
            facilities=tuple(row.facilities),
            valid_from=row.valid_from,
        )
        for row in sorted(rows, key=lambda row: row.certificate_id)
        if row.valid_from <= day
    )
    best_first = sorted(certificates, key=lambda one: one.status not in (FULL, PROVISIONAL))
    return Checked(
        entity_id=entity_id,
        day=day,
        certificates=tuple(best_first),
        known_through_position=through,
    )
