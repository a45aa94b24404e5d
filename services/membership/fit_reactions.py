"""What makes membership look again whether a member's class fits what its facilities do. Pure.

Member and facility are two streams. Whichever is heard of last asks for the review: the facility
that came, changed, moved or closed, the class that changed, and the contradiction itself, whose
facility may be gone by the time it was told.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from contracts.contradictions import ClassContradicted
from contracts.envelope import Recorded
from contracts.facilities import (
    FacilityChanged,
    FacilityClosed,
    FacilityRegistered,
    FacilityTransferred,
)
from contracts.membership import MembershipClassChanged, MembershipRestored
from contracts.values import Activity
from infra.decider import Command, Lookup

from .class_fit import ReviewClass, SiteEvidence
from .guards import WANTED
from .member_rows import MemberRow
from .rows import FacilityRow


def review_class(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """Ask the member's stream to compare its class with what is known of its facilities."""
    event = recorded.event
    match event:
        case FacilityRegistered() | FacilityChanged():
            return _came(recorded, event.member_id, event.facility_id, rows)
        case FacilityTransferred():
            return [
                *_left(recorded, event.from_member_id, event.facility_id, rows),
                *_came(recorded, event.member_id, event.facility_id, rows),
            ]
        case FacilityClosed():
            return _left(recorded, event.member_id, event.facility_id, rows)
        case ClassContradicted():
            named: FacilityRow | None = rows("facilities", event.facility_id)
            doing = set(named.activities) if named and _is_open_of(event.member_id, named) else ()
            return [] if {*event.activities} <= {*doing} else [_whole(recorded, event, rows)]
        case MembershipClassChanged() | MembershipRestored():
            member: MemberRow | None = rows("members", event.member_id)
            return [_whole(recorded, event, rows)] if _may_differ(member) else []
        case _:
            return ()


HasMember = ClassContradicted | MembershipClassChanged | MembershipRestored


def _is_open_of(member_id: str, facility: FacilityRow) -> bool:
    return facility.state == "open" and facility.member_id == member_id


def _may_differ(member: MemberRow | None) -> bool:
    """Nothing contradicts the class that the rule asks for: most members, and most imports."""
    return member is not None and member.membership_class != WANTED.value


def _came(recorded: Recorded, member_id: str, facility_id: str, rows: Lookup) -> list[Command]:
    member: MemberRow | None = rows("members", member_id)
    if member is None or not _may_differ(member):
        return []
    if member.contradicted_by == facility_id:
        return [_all_of(recorded, member_id, rows)]
    facility: FacilityRow | None = rows("facilities", facility_id)
    if facility is None or not _is_open_of(member_id, facility):
        return []
    return [_review(recorded, member_id, {facility_id: facility.activities}, whole=False)]


def _left(recorded: Recorded, member_id: str, facility_id: str, rows: Lookup) -> list[Command]:
    member: MemberRow | None = rows("members", member_id)
    if member is None or member.contradicted_by != facility_id:
        return []
    return [_all_of(recorded, member_id, rows)]


def _whole(recorded: Recorded, event: HasMember, rows: Lookup) -> Command:
    return _all_of(recorded, event.member_id, rows)


def _all_of(recorded: Recorded, member_id: str, rows: Lookup) -> Command:
    """One open facility for each thing that the member does."""
    open_ones: Sequence[FacilityRow] = rows("facilities", {"member_id": member_id, "state": "open"})
    seen: set[str] = set()
    chosen: dict[str, tuple[str, ...]] = {}
    for facility in open_ones:
        if not seen.issuperset(facility.activities):
            seen.update(facility.activities)
            chosen[facility.facility_id] = facility.activities
    return _review(recorded, member_id, chosen, whole=True)


def _review(
    recorded: Recorded, member_id: str, sites: Mapping[str, Sequence[str]], *, whole: bool
) -> ReviewClass:
    return ReviewClass(
        on=date.fromisoformat(recorded.envelope.recorded_at[:10]),
        member_id=member_id,
        sites=tuple(
            SiteEvidence(facility_id=name, activities=tuple(map(Activity, activities)))
            for name, activities in sites.items()
        ),
        whole=whole,
    )
