"""A pool, a scope and its certificates as rules see them: short words for what is given."""

from datetime import date
from typing import Any

from contracts.coc import MovementBooked
from contracts.custody import Account, CertificateSeen, Checked, Lot, Origin, PoolKey, Stage, Topic
from contracts.envelope import Event
from contracts.values import Activity, CertificationStatus, Standard
from services.coc_ledger.documents import document
from services.coc_ledger.evidence import Diligence, MovementSeen, PoolKnown, ScopeEvidence
from services.coc_ledger.pools import pool
from services.coc_ledger.pools.commands import DesignateOutput, ReceiveMaterial, ShipMaterial
from services.coc_ledger.pools.state import Pool
from services.coc_ledger.scopes import scope
from tests.rules.spec import Spec, policies_of

POLICIES = policies_of("coc_ledger")
POLICY = POLICIES.on(date(2026, 1, 1))
pools, scopes, documents = (Spec(one, POLICIES) for one in (pool, scope, document))

YEAR = date(2026, 1, 1)
DAY = date(2026, 3, 9)
TODAY = date(2026, 6, 1)
NEXT = date(2027, 1, 1)
TONNE = 1000
KEY = PoolKey(scope_id="S-1", stage=Stage.ALUMINIUM, period=YEAR)
LOOKED_AT = Diligence(topics=tuple(Topic), performed_on=YEAR, valid_through=NEXT)
FULL = CertificationStatus.CERTIFIED_FULL


def seen(
    *standards: Standard, entity: str = "E-1", day: date = DAY, facilities: tuple[str, ...] = ()
) -> Checked:
    """Valid certificates to some standards; both when none is named."""
    wanted = standards or (Standard.CHAIN_OF_CUSTODY, Standard.PERFORMANCE)
    return Checked(
        entity_id=entity,
        day=day,
        certificates=tuple(
            CertificateSeen(
                certificate_id=f"C-{one.value}", standard=one, status=FULL, facilities=facilities
            )
            for one in wanted
        ),
        known_through_position=7,
    )


NOTHING_SEEN = Checked(entity_id="E-1", day=DAY, known_through_position=7)


def scope_seen(**changed: Any) -> ScopeEvidence:
    """The scope in its first year."""
    fields: dict[str, Any] = {
        "scope_id": "S-1",
        "member_id": "M-1",
        "entity_id": "E-1",
        "name": "Works",
        "address": "1 Main Street",
        "activities": (Activity.CASTHOUSE,),
        "stages": (Stage.ALUMINIUM,),
        "period": YEAR,
        "ends_on": date(2026, 12, 31),
        "next_period": NEXT,
        **changed,
    }
    return ScopeEvidence.model_validate(fields)


def where(**changed: Any) -> dict[str, Any]:
    """What every command to the pool says."""
    return {
        "on": TODAY,
        "scope_id": "S-1",
        "member_id": "M-1",
        "stage": Stage.ALUMINIUM,
        "day": DAY,
        "scope": scope_seen(),
        "known": PoolKnown(),
        **changed,
    }


def receive(
    movement_id: str, kg: int, origin: Origin = Origin.NON_COC, **changed: Any
) -> ReceiveMaterial:
    """Metal comes in; scrap with all that makes it count."""
    fields: dict[str, Any] = {
        "origin_ref": "note-1" if origin is not Origin.NON_COC else None,
        "supplier_id": "YARD",
        "diligence": (LOOKED_AT,),
        "checked": seen(),
        **where(),
        **changed,
    }
    return ReceiveMaterial(movement_id=movement_id, mass_kg=kg, origin=origin, **fields)


def scrap(movement_id: str, kg: int, **changed: Any) -> ReceiveMaterial:
    """Post-consumer scrap that counts as CoC."""
    return receive(movement_id, kg, Origin.POST_CONSUMER, **changed)


def ship(movement_id: str, kg: int, lot: Lot = Lot.PRODUCT, **changed: Any) -> ShipMaterial:
    """Metal leaves."""
    return ShipMaterial(movement_id=movement_id, mass_kg=kg, lot=lot, **where(**changed))


def claim(number: str, kg: int, **changed: Any) -> DesignateOutput:
    """A claim for a document."""
    fields = {
        "document": number,
        "draft": f"draft-{number}-{kg}",
        "mass_kg": kg,
        "lot": Lot.PRODUCT,
        "checked": seen(),
        "behind_s": 0,
        **where(),
        **changed,
    }
    return DesignateOutput.model_validate(fields)


def w11() -> tuple[ReceiveMaterial | ShipMaterial, ...]:
    """10,000 t in, half of it CoC; 9,000 t of products and 800 t of scrap out (W11)."""
    return (
        receive("IN-1", 5000 * TONNE),
        scrap("IN-2", 5000 * TONNE),
        ship("OUT-1", 9000 * TONNE),
        ship("OUT-2", 800 * TONNE, Lot.SCRAP),
    )


def movement(event: Event) -> MovementSeen:
    """A booked movement as the ledger's rows tell it to a later command."""
    assert isinstance(event, MovementBooked)
    return MovementSeen(
        movement_id=event.movement_id,
        digest=event.digest,
        kind=event.kind,
        day=event.day,
        entries=event.entries,
        coc_kg=0,
        activity=event.activity,
    )


def kg(state: Pool, account: Account) -> int:
    """What an account holds."""
    found = state.books.get(account)
    return found.kg if found else 0


def balanced(state: Pool) -> bool:
    """Whether all accounts add up to zero, in every component, with what was told otherwise."""
    held = (*state.books.values(), state.told_otherwise, state.went_on)
    return all(sum(parts) == 0 for parts in zip(*held, strict=True))
