"""Ids of a pool's movements: exact over what the state remembers and what rows know. Pure."""

from infra.errors import Refused
from services.coc_ledger.evidence import MovementSeen, PoolKnown

from .recent import movement_key, remembered, reversal_key
from .state import Pool


def check_known(state: Pool, known: PoolKnown) -> None:
    """Refuse while rows do not know yet what the state no longer remembers."""
    if known.through < state.recent.forgotten:
        raise Refused(
            "ledger-ahead",
            "This pool was written to faster than it can be looked up; send the same again.",
            known_through=known.through,
            needed=state.recent.forgotten,
        )


def is_repeat(state: Pool, known: PoolKnown, movement_id: str, digest: str) -> bool:
    """Whether this movement is booked already; Refused `movement-id-used` where another one is, and
    `movement-reversed` where it does not stand any more: who sends a whole file again does not mean
    to undo a correction, and who means it must not be told that it is in the books."""
    check_known(state, known)
    row = known.movement
    row = row if row is not None and row.movement_id == movement_id else None
    used = remembered(state.recent, movement_key(movement_id)) or (row.digest if row else None)
    if used is None:
        return False
    by = remembered(state.recent, reversal_key(movement_id)) or (row.reversed_by if row else None)
    if by is not None:
        raise _taken_back(movement_id, by)
    if used != digest:
        raise Refused(
            "movement-id-used",
            f"Movement {movement_id} is booked in this pool with other values; reverse it, and"
            " book the right one under an id of its own.",
            movement_id=movement_id,
        )
    return True


def reversible(state: Pool, known: PoolKnown, movement_id: str) -> MovementSeen:
    """A movement that may be taken back; Refused where there is none, or where it was before."""
    seen = known.reversed
    if seen is None or seen.movement_id != movement_id:
        if remembered(state.recent, movement_key(movement_id)) is not None:
            raise Refused(
                "ledger-ahead",
                f"Movement {movement_id} was booked a moment ago; send the same again.",
                movement_id=movement_id,
            )
        raise Refused(
            "unknown-movement",
            f"This pool has no movement {movement_id}: look at the id, and name the day on which it"
            " was booked (its scope, stage and period are those of the day).",
            movement_id=movement_id,
        )
    by = remembered(state.recent, reversal_key(movement_id)) or seen.reversed_by
    if by is not None:
        raise _taken_back(movement_id, by)
    return seen


def _taken_back(movement_id: str, by: str) -> Refused:
    return Refused(
        "movement-reversed",
        f"Movement {movement_id} was taken back by {by}: what is to be booked after all is sent"
        " under an id of its own.",
        movement_id=movement_id,
        reversed_by=by,
    )
