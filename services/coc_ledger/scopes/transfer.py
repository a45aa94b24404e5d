"""A scope goes over into another one, which stays. Pure. Rules: sources.md 5.6 (7)."""

from collections.abc import Iterable, Sequence
from datetime import date

from contracts.coc import ScopeTransferApproved
from contracts.coc_scopes import ScopeFacilitiesCame
from contracts.envelope import Event
from infra.errors import Refused

from .commands import ApproveScopeTransfer, OpenScope, TakeFacilities
from .state import Scope


def transferred(command: ApproveScopeTransfer, state: Scope) -> Sequence[Event]:
    """The scope goes over; nothing where that is approved already. Raises Refused."""
    if state.to_scope_id is not None:
        if (command.to_scope_id, command.effective_on) == (state.to_scope_id, state.ends_before):
            return []
        raise Refused(
            "scope-transferred",
            f"Scope {command.scope_id} goes over into {state.to_scope_id} already.",
            scope_id=command.scope_id,
            to_scope_id=state.to_scope_id,
        )
    if command.to_scope_id == command.scope_id or not command.known_to:
        raise Refused(
            "unknown-scope",
            f"There is no other scope {command.to_scope_id} to go over into on"
            f" {command.effective_on}.",
            scope_id=command.to_scope_id,
        )
    _check_stays(command)
    if command.effective_on < state.calendar[0].starts_on or command.effective_on <= command.on:
        raise Refused(
            "transfer-too-early",
            f"A scope goes over on a day to come, not on {command.effective_on}: what has been"
            " booked stays where it is.",
            effective_on=command.effective_on,
        )
    return [
        ScopeTransferApproved(
            scope_id=command.scope_id,
            member_id=command.member_id,
            to_scope_id=command.to_scope_id,
            effective_on=command.effective_on,
            approver=command.approver,
        )
    ]


def _check_stays(command: ApproveScopeTransfer) -> None:
    """Refuse a target that goes over itself, now or later: what is left would pass through it, and
    where that leads back it would go round for ever."""
    over = command.goes_over
    if command.scope_id in over:
        raise Refused(
            "transfer-leads-back",
            f"Scope {command.to_scope_id} goes over into {' and then '.join(over)}: that leads back"
            f" to {command.scope_id}.",
            scope_id=command.scope_id,
            passed=list(over),
        )
    if over:
        raise Refused(
            "transfer-goes-on",
            f"Scope {command.to_scope_id} goes over into {over[0]} itself: name {over[-1]}, where"
            " that ends.",
            scope_id=command.to_scope_id,
            to_scope_id=over[-1],
        )


def check_before_transfer(starts_on: date, state: Scope) -> None:
    """Refuse other periods from the day on which a scope goes over, and has none any more: what it
    leaves keeps the last days that its periods give it as they are (decisions/0012)."""
    if state.ends_before is not None and starts_on >= state.ends_before:
        raise Refused(
            "period-change-after-transfer",
            f"Scope {state.scope_id} goes over into {state.to_scope_id} on {state.ends_before}: it"
            " has no periods from then on.",
            scope_id=state.scope_id,
            to_scope_id=state.to_scope_id,
            ends_before=state.ends_before,
        )


def awaited(command: OpenScope, facilities: Iterable[str]) -> set[str]:
    """Those of a scope's facilities that come when the scope goes over that it is to take over.
    Raises Refused where there is none such, or where that goes over into another one."""
    if command.successor_of is None:
        return set()
    for other in command.others:
        if other.scope_id == command.successor_of and other.member_id == command.member_id:
            if other.to_scope_id not in (None, command.scope_id):
                raise Refused(
                    "scope-transferred",
                    f"Scope {other.scope_id} goes over into {other.to_scope_id} already.",
                    scope_id=other.scope_id,
                    to_scope_id=other.to_scope_id,
                )
            return set(facilities).intersection(other.held)
    raise Refused(
        "unknown-scope",
        f"Entity {command.entity_id} has no other scope {command.successor_of} to take over.",
        scope_id=command.successor_of,
        member_id=command.member_id,
    )


def came(command: TakeFacilities, state: Scope) -> Sequence[Event]:
    """What is awaited of a scope comes on the day on which that goes over; nothing where nothing
    is, and nothing that has left meanwhile."""
    if state.successor_of != command.from_scope_id or not state.awaited:
        return []
    return [
        ScopeFacilitiesCame(
            scope_id=state.scope_id,
            member_id=state.member_id,
            from_scope_id=command.from_scope_id,
            facilities=state.awaited,
            effective_on=command.effective_on,
        )
    ]
