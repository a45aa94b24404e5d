"""What a scope has to know of other scopes exactly, at the moment of a decision. Pure.

Each is read from its own stream (`state(stream)`), so two that are decided at once see each other:
the second one sees what the first one made.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from contracts.values import Activity
from infra.errors import Refused

from .state import Scope

State = Callable[[str], Any]


class Neighbour(NamedTuple):
    """Another scope of the same entity, as far as it concerns the days from one on: the facilities
    that it `held` on any of them, each with the first day without it (None: no end is known), the
    activities that it does, and into which scope it goes over."""

    scope_id: str
    member_id: str
    held: Mapping[str, date | None]
    activities: frozenset[Activity]
    to_scope_id: str | None


def stream_of(scope_id: str) -> str:
    """The stream of a scope."""
    return f"coc_scope/{scope_id}"


def entity_stream(entity_id: str) -> str:
    """The stream that names the scopes of an entity."""
    return f"coc_entity/{entity_id}"


def onward_from(scope_id: str, state: State) -> tuple[str, ...]:
    """The scopes into which a scope goes over one after the other, whenever that is; each once."""
    passed: list[str] = []
    to = state(stream_of(scope_id)).to_scope_id
    while to is not None and to not in passed:
        passed.append(to)
        to = state(stream_of(to)).to_scope_id
    return tuple(passed)


def neighbours(
    own_id: str, entity_id: str, since: date, rivals: Iterable[str], state: State
) -> tuple[Neighbour, ...]:
    """The other scopes of an entity: those that its stream names, and the `rivals` that rows know
    (of times in which nothing was named)."""
    named = state(entity_stream(entity_id)).scopes
    found: list[Neighbour] = []
    for scope_id in sorted({*rivals, *named} - {own_id}):
        scope: Scope = state(stream_of(scope_id))
        if not scope.scope_id:
            continue  # it was named, and never opened
        held = {one: _until(one, scope) for one in _got(scope, state)}
        does = (one for one in scope.activities if scope.ceased.get(one, date.max) > since)
        found.append(
            Neighbour(
                scope_id,
                scope.member_id,
                {one: until for one, until in held.items() if until is None or until > since},
                frozenset(does),
                scope.to_scope_id,
            )
        )
    return tuple(found)


def _got(scope: Scope, state: State) -> Iterable[str]:
    """A scope's facilities; those that are to come, where the other one does go over into it."""
    coming = False
    if scope.awaited and scope.successor_of is not None:
        coming = state(stream_of(scope.successor_of)).to_scope_id == scope.scope_id
    return (one for one in scope.facilities if coming or one not in scope.awaited)


def _until(facility_id: str, scope: Scope) -> date | None:
    ends = (scope.left.get(facility_id), scope.ends_before)
    return min((day for day in ends if day is not None), default=None)


def check_elsewhere(
    facilities: Iterable[str],
    activities: Collection[Activity],
    others: Iterable[Neighbour],
    member_id: str,
) -> None:
    """Refuse a facility that another scope has for one of the activities: its metal could be
    designated in both. The other one is named to its own member alone."""
    wanted = sorted(facilities)
    for other in others:
        shared = sorted(other.activities.intersection(activities))
        for facility_id in wanted if shared else ():
            if facility_id in other.held:
                raise _elsewhere(facility_id, shared, other, other.member_id == member_id)


def also_in(scope: Scope, on: date, others: Iterable[Neighbour]) -> dict[str, list[str]]:
    """A scope's facilities that another one of its member's has on a day for the same activity, by
    facility: scopes of earlier builds may share some, in which that was not refused yet."""
    does = {one for one in scope.activities if scope.ceased.get(one, date.max) > on}
    shared = [
        other
        for other in others
        if other.member_id == scope.member_id and not does.isdisjoint(other.activities)
    ]
    mine = [one for one in scope.facilities if scope.holds(one, on)]
    found = {one: [other.scope_id for other in shared if one in other.held] for one in mine}
    return {facility_id: names for facility_id, names in found.items() if names}


def _elsewhere(
    facility_id: str, shared: list[Activity], other: Neighbour, may_see: bool
) -> Refused:
    until = other.held[facility_id]
    where = f"scope {other.scope_id}" if may_see else "another scope"
    told = f" until {until}" if until else ""
    return Refused(
        "facility-in-other-scope",
        f"Facility {facility_id} is in {where}{told} for {', '.join(shared)}: what it makes is"
        " designated in one scope.",
        facility_id=facility_id,
        scope_id=other.scope_id if may_see else None,
        activities=[one.value for one in shared],
        until=until,
    )
