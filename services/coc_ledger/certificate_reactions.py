"""What news of certificates and suspensions asks of the ledger. Pure: an event in, commands out.

Documents whose day of issue they are about are checked again, and claims that nobody confirmed: by
rows that find those which would come out otherwise. The names are state: command ids derive from
them. Rules: sources.md 5.6, 5.7.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from contracts import certification
from contracts.coc import ScopeReinstated, ScopeSuspended
from contracts.coc_documents import ClaimRechecked, DocumentChecked, DocumentIssued
from contracts.custody import Checked
from contracts.envelope import Recorded
from contracts.values import Standard
from infra.decider import Command, Lookup, Reaction

from .coverage import answers
from .documents.check_rows import CheckDayRow, CheckRow, checked_as
from .documents.commands import CheckDocument
from .evidence import UNKNOWN_S
from .reactions import recorded_on
from .rows import ScopeRow
from .scopes.certificates import CHANGED, CertificateRow
from .scopes.commands import NotePsCertificate


def check_again(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """News of a certificate: documents that its entity issued, or took by its share of a joint
    venture, and that would be checked otherwise, are."""
    event = recorded.event
    if not isinstance(event, (certification.CertificateGranted, *CHANGED)):
        return ()
    row: CertificateRow | None = rows("certificates", event.certificate_id)
    if row is None:
        return ()
    days = _days_of(row.entity_id, rows)
    return _checked_again(recorded_on(recorded), days, recorded.envelope.position, rows)


def _days_of(entity_id: str, rows: Lookup) -> list[CheckDayRow]:
    """The days on which an entity issued documents, or took metal by its share of a venture."""
    found: dict[str, CheckDayRow] = {}
    for side in ("entity_id", "holder_entity_id"):
        found |= {one.key: one for one in rows("check_days", {side: entity_id})}
    return list(found.values())


def check_suspended(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A scope was suspended from a day that is over, or never was after all: the same for its
    documents."""
    event = recorded.event
    if not isinstance(event, (ScopeSuspended, ScopeReinstated)):
        return ()
    days: Sequence[CheckDayRow] = rows("check_days", {"scope_id": event.scope_id})
    held = [day for day in days if day.issued_on >= event.effective_on]
    return _checked_again(recorded_on(recorded), held, None, rows)


def outside_certificates(
    on: date, scopes: Iterable[ScopeRow], rows: Lookup
) -> Sequence[CheckDocument]:
    """The same of all that scopes ever issued, for who has not heard of it: builds before this one
    left a claim alone that nobody had confirmed. Entities without such news are not looked at."""
    entities = {scope.entity_id: False for scope in scopes}
    for scope in scopes:
        entities[scope.entity_id] |= scope.suspended_from is not None
    found: dict[str, CheckDayRow] = {}
    for entity_id, suspended in entities.items():
        held: Sequence[CertificateRow] = rows("certificates", {"entity_id": entity_id})
        if suspended or any(len(one.changes) > 1 for one in held):
            found |= {one.key: one for one in _days_of(entity_id, rows)}
    return _checked_again(on, list(found.values()), None, rows)


def _checked_again(
    on: date, days: Sequence[CheckDayRow], through: int | None, rows: Lookup
) -> Sequence[CheckDocument]:
    """Checks of the documents of some days that would come out otherwise."""
    commands: list[CheckDocument] = []
    for day, seen, faults, holder in answers(days, through, rows):
        other = checked_as(day.key, passed=bool(faults))
        concerned: Sequence[CheckRow] = rows("document_checks", {"checked_as": other})
        commands += [_check(on, one.number, seen, holder) for one in concerned]
    return sorted(commands, key=lambda command: command.number)


def _check(on: date, number: str, seen: Checked, holder: Checked | None) -> CheckDocument:
    """How old all the rest is that is known, news cannot tell: a check that waits for it waits on,
    with what stands all the same."""
    return CheckDocument(on=on, number=number, checked=seen, behind_s=UNKNOWN_S, holder_seen=holder)


ANSWERED = (ClaimRechecked, DocumentChecked, DocumentIssued)


def check_caught_up(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A check, or the claim of a new document, is told: news that came while it was on its way
    found the answer before it, and asked for nothing. So it is compared with what is known by now,
    which is what it knew or more."""
    event = recorded.event
    if not isinstance(event, ANSWERED):
        return ()
    passed = isinstance(event, DocumentIssued) or event.passed
    row: CheckRow | None = rows("document_checks", event.number)
    day: CheckDayRow | None = rows("check_days", row.day_key) if row else None
    if row is None or day is None or row.checked_as is None:
        return ()
    commands: list[Command] = []
    for answer in answers([day], None, rows):
        if answer.passes is not passed:
            through = answer.seen.known_through_position, event.evidence.known_through_position
            seen = answer.seen.model_copy(update={"known_through_position": max(through)})
            commands.append(_check(recorded_on(recorded), event.number, seen, answer.holder))
    return commands


def note_ps(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A certificate to the Performance Standard may be what a scope still has to bring, or had to
    when it was suspended."""
    event = recorded.event
    if not isinstance(event, certification.CertificateGranted):
        return ()
    if event.standard is not Standard.PERFORMANCE:
        return ()
    scopes: Sequence[ScopeRow] = rows("scopes", {"entity_id": event.entity_id})
    return [
        NotePsCertificate(
            on=recorded_on(recorded),
            scope_id=scope.scope_id,
            member_id=scope.member_id,
            certificate_id=event.certificate_id,
            facilities=event.facilities,
            effective_on=event.valid_from,
        )
        for scope in scopes
        if scope.ps_due or scope.suspended_from
    ]


CERTIFICATE_REACTIONS: tuple[Reaction, ...] = (
    Reaction("check_again", check_again, frozenset({certification.CertificateGranted, *CHANGED})),
    Reaction("check_suspended", check_suspended, frozenset({ScopeSuspended, ScopeReinstated})),
    Reaction("check_caught_up", check_caught_up, frozenset(ANSWERED)),
    Reaction("note_ps", note_ps, frozenset({certification.CertificateGranted})),
)
