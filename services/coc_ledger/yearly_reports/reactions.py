"""What has a scope report yearly: the certificates that cover it, and its own end. Pure.

Whichever is heard of last says it whole, so the order in which the two sources are read is of no
matter. A period that begins or ends, and figures that are prepared, say it as well: so a scope that
was opened before there were reports has not to wait for news of a certificate. Years are those of
the accounts, from the first day of the first period on, whenever the scope was opened.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from contracts import certification
from contracts.coc import PoolClosed, PoolOpened, ScopeOpened, ScopeTransferApproved
from contracts.coc_reports import ReportPrepared
from contracts.envelope import Recorded
from contracts.values import CertificationStatus, Standard
from infra.decider import Command, Lookup, Reaction
from services.coc_ledger.reactions import recorded_on
from services.coc_ledger.rows import ScopeRow
from services.coc_ledger.scopes.certificates import CHANGED, CertificateRow

from .commands import Covered, NoteReporting

ONE_DAY = timedelta(days=1)
PERIODS = (PoolOpened, PoolClosed)
OWN = (ScopeOpened, ScopeTransferApproved, ReportPrepared, *PERIODS)
"""What the ledger itself says of a scope that reports."""


def note_reporting(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """All CoC certificates of the entity, to each of its scopes that this concerns."""
    event = recorded.event
    if isinstance(event, OWN):
        named = event.pool.scope_id if isinstance(event, PERIODS) else event.scope_id
        scope: ScopeRow | None = rows("scopes", named)
        return () if scope is None else [_noted(scope, recorded_on(recorded), rows)]
    if not isinstance(event, (certification.CertificateGranted, *CHANGED)):
        return ()
    row: CertificateRow | None = rows("certificates", event.certificate_id)
    if row is None or row.standard != Standard.CHAIN_OF_CUSTODY:
        return ()
    scopes: Sequence[ScopeRow] = rows("scopes", {"entity_id": row.entity_id})
    return [_noted(scope, recorded_on(recorded), rows) for scope in scopes]


def years_of_accounts(
    on: date, scopes: Iterable[ScopeRow], certificates: Callable[[str], Sequence[CertificateRow]]
) -> Sequence[Command]:
    """For scopes whose first year an earlier build took from the day on which they were opened:
    what it asked for beyond the accounts is excused, what it left out is asked for.
    `certificates` are those of an entity."""
    wrong = [one for one in scopes if one.opened_on.year != _first_year(one)]
    return [_asked(one, on, certificates(one.entity_id)) for one in wrong]


def _first_year(scope: ScopeRow) -> int:
    """The calendar year in which the accounts begin."""
    first_day, _ = scope.calendar[0]
    return date.fromisoformat(first_day).year


def _noted(scope: ScopeRow, on: date, rows: Lookup) -> NoteReporting:
    return _asked(scope, on, rows("certificates", {"entity_id": scope.entity_id}))


def _asked(scope: ScopeRow, on: date, held: Sequence[CertificateRow]) -> NoteReporting:
    covers = [_cover(row) for row in held if row.standard == Standard.CHAIN_OF_CUSTODY]
    return NoteReporting(
        on=on,
        scope_id=scope.scope_id,
        member_id=scope.member_id,
        covers=tuple(one for one in covers if one.first <= one.last),
        first_year=_first_year(scope),
        opened_on=scope.opened_on,
        ends_before=scope.ends_before,
    )


def _cover(row: CertificateRow) -> Covered:
    """From its first day to its last, or to the eve of its withdrawal."""
    gone = [day for day, status in row.changes if status == CertificationStatus.WITHDRAWN]
    eves = [date.fromisoformat(day) - ONE_DAY for day in gone]
    last = min([row.valid_to, *eves])
    return Covered(certificate_id=row.certificate_id, first=row.valid_from, last=last)


REPORT_REACTIONS: tuple[Reaction, ...] = (
    Reaction(
        "note_reporting",
        note_reporting,
        frozenset({*OWN, certification.CertificateGranted, *CHANGED}),
    ),
)
