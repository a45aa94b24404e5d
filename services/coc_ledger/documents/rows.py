"""A row per CoC document: both sides, the last check, its end. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts import coc_documents as told
from contracts.coc import MovementBooked
from contracts.custody import MovementKind
from contracts.envelope import Event, Recorded
from infra.readmodel import Projection
from services.coc_ledger.accounting.accounts import grams_of
from services.coc_ledger.accounting.claim_parts import Whole, carries, parts_of


class Stood(NamedTuple):
    """What a document was from a day on, what of it counted as CoC at the receiver, and when that
    was told. Days are text, as they are kept. `claimed` is as in `DocumentRow`."""

    since: str
    told_on: str
    state: str
    booked_kg: int
    claimed: bool = True

    @property
    def as_claim(self) -> str:
        """Its state; of one whose claim does not count, what that makes of it."""
        return self.state if self.claimed or self.state in ENDS else "non_coc"


ENDS = ("withdrawn", "superseded")
Course = tuple[tuple[Any, ...], ...]
"""All that a document was (`Stood`), in the order in which it was told."""


def stood(course: Sequence[Sequence[Any]], on: str) -> Stood | None:
    """What a document was on a day: the last that was told of that day or before; None before it
    was issued. A confirmation counts from the day of receipt, an end from its own day: what was
    corrected later stood until then."""
    found = [one for one in course if one[0] <= on]
    return Stood(*found[-1]) if found else None


def state_on(row: "DocumentRow", on: date | None) -> str:
    """What a document was on a day (None: is now)."""
    if on is None:
        return row.state
    was = stood(row.course, on.isoformat())
    return was.state if was else "not_issued"


def replaced_on(row: "DocumentRow") -> str | None:
    """From which day on another document stands in a document's place; None where none does."""
    if row.replaced_by is None:
        return None
    return next((one[0] for one in row.course if one[2] == "superseded"), None)


class DocumentRow(NamedTuple):
    """A document as it stands. `state`: issued, pending_check, confirmed, non_coc, disputed,
    lapsed, withdrawn, superseded. `booked_kg` counts as CoC at the receiver; `document` is what was
    issued, as JSON; the three after it are what its lot carries (`accounts.Amount`); `receiver` the
    pool in which it is booked (confirmed in time, that of the day of receipt). `elsewhere` is
    what of its mass was claimed in other pools than `pool`, in pairs: these are closed. `carries`
    is the rest's (`claim_parts.Carries`), where it says anything of its step. `claimed`: nothing
    that is known of the issuer's certificates says that its claim does not count."""

    number: str
    member_id: str
    scope_id: str
    issuer_entity_id: str
    pool: str
    customer_member_id: str | None
    customer_scope_id: str | None
    issued_on: date
    confirm_by: date
    state: str
    material: str
    mass_kg: int
    total_mass_kg: int
    ps_pending: bool
    receiver: str | None
    received_kg: int | None
    received_on: date | None
    booked_kg: int
    passed: bool | None
    reasons: tuple[str, ...]
    evidence: dict[str, Any] | None
    replaces: str | None
    replaced_by: str | None
    document: dict[str, Any]
    known_kg: int = 0
    emission_g: int = 0
    partial_g: int = 0
    course: Course = ()
    elsewhere: tuple[tuple[str, int], ...] = ()
    carries: tuple[int, ...] = ()
    claimed: bool = True


class ClaimPartRow(NamedTuple):
    """What of a document's mass was claimed in a pool that is closed by now, `from_pool`; it
    `carries` that of the claim, where the document says anything of its step."""

    key: str
    number: str
    from_pool: str
    kg: int
    carries: tuple[int, ...] = ()


EVENTS = (
    told.DocumentIssued,
    told.DocumentConfirmed,
    told.ClaimRechecked,
    told.DocumentChecked,
    told.DocumentDisputed,
    told.DocumentLapsed,
    told.DocumentEnded,
)


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, told.DocumentIssued):
        return (event.number, event.replaces) if event.replaces else (event.number,)
    if isinstance(event, MovementBooked):
        booked = event.kind is MovementKind.DOCUMENT_RECEIPT and event.document
        return (event.document,) if booked and event.document else ()
    return (event.number,) if isinstance(event, EVENTS) else ()


def _evolve(key: str, row: DocumentRow | None, recorded: Recorded) -> DocumentRow | None:
    event, told_on = recorded.event, recorded.envelope.recorded_at[:10]
    if isinstance(event, told.DocumentIssued):
        day = event.issued_on.isoformat()
        if key == event.number:
            return _was(_issued(event), day, told_on)
        # It ends in a moment, and has not stood since the day of what stands in its place.
        return row and row._replace(course=(*row.course, (day, told_on, "superseded", 0)))
    if row is None:
        return None
    return _after(row, event, told_on)


def _was(row: DocumentRow, since: str, told_on: str) -> DocumentRow:
    """With what it is now, from a day on."""
    now = (since, told_on, row.state, row.booked_kg, *(() if row.claimed else (False,)))
    return row._replace(course=(*row.course, now))


def _received(row: DocumentRow) -> str:
    """From which day on the receiver has it: not before there was a document."""
    return max(row.issued_on, row.received_on or row.issued_on).isoformat()


def _after(row: DocumentRow, event: Event, told_on: str) -> DocumentRow:
    match event:
        case told.DocumentConfirmed():
            pending = row._replace(
                state="pending_check",
                receiver=event.receiver.key if event.receiver else None,
                received_kg=event.received_kg,
                received_on=event.received_on,
            )
            return _was(pending, _received(pending), told_on)
        case told.ClaimRechecked():
            why = row.reasons if row.state == "disputed" else event.reasons
            now = row._replace(claimed=event.passed, reasons=why)
            return _was(now, event.checked_on.isoformat(), told_on)
        case told.DocumentChecked():
            counts = event.passed and event.receiver is not None
            now = row._replace(
                state="confirmed" if event.passed else "non_coc",
                booked_kg=event.mass_kg if counts else 0,
                claimed=event.passed,
                passed=event.passed,
                reasons=event.reasons,
                evidence=event.evidence.model_dump(mode="json"),
            )
            since = _received(row) if event.check == 1 else event.checked_on.isoformat()
            return _was(now, since, told_on)
        case MovementBooked():
            return _booked(row, event)
        case told.DocumentDisputed():
            now = row._replace(state="disputed", reasons=(event.reason,))
            return _was(now, event.disputed_on.isoformat(), told_on)
        case told.DocumentLapsed() if row.state == "disputed":
            return row  # told so once; a dispute ends in an answer alone
        case told.DocumentLapsed():
            return _was(row._replace(state="lapsed"), event.effective_on.isoformat(), told_on)
        case told.DocumentEnded():
            now = row._replace(state=event.because, booked_kg=0, replaced_by=event.by)
            replaced = [one[0] for one in row.course if one[2] == event.because]
            since = replaced[0] if replaced else event.ended_on.isoformat()
            return _was(now, since, told_on)
        case _:
            return row


def _booked(row: DocumentRow, event: MovementBooked) -> DocumentRow:
    """Where and when it was booked: later than it came, where that period was closed by then."""
    row = row._replace(receiver=event.pool.key)
    if event.late_for is None or row.course[-1][2] != "confirmed":
        return row
    *before, (_, *rest) = row.course
    return row._replace(course=(*before, (event.day.isoformat(), *rest)))


def _issued(event: told.DocumentIssued) -> DocumentRow:
    return DocumentRow(
        number=event.number,
        member_id=event.member_id,
        scope_id=event.pool.scope_id,
        issuer_entity_id=event.issuer.entity_id or "",
        pool=event.pool.key,
        customer_member_id=event.customer_member_id,
        customer_scope_id=event.customer.scope_id,
        issued_on=event.issued_on,
        confirm_by=event.confirm_by,
        state="issued",
        material=event.material.value,
        mass_kg=event.mass_kg,
        total_mass_kg=event.total_mass_kg,
        ps_pending=event.supplement.ps_pending,
        receiver=None,
        received_kg=None,
        received_on=None,
        booked_kg=0,
        passed=None,
        reasons=(),
        evidence=None,
        replaces=event.replaces,
        replaced_by=None,
        document=event.model_dump(mode="json"),
        known_kg=event.carried.known_kg,
        emission_g=grams_of(event.carried.emission_kgco2e),
        partial_g=grams_of(event.carried.partial_kgco2e),
        elsewhere=tuple((one.pool.key, one.kg) for one in event.from_closed),
        carries=_carries(event, event.pool.key),
    )


def _carries(event: told.DocumentIssued, pool: str) -> tuple[int, ...]:
    """What its claim in a pool carries; nothing where no step is told, or nothing claimed there."""
    if event.supplement.step is None:
        return ()
    own = (event.pool, event.issued_on, event.lot, event.mass_kg, event.carried, event.activity)
    parts = parts_of(Whole(*own), event.from_closed)
    return next((tuple(carries(one)) for one in parts if one.pool.key == pool), ())


def _part_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if not isinstance(event, told.DocumentIssued):
        return ()
    return tuple(f"{event.number}<{one.pool.key}" for one in event.from_closed)


def _part(key: str, row: ClaimPartRow | None, recorded: Recorded) -> ClaimPartRow | None:
    event = recorded.event
    if not isinstance(event, told.DocumentIssued):
        return row
    number, _, pool = key.partition("<")
    [kg] = [one.kg for one in event.from_closed if one.pool.key == pool]
    return ClaimPartRow(key, number, pool, kg, _carries(event, pool))


BOUGHT = (
    "receiver", "number", "booked_kg", "pool", "member_id", "customer_member_id",
    "mass_kg", "known_kg", "emission_g", "partial_g", "elsewhere",
)  # fmt: skip
"""What came into a pool by documents. It is an index, so that a trace, which goes through thousands
of documents, reads none of their rows: each is as wide as what was issued and checked."""

DOCUMENTS = Projection(
    "documents",
    8,
    DocumentRow,
    _keys,
    _evolve,
    (
        ("member_id", "number"),
        ("customer_member_id", "number"),
        ("issuer_entity_id",),
        ("pool",),
        BOUGHT,
        ("state",),
    ),
    frozenset({*EVENTS, MovementBooked}),
)

CLAIM_PARTS = Projection(
    "claim_parts",
    2,
    ClaimPartRow,
    _part_keys,
    _part,
    (("from_pool",),),
    frozenset({told.DocumentIssued}),
)
