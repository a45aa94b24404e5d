"""A row per movement, however it came: alone, or with many from a file. Pure.

Those that came together are kept packed, so that a file is filled in quickly. Rows are folds of
events: rebuilt, they are the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import repeat
from typing import Any, NamedTuple

from contracts import coc
from contracts.coc_movements import MovementsBooked
from contracts.custody import Account, FootprintWords, MovementKind, PoolKey, Remark, Stage
from contracts.envelope import Recorded
from infra.readmodel import Projection
from services.coc_ledger.accounting.accounts import Amount, entry, minus

_made = tuple.__new__  # a row without its constructor, which costs as much as all its columns


class MovementRow(NamedTuple):
    """A movement; `movement` is the event as JSON, or in its place `packed` what it says beside the
    other columns, where it came with many (see `movement_of`)."""

    key: str
    pool: str
    movement_id: str
    digest: str
    kind: str
    day: date
    coc_kg: int
    reversed_by: str | None
    movement: dict[str, Any] | None
    packed: tuple[Any, ...] | None = None


def movement_key(pool: str, movement_id: str) -> str:
    """The key of a movement's row."""
    return f"{pool}/{movement_id}"


def _movement_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, MovementsBooked):
        pool = event.pool.key
        return [f"{pool}/{name}" for name in event.movement_ids]
    if not isinstance(event, coc.MovementBooked):
        return ()
    names = [event.movement_id] + ([event.reverses] if event.reverses else [])
    return tuple(movement_key(event.pool.key, name) for name in names)


def _movement(key: str, row: MovementRow | None, recorded: Recorded) -> MovementRow | None:
    event = recorded.event
    if isinstance(event, MovementsBooked):
        at = event.movement_ids.index(key.partition("/")[2])
        return _packed(event, slice(at, at + 1))[key]
    if not isinstance(event, coc.MovementBooked):
        return row
    if key != movement_key(event.pool.key, event.movement_id):
        return row and row._replace(reversed_by=event.movement_id)
    return MovementRow(
        key,
        event.pool.key,
        event.movement_id,
        event.digest,
        event.kind.value,
        event.day,
        event.coc_kg,
        None,
        event.model_dump(mode="json"),
    )


def _all_packed(recorded: Recorded) -> Mapping[str, MovementRow]:
    """Movements that came together, by key."""
    assert isinstance(recorded.event, MovementsBooked)  # what it is asked for
    return _packed(recorded.event, slice(None))


def _packed(event: MovementsBooked, some: slice) -> Mapping[str, MovementRow]:
    """Rows of some of many movements, by key."""
    pool, member = event.pool.key, event.member_id
    says = zip(
        map(str, event.sources[some]), map(str, event.targets[some]), event.kg[some],
        event.known_kg[some], event.emission_g[some], event.pre_kg[some], event.post_kg[some],
        event.origins[some], event.counterparties[some], event.contractors[some],
        (_plain(one) if one else () for one in event.remarks[some]), strict=True,
    )  # fmt: skip
    columns = zip(
        event.movement_ids[some], event.digests[some], map(str, event.kinds[some]),
        event.days[some], event.coc_kg[some], says, _rest(event, some), strict=False,
    )  # fmt: skip
    return {
        (key := f"{pool}/{name}"): _made(
            MovementRow,
            (key, pool, name, digest, kind, day, coc_kg, None, None, (member, *said, *more)),
        )
        for name, digest, kind, day, coc_kg, said, more in columns
    }


def _rest(event: MovementsBooked, some: slice) -> Iterable[tuple[Any, ...]]:
    """What few movements say: grams known in part, the proof of origin, a supplier's words, the
    activity."""
    partial, proofs, told = event.partial_g[some], event.origin_refs[some], event.told[some]
    activities = [one and one.value for one in event.activities[some]]
    if not (proofs or told or activities):
        return [(grams,) for grams in partial] or repeat(())
    words = [one and one.model_dump(mode="json", exclude_none=True) for one in told]
    nothing = repeat(None)
    return zip(
        partial or repeat(0),
        proofs or nothing,
        words or nothing,
        activities or nothing,
        strict=False,
    )


def _plain(remarks: Sequence[Remark]) -> tuple[dict[str, Any], ...]:
    return tuple(one.model_dump(mode="json") for one in remarks)


def movement_of(row: MovementRow) -> dict[str, Any]:
    """A movement as JSON, however it came."""
    if row.packed is None:
        return row.movement or {}
    member, source, target, kg, known, grams, pre, post, *more = row.packed
    origin, party, contractor, remarks, *rest = more
    partial = rest[0] if rest else 0
    proof, told, activity = rest[1:] or (None, None, None)
    amount = Amount(kg, known, grams, pre, post, partial)
    entries = (entry(Account(source), minus(amount)), entry(Account(target), amount))
    scope_id, stage, period = row.pool.split(":")
    made = coc.MovementBooked(
        movement_id=row.movement_id,
        digest=row.digest,
        pool=PoolKey(scope_id=scope_id, stage=Stage(stage), period=date.fromisoformat(period)),
        member_id=member,
        kind=MovementKind(row.kind),
        day=row.day,
        entries=entries if any(amount) else (),
        coc_kg=row.coc_kg,
        origin=origin,
        counterparty=party,
        contractor_id=contractor,
        remarks=tuple(Remark.model_validate(one) for one in remarks),
        origin_ref=proof,
        told=told and FootprintWords.model_validate(told),
        activity=activity,
    )
    return made.model_dump(mode="json")


MOVEMENTS = Projection(
    "movements",
    2,
    MovementRow,
    _movement_keys,
    _movement,
    (("pool", "key"),),
    frozenset({coc.MovementBooked, MovementsBooked}),
    {MovementsBooked: _all_packed},
    within="pool",
)
