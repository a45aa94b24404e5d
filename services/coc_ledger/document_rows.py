"""A row per CoC document: both sides, the last check, its end. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts import coc_documents as told
from contracts.envelope import Recorded
from infra.readmodel import Projection

from .accounts import grams_of


class DocumentRow(NamedTuple):
    """A document as it stands. `state`: issued, pending_check, confirmed, non_coc, disputed,
    lapsed, withdrawn, superseded. `booked_kg` counts as CoC at the receiver; `document` is what was
    issued, as JSON; the last three are what its lot carries (`accounts.Amount`)."""

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


EVENTS = (
    told.DocumentIssued,
    told.DocumentConfirmed,
    told.DocumentChecked,
    told.DocumentDisputed,
    told.DocumentLapsed,
    told.DocumentEnded,
)


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.number,) if isinstance(event, EVENTS) else ()


def _evolve(key: str, row: DocumentRow | None, recorded: Recorded) -> DocumentRow | None:
    event = recorded.event
    if isinstance(event, told.DocumentIssued):
        return _issued(event)
    if row is None:
        return None
    match event:
        case told.DocumentConfirmed():
            return row._replace(
                state="pending_check",
                receiver=event.receiver.key if event.receiver else None,
                received_kg=event.received_kg,
                received_on=event.received_on,
            )
        case told.DocumentChecked():
            counts = event.passed and event.receiver is not None
            return row._replace(
                state="confirmed" if event.passed else "non_coc",
                booked_kg=event.mass_kg if counts else 0,
                passed=event.passed,
                reasons=event.reasons,
                evidence=event.evidence.model_dump(mode="json"),
            )
        case told.DocumentDisputed():
            return row._replace(state="disputed", reasons=(event.reason,))
        case told.DocumentLapsed():
            return row._replace(state="lapsed")
        case told.DocumentEnded():
            return row._replace(state=event.because, booked_kg=0, replaced_by=event.by)
        case _:
            return row


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
    )


BOUGHT = (
    "receiver", "number", "booked_kg", "pool", "member_id", "customer_member_id",
    "mass_kg", "known_kg", "emission_g", "partial_g",
)  # fmt: skip
"""What came into a pool by documents. It is an index, so that a trace, which goes through thousands
of documents, reads none of their rows: each is as wide as what was issued and checked."""

DOCUMENTS = Projection(
    "documents",
    3,
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
    frozenset(EVENTS),
)
