"""Who has a share of an output once its holder went over into another scope. Pure.

A share is its member's: where the scope that took the metal goes over into another one of the same
member, that one has the share from that day on, and what the first one took of a period is of the
same share. To another member none goes by itself: who controls the output lists it. The stream of
that scope stays as it is, so what it tells between the approval and the day counts as well. Rules:
sources.md 5.6 (4, 7).
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from services.coc_ledger.evidence import Stake

from .lacks import ONE_DAY
from .neighbours import State, stream_of
from .partners import VentureTold
from .state import Scope


class Place(NamedTuple):
    """A scope that has a holder's share, from a day on."""

    scope_id: str
    since: date


def places(holder: str, state: State) -> list[Place]:
    """A holder, and those that stand in its place one after the other."""
    found, passed = [Place(holder, date.min)], {holder}
    scope = state(stream_of(holder))
    while isinstance(scope, Scope) and scope.ends_before is not None:
        after = state(stream_of(scope.to_scope_id or "-"))
        same = isinstance(after, Scope) and after.member_id == scope.member_id
        if not same or after.scope_id in passed:
            break
        passed.add(after.scope_id)
        found.append(Place(after.scope_id, max(scope.ends_before, found[-1].since)))
        scope = after
    return found


def in_place(holder: str, day: date, state: State) -> str:
    """The scope that has a holder's share on a day."""
    return [one.scope_id for one in places(holder, state) if one.since <= day][-1]


def inherited(of_scope: str, stakes: Iterable[Stake], day: date, state: State) -> tuple[Stake, ...]:
    """The shares in a scope's output on a day, each by who has it on that day: with its own, where
    that has one. What is left to the scope itself is no share any more."""
    told = tuple(stakes)
    listed = {one.holder_scope_id for one in told}
    found: dict[str, Stake] = {}
    for one in told:
        chain = [place.scope_id for place in places(one.holder_scope_id, state)]
        now = in_place(one.holder_scope_id, day, state)
        before = found.get(now)
        others = [
            name
            for name in chain
            if name != now and (name == one.holder_scope_id or name not in listed)
        ]
        found[now] = Stake(
            holder_scope_id=now,
            share_percent=one.share_percent + (before.share_percent if before else 0),
            same_share=(*(before.same_share if before else ()), *others),
        )
    return tuple(one for one in found.values() if one.holder_scope_id != of_scope)


def shown(told: Iterable[VentureTold], state: State) -> list[VentureTold]:
    """Each share of each holder, by who has it, in order."""
    return sorted(
        (part for one in told for part in _parts(one, state)),
        key=lambda one: (one.holder_scope_id, one.since),
    )


def _parts(told: VentureTold, state: State) -> Iterator[VentureTold]:
    """The days of a share by who has it on them."""
    chain = places(told.holder_scope_id, state)
    ends = [*(one.since - ONE_DAY for one in chain[1:]), date.max]
    last = told.through or date.max
    for place, end in zip(chain, ends, strict=True):
        first, through = max(told.since, place.since), min(last, end)
        if first <= through:
            yield told._replace(
                holder_scope_id=place.scope_id,
                since=first,
                through=None if through == date.max else through,
            )
