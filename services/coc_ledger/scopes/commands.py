"""What may be asked of a scope: by its member, by operations, by certificates. Pure."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, SkipValidation

from contracts.coc import Months
from contracts.custody import Address, Checked, ScopeId, Topic
from contracts.values import (
    Activity,
    CertificateId,
    EntityId,
    FacilityId,
    Id,
    MemberId,
    Name,
    NoteRef,
    PersonRef,
    PlainDecimal,
)
from infra.decider import Command
from services.coc_ledger.evidence import FacilityFound

from .heirs import in_place
from .neighbours import Neighbour, neighbours, onward_from, stream_of
from .state import Scope

Facilities = Annotated[tuple[FacilityId, ...], Field(min_length=1, max_length=2_000)]
Others = Annotated[tuple[Neighbour, ...], SkipValidation]
Activities = Annotated[tuple[Activity, ...], Field(min_length=1, max_length=20)]


class ScopeBound(Command):
    """Base of all commands to `coc_scope/<id>`, given for the member that owns it."""

    scope_id: ScopeId
    member_id: MemberId

    @property
    def stream(self) -> str:
        return stream_of(self.scope_id)


class OpenScope(ScopeBound):
    """Keep accounts for a certification scope. `starts_on` is the first day of the first period;
    entity, facilities and certificates are looked up. A scope that is to take over another one,
    `successor_of`, may be opened before that goes over: the facilities of the other one come with
    it. `rivals` are the entity's scopes that rows know, `others` all of its scopes, as they are
    when this is decided: of two that are opened at once with one facility, one is refused."""

    NAME: ClassVar[str] = "open_scope"
    FILLED: ClassVar[frozenset[str]] = frozenset(
        {"on", "entity_member_id", "joined_on", "found", "checked", "behind_s", "rivals", "others"}
    )
    entity_id: EntityId
    name: Name
    address: Address
    facilities: Facilities
    activities: Activities
    starts_on: date
    months: Months = 12
    successor_of: ScopeId | None = None
    entity_member_id: MemberId | None = None
    joined_on: date | None = None
    found: tuple[FacilityFound, ...] = ()
    checked: Checked
    behind_s: int
    rivals: tuple[ScopeId, ...] = ()
    others: Others = ()

    def fresh(self, state: Callable[[str], Any]) -> Self:
        seen = neighbours(self.scope_id, self.entity_id, self.starts_on, self.rivals, state)
        return self.model_copy(update={"others": seen})


class AddScopeFacility(ScopeBound):
    """One more facility in the scope. `joined_on`, `rivals` and `others` as above."""

    NAME: ClassVar[str] = "add_scope_facility"
    FILLED: ClassVar[frozenset[str]] = frozenset(
        {"on", "joined_on", "found", "checked", "behind_s", "rivals", "others"}
    )
    facility_id: FacilityId
    activities: Activities
    joined_on: date | None = None
    found: tuple[FacilityFound, ...] = ()
    checked: Checked
    behind_s: int
    rivals: tuple[ScopeId, ...] = ()
    others: Others = ()

    def fresh(self, state: Callable[[str], Any]) -> Self:
        entity_id = state(self.stream).entity_id
        if not entity_id:
            return self
        seen = neighbours(self.scope_id, entity_id, self.on, self.rivals, state)
        return self.model_copy(update={"others": seen})


class ChangePeriod(ScopeBound):
    """Other periods from a day to come on, within the longest that one may have from today. It
    stands in the place of a change that has not begun."""

    NAME: ClassVar[str] = "change_period"
    starts_on: date
    months: Months


class ListContractor(ScopeBound):
    """Take an outsourcing contractor into the scope. All three must be so."""

    NAME: ClassVar[str] = "list_contractor"
    contractor_id: Id
    name: Name
    title_stays: bool
    keeps_records: bool
    risks_controlled: bool


class DelistContractor(ScopeBound):
    """Take a contractor out of the scope."""

    NAME: ClassVar[str] = "delist_contractor"
    contractor_id: Id


class ListJointVenture(ScopeBound):
    """Another scope has a share of this one's output without controlling it; with a share of 0 it
    has none any more, from today on. `holder_known`: there is such a scope, when this is decided;
    `holder_ended`: since when it is none any more; `places`: holders that went over into it."""

    NAME: ClassVar[str] = "list_joint_venture"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "holder_known", "holder_ended", "places"})
    holder_scope_id: ScopeId
    share_percent: Annotated[PlainDecimal, Field(ge=0, lt=100)]
    holder_known: bool = False
    holder_ended: date | None = None
    places: tuple[ScopeId, ...] = ()

    def fresh(self, state: Callable[[str], Any]) -> Self:
        one = self.holder_scope_id
        there: Scope = state(stream_of(one))
        ended = there.ends_before if (there.ends_before or date.max) <= self.on else None
        told = [stake.holder_scope_id for stake in state(self.stream).stakes]
        mine = tuple(name for name in told if name != one and in_place(name, self.on, state) == one)
        known = {"holder_known": bool(there.scope_id), "holder_ended": ended}
        return self.model_copy(update={**known, "places": mine})


class RecordDueDiligence(ScopeBound):
    """A supplier of non-CoC material was looked at."""

    NAME: ClassVar[str] = "record_due_diligence"
    supplier_id: Id
    topics: Annotated[tuple[Topic, ...], Field(min_length=1, max_length=10)]
    performed_on: date
    valid_through: date | None = None
    record_ref: NoteRef | None = None


class ApproveScopeTransfer(ScopeBound):
    """The scope goes over into another one: its pools end before the day, their balances move.
    `goes_over` are the scopes into which the other one does, whenever that is: as they are when
    this is decided, since two that are approved at once may lead back into each other."""

    NAME: ClassVar[str] = "approve_scope_transfer"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "approver", "known_to", "goes_over"})
    to_scope_id: ScopeId
    effective_on: date
    approver: PersonRef
    known_to: bool = False
    goes_over: tuple[ScopeId, ...] = ()

    def fresh(self, state: Callable[[str], Any]) -> Self:
        onward = onward_from(self.to_scope_id, state)
        target = state(stream_of(self.to_scope_id))
        last = target.ends_before
        stays = bool(target.scope_id) and (last is None or self.effective_on < last)
        return self.model_copy(update={"known_to": stays, "goes_over": onward})


class NotePsCertificate(ScopeBound):
    """Internal: the entity has a certificate to the Performance Standard for these facilities."""

    NAME: ClassVar[str] = "note_ps_certificate"
    certificate_id: CertificateId
    facilities: tuple[FacilityId, ...]
    effective_on: date


class TakeFacilities(ScopeBound):
    """Internal: `from_scope_id`, whose `member_id` this is, goes over into this scope on a day."""

    NAME: ClassVar[str] = "take_facilities"
    from_scope_id: ScopeId
    effective_on: date


class TakePartners(ScopeBound):
    """Internal: `from_scope_id`, whose `member_id` this is, goes over into this scope. Who works
    for it, who has a share in it and whom it looked at comes along; `about` one of them alone,
    where that is told later. `there` is that scope, as it is when this is decided."""

    NAME: ClassVar[str] = "take_partners"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "there"})
    from_scope_id: ScopeId
    about: Id | None = None
    there: Annotated[Scope | None, SkipValidation] = None

    def fresh(self, state: Callable[[str], Any]) -> Self:
        return self.model_copy(update={"there": state(stream_of(self.from_scope_id))})


class NoteFacilityLeft(ScopeBound):
    """Internal: membership told that a facility went to another entity, or was closed; none of the
    scope's other facilities does these `activities`."""

    NAME: ClassVar[str] = "note_facility_left"
    facility_id: FacilityId
    effective_on: date
    because: Literal["transferred", "closed"]
    activities: tuple[Activity, ...] = ()
