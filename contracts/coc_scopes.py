"""A facility is in one open scope for an activity: what goes from one to the other, on a day; that
nothing is left to be certified; and a joint venture's holder that has a share, and none any more.

Source: sources.md 5.6, rules 1, 2, 4 and 7. Streams `coc_scope/<scope>` of `coc_ledger`.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from .custody import ScopeId
from .envelope import Event
from .values import FacilityId, MemberId, PlainDecimal

Percent = Annotated[PlainDecimal, Field(gt=0, le=100)]


class ScopeFacilitiesCame(Event):
    """From `effective_on` on the `facilities` that the scope was opened to take over are in it: on
    that day `from_scope_id` goes over into it, and has them no longer."""

    TYPE: ClassVar[str] = "coc.scope_facilities_came.v1"
    scope_id: ScopeId
    member_id: MemberId
    from_scope_id: ScopeId
    facilities: tuple[FacilityId, ...]
    effective_on: date


class PsObligationEnded(Event):
    """From `effective_on` on the Performance Standard has nothing left to cover of what was due: of
    all (no facility named), since each facility with which the scope was opened has left, and no
    certificate covered any of them; or of all or one facility, since the scope has gone over by
    then (sources.md 5.6, rules 1, 2 and 7). What is added has a last day of its own, and so has
    what another scope takes over."""

    TYPE: ClassVar[str] = "coc.ps_obligation_ended.v1"
    scope_id: ScopeId
    member_id: MemberId
    effective_on: date
    facility_id: FacilityId | None = None


class JointVentureListed(Event):
    """`holder_scope_id` has a share of this scope's output without controlling it; this scope
    accounts for it (sources.md 5.6, rule 4); until then of `from_scope_id` (rule 7). It stands
    `in_place_of` the holders that went over into it, whose shares end with it."""

    TYPE: ClassVar[str] = "coc.joint_venture_listed.v1"
    scope_id: ScopeId
    member_id: MemberId
    holder_scope_id: ScopeId
    share_percent: Percent
    effective_on: date
    from_scope_id: ScopeId | None = None
    in_place_of: tuple[ScopeId, ...] = ()


class JointVentureEnded(Event):
    """From `effective_on` on `holder_scope_id` has no share of this scope's output any more."""

    TYPE: ClassVar[str] = "coc.joint_venture_ended.v1"
    scope_id: ScopeId
    member_id: MemberId
    holder_scope_id: ScopeId
    effective_on: date


EVENTS: tuple[type[Event], ...] = (
    ScopeFacilitiesCame, PsObligationEnded, JointVentureListed, JointVentureEnded,
)  # fmt: skip
