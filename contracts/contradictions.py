"""A member's class against what its facilities do (sources.md 1.1). Stream: `member/<id>`.

A group may buy a smelter, and the facility is taken as it is; that the class no longer fits is said
here, so that somebody changes it. Nothing follows by itself: the duty is that of the class.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from .envelope import Event
from .values import Activity, FacilityId, Id, MemberId, MembershipClass


class ClassContradicted(Event):
    """A facility of the member does what only class `wanted_class` does.

    It is open. One is named, there may be more; said again, another took its place, or the class is
    another by now."""

    TYPE: ClassVar[str] = "membership.class_contradicted.v1"
    member_id: MemberId
    membership_class: MembershipClass
    wanted_class: MembershipClass
    facility_id: FacilityId
    activities: Annotated[tuple[Activity, ...], Field(min_length=1)]
    noticed_on: date
    policy_id: Id


class ClassContradictionSettled(Event):
    """Class and facilities fit each other again.

    The class was changed, or no open facility of the member does such a thing any more."""

    TYPE: ClassVar[str] = "membership.class_contradiction_settled.v1"
    member_id: MemberId
    settled_on: date


EVENTS: tuple[type[Event], ...] = (ClassContradicted, ClassContradictionSettled)
