"""A chunk of rows of movements on its way to the pools: what the server knows is looked up for all
of them at once, and the simple ones of a pool are asked for together."""

import sys
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from contracts.coc_movements import MovementsBooked
from contracts.custody import PoolKey
from contracts.envelope import Event
from infra.decider import derived_id
from infra.importing.kinds import Asked, Built, Parcel
from infra.importing.mapping import Binding
from services.coc_ledger import domain
from services.coc_ledger.accounting.stages import NEXT
from services.coc_ledger.accounting.together import PLAIN, BookMovements, Line, Plain, alone
from services.coc_ledger.domain import CONSUMER
from services.coc_ledger.evidence import PoolKnown, ScopeEvidence
from services.coc_ledger.knowledge import Knowledge, diligence_of
from services.coc_ledger.pools.commands import Booking, ReceiveMaterial, ReverseMovement
from services.coc_ledger.queries import Queries
from services.coc_ledger.rows import MovementRow, PoolRow, movement_key

from .lines import Lines
from .rows import Values

ROWS = 3_000
"""Rows of a chunk: enough that what is done once for it does not show, and interactive commands
do not wait long for it."""
SAME = ("scope_id", "stage", "day")
NOT_ASKED = PoolKnown()
"""What is known of a simple row's movement before all are looked up together."""


class MovementPacking:
    """One chunk. `trying`: what is only tried never comes into rows, so that there is nothing to
    wait for."""

    rows = ROWS

    def __init__(
        self, asked: Asked, binding: Binding, today: date, queries: Queries, *, trying: bool
    ) -> None:
        self._today = today
        self._reader = queries.reader
        self._trying = trying
        self._known = _kept(queries.knowledge())
        self._seen: dict[tuple[object, ...], dict[str, object]] = {}
        self._pools: dict[int, tuple[PoolKey, str]] = {}
        self._named: dict[tuple[object, ...], tuple[PoolKey, str]] = {}
        self.build: Callable[[Sequence[str]], Built] = Lines(
            asked, binding, today, self._evidence
        ).build

    def _evidence(self, command: type[Booking], values: Values) -> Values:
        """What is known of a row's command. Rows of one scope, stage and day differ in what is
        known of their supplier and their movement; of simple ones that is looked up together."""
        like = (command.FILLED, *(values.get(name) for name in SAME))
        found = self._seen.get(like)
        if found is None:
            alike = {name: values[name] for name in (*SAME, "member_id") if name in values}
            found = self._seen[like] = domain.fill(command, alike, self._known, self._today)
        if command is ReceiveMaterial:
            scope_id, supplier_id = str(values["scope_id"]), str(values.get("supplier_id") or "")
            diligence = diligence_of(scope_id, supplier_id, self._known)
            found = {**found, "diligence": diligence}
        if command is ReverseMovement:
            key = _pool(values, found["scope"]).key
            found = {**found, "onward": domain.onward(key, str(values["reverses"]), self._known)}
        if issubclass(command, PLAIN):
            return {**found, "known": NOT_ASKED}
        pool = domain.pool_known(_pool(values, found["scope"]).key, values, self._known)
        return {**found, "known": self._through(pool)}

    def _through(self, known: PoolKnown) -> PoolKnown:
        return known.model_copy(update={"through": sys.maxsize}) if self._trying else known

    def pack(self, built: Sequence[Built]) -> Sequence[Parcel]:
        """Simple rows of a pool together, up to one that is not simple and may rest on them."""
        lines = {at: one.line for at, one in enumerate(built) if isinstance(one.line, Line)}
        pools = self._pools
        keys = {
            at: (pools.get(id(line.ground)) or self._pool_of(line))[1] for at, line in lines.items()
        }
        through, booked = self._looked_up(lines, keys)
        parcels: list[Parcel] = []
        runs: dict[str, list[int]] = {}

        def close(key: str) -> None:
            if places := runs.pop(key, []):
                of_run = {at: lines[at] for at in places}
                pool, _ = self._pool_of(of_run[places[0]])
                parcels.append(_together(pool, of_run, through[key], self._today))

        for at, one in enumerate(built):
            line = lines.get(at)
            if line is not None:
                key = keys[at]
                before = booked.get(movement_key(key, line.movement_id)) if booked else None
                if before is None:
                    runs.setdefault(key, []).append(at)
                else:
                    known = through[key].model_copy(update={"movement": domain.seen(before)})
                    parcels.append(Parcel(_by_itself(line, known), (at,)))
            elif isinstance(one.command, Booking):
                for key in _rests_on(one.command):
                    close(key)
                parcels.append(Parcel(one.command, (at,)))
        for key in list(runs):
            close(key)
        return parcels

    def _pool_of(self, line: Line) -> tuple[PoolKey, str]:
        """The pool of a row, with its key: one object for all rows of a pool."""
        found = self._pools.get(id(line.ground))
        if found is None:
            like = line.ground.like
            alike = (like.scope_id, like.stage, like.scope.period if like.scope else like.day)
            found = self._named.get(alike)
            if found is None:
                found = self._named[alike] = (like.pool, like.pool.key)
            self._pools[id(line.ground)] = found
        return found

    def _looked_up(
        self, lines: Mapping[int, Line], of: Mapping[int, str]
    ) -> tuple[dict[str, PoolKnown], Mapping[str, MovementRow]]:
        """Through which version rows know each pool, and which of the movements they have. The
        pools' own rows are read first: what the others know is then at least as much."""
        keys: dict[str, list[str]] = {}
        for at, line in lines.items():
            keys.setdefault(of[at], []).append(line.movement_id)
        pools: Mapping[str, PoolRow] = self._reader.rows(CONSUMER, "pools", list(keys))
        through = {
            pool: self._through(PoolKnown(through=pools[pool].version if pool in pools else 0))
            for pool in keys
        }
        wanted = [movement_key(pool, name) for pool in pools for name in keys[pool]]
        return through, self._reader.rows(CONSUMER, "movements", wanted) if wanted else {}


def _together(pool: PoolKey, lines: Mapping[int, Line], known: PoolKnown, today: date) -> Parcel:
    places = tuple(lines)
    first = lines[places[0]].ground.like
    command = BookMovements.model_construct(
        on=today,
        pool=pool,
        member_id=first.member_id,
        content=derived_id(*(line.digest for line in lines.values())),
        through=known.through,
        lines=tuple(lines.values()),
    )

    def done(events: Sequence[Event]) -> Container[int]:
        booked: list[tuple[str, str]] = []
        for event in events:
            if isinstance(event, MovementsBooked):
                booked += zip(event.movement_ids, event.digests, strict=True)
        said = [(line.movement_id, line.digest) for line in lines.values()]
        if booked == said:
            return lines
        left, found = set(booked), set[int]()
        for at, one in zip(lines, said, strict=True):
            if one in left:
                left.discard(one)  # the same row once more was left out
                found.add(at)
        return found

    return Parcel(command, places, done, lambda at: _by_itself(lines[at], known))


def _rests_on(command: Booking) -> Sequence[str]:
    """The pools whose rows before it come first: its own, and where a change of stage may be taken
    back, that of the next stage."""
    pool = command.pool
    if not isinstance(command, ReverseMovement) or pool.stage not in NEXT:
        return (pool.key,)
    return pool.key, pool.model_copy(update={"stage": NEXT[pool.stage]}).key


def _by_itself(line: Line, known: PoolKnown) -> Plain:
    return alone(line).model_copy(update={"known": known})


def _pool(values: Values, scope: object) -> PoolKey:
    """The pool of a row: scope and stage stand in it, the period is the scope's."""
    assert isinstance(scope, ScopeEvidence)  # without one it was refused
    where = {"scope_id": scope.scope_id, "stage": values["stage"], "period": scope.period}
    return PoolKey.model_validate(where)


def _kept(known: Knowledge) -> Knowledge:
    """The same knowledge, looked up once for a chunk. Movements are looked up one by one, and not
    in a pool that has none."""
    pools: dict[str, Any] = {}

    def row(projection: str, key: str) -> Any:
        if projection == "pools":
            if key not in pools:
                pools[key] = known.row(projection, key)
            return pools[key]
        if projection == "movements" and row("pools", key.partition("/")[0]) is None:
            return None
        return known.row(projection, key)

    return known._replace(state=cache(known.state), row=row, certificates=cache(known.certificates))
