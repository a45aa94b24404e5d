"""Events of the chain of custody, as a store would hand them out."""

from collections.abc import Iterator
from datetime import date
from itertools import count

from contracts.coc import MovementBooked
from contracts.coc_documents import DocumentChecked, DocumentEnded, DocumentIssued, Supplement
from contracts.custody import (
    Account,
    Carried,
    Checked,
    Conformance,
    Entry,
    Lot,
    Material,
    MovementKind,
    Party,
    PoolKey,
    Stage,
)
from contracts.envelope import Envelope, Event, Recorded
from contracts.values import Instant

POOL = PoolKey(scope_id="S-1", stage=Stage.ALUMINIUM, period=date(2026, 1, 1))
BUYER = PoolKey(scope_id="S-2", stage=Stage.ALUMINIUM, period=date(2026, 1, 1))
ALUMINA = PoolKey(scope_id="S-1", stage=Stage.ALUMINA, period=date(2026, 1, 1))
DAY = date(2026, 3, 9)
SEEN = Checked(entity_id="E-1", day=DAY, known_through_position=7)
ISSUER = Party(name="Smelter", address="1 Potline Road", entity_id="E-1", scope_id="S-1")
CUSTOMER = Party(
    name="Mill & Sons",
    address="2 Rolling Street",
    entity_id="E-2",
    scope_id="S-2",
    certificate_id="C-COC-2",
)


def entry(account: Account, kg: int) -> Entry:
    return Entry(account=account, kg=kg)


def movement(
    movement_id: str,
    kind: MovementKind,
    *entries: tuple[Account, int],
    pool: PoolKey = POOL,
    coc_kg: int = 0,
    counterparty: str | None = None,
    document: str | None = None,
    to_stage: Stage | None = None,
    reverses: str | None = None,
    day: date = DAY,
) -> MovementBooked:
    return MovementBooked(
        movement_id=movement_id,
        digest=movement_id,
        pool=pool,
        member_id="M-1",
        kind=kind,
        day=day,
        entries=tuple(entry(account, kg) for account, kg in entries),
        coc_kg=coc_kg,
        counterparty=counterparty,
        document=document,
        to_stage=to_stage,
        reverses=reverses,
    )


def receipt(movement_id: str, kg: int, account: Account = Account.NON_COC) -> MovementBooked:
    entries = ((account, -kg), (Account.STOCK, kg))
    return movement(movement_id, MovementKind.RECEIPT, *entries, counterparty="supplier:7")


def shipment(movement_id: str, kg: int) -> MovementBooked:
    entries = ((Account.STOCK, -kg), (Account.OUTFLOW, kg))
    return movement(movement_id, MovementKind.SHIPMENT, *entries, counterparty="customer:8")


def issued(
    number: str, kg: int = 40_000, replaces: str | None = None, customer: Party = CUSTOMER
) -> DocumentIssued:
    return DocumentIssued(
        number=number,
        member_id="M-1",
        pool=POOL,
        issued_on=DAY,
        issuer=ISSUER,
        certificate_id="C-COC-1",
        customer=customer,
        customer_member_id="M-2",
        registration=None,
        responsible="person:9",
        statement=Conformance.MASS_BALANCE,
        material=Material.CASTHOUSE_PRODUCT,
        lot=Lot.PRODUCT,
        mass_kg=kg,
        total_mass_kg=kg + 1_000,
        carried=Carried(known_kg=kg, pre_kg=1_000, post_kg=2_000, method="iai-2021"),
        supplement=Supplement(ps_certified=True),
        replaces=replaces,
        correction_reason="weighing-error" if replaces else None,
        confirm_by=date(2026, 5, 8),
        evidence=SEEN,
        policy_id="coc-2023-04",
    )


def recorded(*events: Event, stream: str = "pool/S-1") -> list[Recorded]:
    """Each a second later than the one before."""
    return [_one(event, at, stream) for event, at in zip(events, _numbers(), strict=False)]


def _numbers() -> Iterator[int]:
    return count(1)


def _one(event: Event, at: int, stream: str) -> Recorded:
    when = Instant(f"2026-03-10T08:00:{at:02}.000000Z")
    envelope = Envelope(
        f"0190-{at}", "coc_ledger", stream, at, at, when, "c-1", "c-1", f"k-{at}", "erp:1"
    )
    return Recorded(envelope, event)


def checked(number: str, *, passed: bool, check: int = 1) -> DocumentChecked:
    return DocumentChecked(
        number=number,
        member_id="M-1",
        check=check,
        pool=POOL,
        receiver=BUYER,
        receiver_member_id="M-2",
        receiver_ends_on=date(2026, 12, 31),
        received_kg=41_000,
        received_on=DAY,
        issued_on=DAY,
        claimed_kg=40_000,
        claimed=Carried(),
        mass_kg=40_000,
        lot=Lot.PRODUCT,
        carried=Carried(),
        checked_on=DAY,
        passed=passed,
        reasons=() if passed else ("issuer-coc-certificate-not-valid",),
        evidence=SEEN,
        policy_id="coc-2023-04",
    )


def ended(number: str, by: str | None = None) -> DocumentEnded:
    return DocumentEnded(
        number=number,
        member_id="M-1",
        because="superseded" if by else "withdrawn",
        by=by,
        reason="weighing-error",
        ended_on=DAY,
        issued_on=DAY,
        pool=POOL,
        mass_kg=40_000,
        lot=Lot.PRODUCT,
        carried=Carried(),
        designated=True,
        receiver=None,
        receiver_member_id=None,
        receiver_ends_on=None,
        received_kg=None,
        received_on=None,
        counted=False,
    )
