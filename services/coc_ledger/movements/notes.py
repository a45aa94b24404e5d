"""What is said of movements that were booked: metal that does not count as CoC, and why. Pure.

A receipt is always booked; a rule says whether it counts. Whoever sends many at once has to hear of
those that do not, row by row. Rules: sources.md 5.5, 5.6, 8 (R-28).
"""

from collections.abc import Mapping, Sequence

from contracts.coc import MovementBooked
from contracts.coc_movements import MovementsBooked
from contracts.custody import MovementKind, Origin, Remark
from contracts.envelope import Event
from infra.importing.kinds import Note

NON_COC, REMARKED = "booked-as-non-coc", "booked-with-a-remark"
AS_SENT = "It came without a CoC document, as metal of no origin that counts: non-CoC inflow."


def noted(events: Sequence[Event]) -> Mapping[str, Note]:
    """What is said of movements, by their ids."""
    found: dict[str, Note] = {}
    for event in events:
        if isinstance(event, MovementBooked):
            note = note_of(event.kind, event.origin, event.coc_kg, event.remarks)
            if note is not None:
                found[event.movement_id] = note
        elif isinstance(event, MovementsBooked):
            _together(event, found)
    return found


def _together(event: MovementsBooked, found: dict[str, Note]) -> None:
    """Many movements differ in little: what is said of their kinds is found once."""
    seen: dict[tuple[object, ...], Note | None] = {}
    columns = zip(
        event.movement_ids, event.kinds, event.origins, event.coc_kg, event.remarks, strict=True
    )
    for name, kind, origin, coc_kg, remarks in columns:
        like = (kind, origin, coc_kg > 0, id(remarks))
        if like not in seen:
            seen[like] = note_of(kind, origin, coc_kg, remarks)
        note = seen[like]
        if note is not None:
            found[name] = note


def note_of(
    kind: MovementKind, origin: Origin | None, coc_kg: int, remarks: Sequence[Remark]
) -> Note | None:
    """What is said of a movement; nothing where it is booked as its sender would expect."""
    why = " ".join(remark.sentence for remark in remarks)
    if kind is MovementKind.RECEIPT and not coc_kg:
        plain = AS_SENT if origin is Origin.NON_COC else ""
        return Note(NON_COC, " ".join(part for part in (plain, why) if part) or AS_SENT)
    return Note(REMARKED, why) if why else None
