"""Movements and documents as GS1 EPCIS 2.0 (JSON-LD), for traceability systems of others. Pure.

    receipt, shipment, delivery   ObjectEvent: receiving, shipping
    loss                          ObjectEvent that deletes, without a business step: nobody told one
    stage change                  TransformationEvent; its two halves share a transformationID
    CoC document                  TransactionEvent: a business transaction of type `cert`
    its check                     TransactionEvent: conformant, or not
    a booking taken back, a       the event once more, with its own eventID and an
    document replaced             errorDeclaration; correctiveEventIDs name what holds instead. Of a
                                  delivery that a later period took back it is told with both: the
                                  same event, by its id

Only what was told is told: melting and casting within a pool are no movement, so there is no event
of them; which supply-chain activity a movement belongs to stands beside it where it was named
(`castmark:activity`), and the material of a document beside that (`castmark:material`). Counts of
stock and bookings of emissions have no counterpart in EPCIS and are left out. Ids are
URIs below `base`, the address of this installation. A movement has a day and no time: it is told as
the day's first moment. Quantities are kilograms (KGM). Sources: EPCIS 2.0 and CBV 2.0 of GS1;
sources.md 5.7.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

from contracts.coc import MovementBooked
from contracts.coc_documents import (
    ClaimRechecked,
    DocumentChecked,
    DocumentEnded,
    DocumentIssued,
)
from contracts.custody import Account, Carried, MovementKind, Party, PoolKey
from contracts.envelope import Recorded
from contracts.values import Instant, plain
from services.coc_ledger.accounting.accounts import INPUTS
from services.coc_ledger.documents.shown import stated
from services.coc_ledger.pools.deferred import ChangeDeferred

from .corrections import Told, holds_instead, told_of

Json = dict[str, object]
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
IN = (MovementKind.RECEIPT, MovementKind.DOCUMENT_RECEIPT)
OUT = (MovementKind.SHIPMENT, MovementKind.SCRAP_SHIPMENT)


class Names(NamedTuple):
    """URIs below the address of an installation."""

    base: str

    def of(self, kind: str, key: str) -> str:
        """A URI; `key` may hold any characters."""
        return f"{self.base}/coc/{kind}/{quote(key, safe='')}"

    def event(self, event_id: str) -> str:
        """An event's id."""
        return self.of("events", event_id)

    def party(self, party: Party) -> str:
        """An organisation: its entity here, else its scope, else by its name."""
        if party.entity_id is None and party.scope_id is not None:
            return self.of("scopes", party.scope_id)
        return self.of("entities", party.entity_id or f"name:{party.name}")


def epcis_document(
    records: Sequence[Recorded], base: str, created_at: Instant, also: Sequence[Recorded] = ()
) -> Json:
    """An EPCISDocument of some events, in their order; the same events give the same document.
    `also` are others that these take back or replace; they are not told again by themselves."""
    names, told = Names(base.rstrip("/")), told_of((*also, *records))
    found = (_events(one, names, told) for one in records)
    return {
        "@context": [CONTEXT, {"castmark": f"{names.base}/coc/vocabulary#"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": created_at,
        "epcisBody": {"eventList": [event for events in found for event in events]},
    }


def _events(recorded: Recorded, names: Names, told: Told) -> Sequence[Json]:
    match recorded.event:
        case MovementBooked() as event:
            if event.kind is MovementKind.REVERSAL:
                back = (event.reverses, event.document, event.movement_id)
                return _taken_back(event.pool, back, recorded, names, told)
            made = _movement(event, recorded, names)
            return (made,) if made else ()
        case ChangeDeferred() as event:
            return _passed_on(event, recorded, names, told)
        case DocumentIssued() as event:
            return (_issue(event, recorded, names),)
        case ClaimRechecked() | DocumentChecked() as event:
            return (_check(event, recorded, names),)
        case DocumentEnded() as event:
            return _ended(event, recorded, names, told)
        case _:
            return ()


# --- movements ---


def _movement(event: MovementBooked, recorded: Recorded, names: Names) -> Json | None:
    if event.kind in IN:
        return _received(event, recorded, names)
    if event.kind in OUT:
        return _shipped(event, recorded, names)
    match event.kind:
        case MovementKind.LOSS:
            return _object(event, recorded, names, {"action": "DELETE"}, _outward(event, names))
        case MovementKind.RECLASSIFICATION:
            after = "conformant" if event.coc_kg else "non_conformant"
            seen = {"action": "OBSERVE", "bizStep": "inspecting", "disposition": after}
            return _object(event, recorded, names, seen, _became(event, names))
        case MovementKind.TO_STAGE:
            return _half(event, recorded, names, "inputQuantityList", _outward(event, names))
        case MovementKind.FROM_STAGE:
            return _half(event, recorded, names, "outputQuantityList", _inward(event, names))
        case _:
            return None


def _received(event: MovementBooked, recorded: Recorded, names: Names) -> Json:
    what: Json = {"action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress"}
    made = _object(event, recorded, names, what, _inward(event, names))
    if event.counterparty:
        made["sourceList"] = [_source(names.of("parties", event.counterparty))]
    made["destinationList"] = [_destination(names.of("scopes", event.pool.scope_id))]
    return made


def _shipped(event: MovementBooked, recorded: Recorded, names: Names) -> Json:
    what: Json = {"action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit"}
    made = _object(event, recorded, names, what, _outward(event, names))
    made["sourceList"] = [_source(names.of("scopes", event.pool.scope_id))]
    if event.counterparty:
        made["destinationList"] = [_destination(names.of("parties", event.counterparty))]
    return made


def _half(
    event: MovementBooked, recorded: Recorded, names: Names, side: str, quantities: list[Json]
) -> Json:
    """One half of a stage change. The earlier pool's movement gives the id to both: the later
    one's is made of it, `stage:<stage>:<movement>`."""
    first = event.movement_id.removeprefix("stage:")
    if event.kind is MovementKind.TO_STAGE:
        first = f"{event.pool.stage.value}:{event.movement_id}"
    return {
        "type": "TransformationEvent",
        **_common(recorded, event.day, names),
        "transformationID": names.of("transformations", f"{event.pool.scope_id}:{first}"),
        side: quantities,
        "bizStep": "creating_class_instance",
        **_where(event.pool, names),
        **_which(event),
    }


def _object(
    event: MovementBooked,
    recorded: Recorded,
    names: Names,
    what: Mapping[str, object],
    quantities: list[Json],
) -> Json:
    made: Json = {
        "type": "ObjectEvent",
        **_common(recorded, event.day, names),
        **what,
        "quantityList": quantities,
        **_where(event.pool, names),
        **_which(event),
    }
    if event.document:
        made["bizTransactionList"] = [_certificate(event.document, names)]
    return made


def _inward(event: MovementBooked, names: Names, *, only_gain: bool = False) -> list[Json]:
    """What came in, by status. Of a change of status only what it became."""
    sums = {True: 0, False: 0}
    for one in event.entries:
        if one.account in (*INPUTS, Account.NON_COC):
            sums[one.account in INPUTS] -= one.kg
    return [
        _quantity(event.pool, names, coc=coc, kg=kg)
        for coc, kg in sums.items()
        if kg > 0 or (kg and not only_gain)
    ]


def _became(event: MovementBooked, names: Names) -> list[Json]:
    """Of a change of status what it became: of metal that came in, or that went on."""
    if event.moves_as is MovementKind.TO_STAGE:
        return [_quantity(event.pool, names, coc=event.coc_kg > 0, kg=_gained(event))]
    return _inward(event, names, only_gain=True)


def _gained(event: MovementBooked) -> int:
    return sum(one.kg for one in event.entries if one.kg > 0)


def _outward(event: MovementBooked, names: Names) -> list[Json]:
    """What left, or was lost, by status."""
    sums = {True: 0, False: 0}
    for one in event.entries:
        if one.account is not Account.STOCK:
            sums[one.account is Account.OUTPUT_COC] += one.kg
    return [_quantity(event.pool, names, coc=coc, kg=kg) for coc, kg in sums.items() if kg]


def _taken_back(
    pool: PoolKey,
    back: tuple[str | None, str | None, str],
    recorded: Recorded,
    names: Names,
    told: Told,
) -> Sequence[Json]:
    """The event that did not hold, declared an error, whichever period it is of; nothing where it
    is not among those told. `back`: the movement or the document that is taken back, and the change
    that does it. Of a delivery that was booked again by a correction, that holds instead."""
    movement, document, change = back
    first = told.movements.get((pool.key, movement or "")) or told.receipts.get(document or "")
    if first is None or not isinstance(first.event, MovementBooked):
        return ()
    made = _movement(first.event, first, names)
    instead = holds_instead(document, told)
    after = (names.event(instead.envelope.event_id),) if instead is not None else ()
    reason = "incorrect_data" if after else "did_not_occur"
    since = told.passed_on.get(change, recorded)
    return ({**made, **_error(since, reason, after)},) if made else ()


def _passed_on(
    event: ChangeDeferred, recorded: Recorded, names: Names, told: Told
) -> Sequence[Json]:
    """A delivery of this closed period is taken back in a later one: declared here as well, in the
    same words, since who reads this period reads of the error nowhere else."""
    change = event.delivery
    if change is None or change.action != "take_back":
        return ()
    first = told.receipts.get(change.document or "")
    if (
        first is None
        or not isinstance(first.event, MovementBooked)
        or first.event.pool != event.pool
    ):
        return ()
    back = (None, change.document, event.change_id)
    return _taken_back(event.pool, back, recorded, names, told)


# --- documents ---


def _footprint_said(carried: Carried) -> bool:
    """Whether the issuer says how the footprint was found: nobody else does."""
    words = (carried.boundary, carried.method, carried.period, carried.verifier)
    return any(word is not None for word in words)


def _issue(event: DocumentIssued, recorded: Recorded, names: Names) -> Json:
    carried, theirs = stated(event).carried, event.customer.certificate_id
    said: Json = {
        "castmark:material": event.material.value,
        "castmark:statement": event.statement.value,
        "castmark:shipmentKg": event.total_mass_kg,
        "castmark:knownEmissionsKg": carried.known_kg,
        "castmark:emissionKgCO2e": plain(carried.emission_kgco2e),
        "castmark:partlyKnownKgCO2e": plain(carried.partial_kgco2e),
        "castmark:preConsumerKg": carried.pre_kg,
        "castmark:postConsumerKg": carried.post_kg,
    }
    for name, value in (
        ("footprintBoundary", carried.boundary),
        ("footprintMethod", carried.method),
        ("footprintPeriod", carried.period),
        ("footprintVerifier", carried.verifier),
        ("footprintStatedBy", "issuer" if _footprint_said(carried) else None),
        ("customerCertificate", theirs and names.of("certificates", theirs)),
        ("replaces", event.replaces),
    ):
        if value is not None:
            said[f"castmark:{name}"] = value
    return {
        "type": "TransactionEvent",
        **_common(recorded, event.issued_on, names),
        "certificationInfo": names.of("certificates", event.certificate_id),
        "action": "ADD",
        "bizTransactionList": [_certificate(event.number, names)],
        "bizStep": "shipping",
        "disposition": "in_transit",
        "quantityList": [_quantity(event.pool, names, coc=True, kg=event.mass_kg)],
        "sourceList": [_source(names.party(event.issuer))],
        "destinationList": [_destination(names.party(event.customer))],
        **said,
    }


def _check(event: ClaimRechecked | DocumentChecked, recorded: Recorded, names: Names) -> Json:
    made: Json = {
        "type": "TransactionEvent",
        **_common(recorded, event.checked_on, names),
        "action": "OBSERVE",
        "bizTransactionList": [_certificate(event.number, names)],
        "bizStep": "inspecting",
        "disposition": "conformant" if event.passed else "non_conformant",
        "quantityList": [_quantity(event.pool, names, coc=event.passed, kg=event.mass_kg)],
    }
    if event.reasons:
        made["castmark:reasons"] = list(event.reasons)
    return made


def _ended(event: DocumentEnded, recorded: Recorded, names: Names, told: Told) -> Sequence[Json]:
    first = told.issues.get(event.number)
    if first is None or not isinstance(first.event, DocumentIssued):
        return ()
    made = _issue(first.event, first, names)
    instead = told.issues.get(event.by or "")
    after = (names.event(instead.envelope.event_id),) if instead is not None else ()
    reason = "incorrect_data" if event.by else "did_not_occur"
    return ({**made, **_error(recorded, reason, after)},)


# --- parts ---


def _common(recorded: Recorded, day: date, names: Names) -> Json:
    return {
        "eventID": names.event(recorded.envelope.event_id),
        "eventTime": f"{day.isoformat()}T00:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "recordTime": recorded.envelope.recorded_at,
    }


def _error(recorded: Recorded, reason: str, corrective: Sequence[str]) -> Json:
    declared: Json = {"declarationTime": recorded.envelope.recorded_at, "reason": reason}
    if corrective:
        declared["correctiveEventIDs"] = list(corrective)
    return {"errorDeclaration": declared}


def _where(pool: PoolKey, names: Names) -> Json:
    here = {"id": names.of("scopes", pool.scope_id)}
    return {"readPoint": here, "bizLocation": here}


def _which(event: MovementBooked) -> Json:
    """The movement in words of ours: its id, what it was told as, and of which activity."""
    said: Json = {"castmark:movement": event.movement_id, "castmark:kind": event.kind.value}
    if event.activity is not None:
        said["castmark:activity"] = event.activity.value
    return said


def _certificate(number: str, names: Names) -> Json:
    return {"type": "cert", "bizTransaction": names.of("documents", number)}


def _source(party: str) -> Json:
    return {"type": "owning_party", "source": party}


def _destination(party: str) -> Json:
    return {"type": "owning_party", "destination": party}


def _quantity(pool: PoolKey, names: Names, *, coc: bool, kg: int) -> Json:
    status = "coc" if coc else "non-coc"
    return {
        "epcClass": names.of("classes", f"{pool.stage.value}-{status}"),
        "quantity": kg,
        "uom": "KGM",
    }
