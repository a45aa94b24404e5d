"""What goes over with a scope beside its pools: who works for it, who has a share in it, whom it
looked at. Pure.

A transfer within an entity changes neither its contractors nor what it knows of its suppliers: they
count in the successor from the day on which the scope goes over, each with the scope that it comes
from. A share is one of an output, so it comes along where the successor was opened to take the
scope over, and not into an output that is another one. To another entity nothing comes: it looks at
its suppliers itself. What the successor lists by itself stands. Rules: sources.md 5.6 (4 to 7).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from contracts.coc import (
    ContractorDelisted,
    ContractorListed,
    DueDiligenceRecorded,
)
from contracts.coc_scopes import JointVentureEnded, JointVentureListed
from contracts.envelope import Event
from infra.policy import Policy

from .commands import TakePartners
from .lacks import ONE_DAY
from .partners import ALL_PERCENT
from .state import Scope


def handed_on(command: TakePartners, state: Scope, policy: Policy) -> Sequence[Event]:
    """What a scope brings that goes over into this one; nothing of what came before. Later than the
    day on which it goes over only looks at suppliers are told of it that concern this one, and what
    is to come into it itself on a day after that one: it passes through on that day."""
    there = command.there
    if there is None or there.to_scope_id != state.scope_id or there.ends_before is None:
        return []
    if there.entity_id != state.entity_id:
        return []
    found = [*_looked_at(command, state, there, there.ends_before, policy)]
    found += _contractors(command, state, there, there.ends_before)
    if state.successor_of == there.scope_id:
        found += _shares(command, state, there, there.ends_before)
    return found


def _wanted(command: TakePartners, name: str) -> bool:
    return command.about in (None, name)


def _looked_at(
    command: TakePartners, state: Scope, there: Scope, over: date, policy: Policy
) -> Iterator[Event]:
    """Records that count on the day of the transfer, or later."""
    for supplier_id, records in sorted(there.diligence.items()):
        known = state.diligence.get(supplier_id, ())
        for one in records if _wanted(command, supplier_id) else ():
            if one.valid_through >= over and one not in known:
                yield DueDiligenceRecorded(
                    scope_id=state.scope_id,
                    member_id=state.member_id,
                    supplier_id=supplier_id,
                    topics=one.topics,
                    performed_on=one.performed_on,
                    valid_through=one.valid_through,
                    record_ref=None,
                    policy_id=policy.policy_id,
                    from_scope_id=there.scope_id,
                )


def _contractors(
    command: TakePartners, state: Scope, there: Scope, over: date
) -> Iterator[ContractorListed | ContractorDelisted]:
    named = {"scope_id": state.scope_id, "member_id": state.member_id}
    for one in sorted({*there.contractors, *state.contractors}):
        if not _wanted(command, one):
            continue
        if one not in state.contractors:
            theirs = there.hired[one][-1]
            since = max(over, theirs.since)
            if command.on < since:
                yield ContractorListed(
                    **named,
                    contractor_id=one,
                    name=theirs.name,
                    listed_on=since,
                    from_scope_id=there.scope_id,
                )
        elif one not in there.contractors and state.hired[one][-1].of == there.scope_id:
            since = state.hired[one][-1].since
            if command.on < since:
                yield ContractorDelisted(**named, contractor_id=one, effective_on=since - ONE_DAY)


def _shares(
    command: TakePartners, state: Scope, there: Scope, over: date
) -> Iterator[JointVentureListed | JointVentureEnded]:
    """Not those that would make more than the whole with what the successor lists by itself."""
    named: dict[str, Any] = {"scope_id": state.scope_id, "member_id": state.member_id}
    theirs = {one.holder_scope_id: one.share_percent for one in there.stakes}
    ours = {one.holder_scope_id: one.share_percent for one in state.stakes}
    for holder in sorted({*theirs, *ours} - {state.scope_id}):
        told = state.shares.get(holder, ())
        own = bool(told) and told[-1].of is None and holder in ours
        if own or not _wanted(command, holder) or theirs.get(holder) == ours.get(holder):
            continue
        percent = theirs.get(holder)
        since = max(one[-1].since for one in (there.shares.get(holder, ()), told) if one)
        since = max(over, since)
        if command.on >= since:
            continue
        if percent is None:
            ours.pop(holder)
            yield JointVentureEnded(**named, holder_scope_id=holder, effective_on=since)
        elif sum(ours.values()) - ours.get(holder, 0) + percent <= ALL_PERCENT:
            ours[holder] = percent
            yield JointVentureListed(
                **named,
                holder_scope_id=holder,
                share_percent=percent,
                effective_on=since,
                from_scope_id=there.scope_id,
            )
