"""What several deciders of a member refuse alike: no member, a day ahead, a class that does not
fit. Pure. Rules: sources.md 1.1, 1.4.
"""

from collections.abc import Sequence
from datetime import date

from contracts.values import Activity, MembershipClass
from infra.errors import Refused
from infra.policy import Figure, Policy

from .standing import ENDED, Member


def require_member(state: Member, member_id: str) -> None:
    """Refuse unless the membership runs, active or suspended."""
    if state.status == "member":
        return
    if state.status in ENDED:
        raise Refused(
            "membership-ended",
            f"The membership of {member_id} ended on {state.ended_on} ({state.status}); "
            "to come back, apply under a new member id.",
            member_id=member_id,
            status=state.status,
            ended_on=state.ended_on,
        )
    if state.status == "none":
        raise unknown(member_id)
    raise Refused(
        "not-yet-member",
        f"{member_id} has not joined: its application is {state.status.replace('_', ' ')}.",
        member_id=member_id,
        status=state.status,
    )


def unknown(member_id: str) -> Refused:
    """The refusal of a member id that was never used."""
    return Refused("unknown-member", f"There is no member {member_id}.", member_id=member_id)


def past_day(asked: date | None, today: date, what: str) -> date:
    """The day asked for, or today; refused when it lies ahead."""
    if asked is not None and asked > today:
        raise Refused(
            "day-in-the-future",
            f"{what} on {asked} cannot be recorded on {today}: record it when the day has come.",
            day=asked,
            today=today,
        )
    return asked or today


WANTED = MembershipClass.PRODUCTION_AND_TRANSFORMATION
"""The class that some activities force."""


def forcing(activities: Sequence[Activity], policy: Policy) -> tuple[Activity, ...]:
    """Those of the activities that only class PT does (sources.md 1.1), as of the policy's day."""
    words = {*policy.words("class.forces_pt"), *policy.words("class.forces_pt_since_named")}
    return tuple(one for one in activities if one.value in words)


def check_class(
    membership_class: MembershipClass, activities: tuple[Activity, ...], policy: Policy
) -> None:
    """Refuse a class that the activities do not allow (sources.md 1.1)."""
    found = [one.value for one in forcing(activities, policy)]
    if found and membership_class is not WANTED:
        raise Refused(
            "class-must-be-pt",
            f"Who does {', '.join(found)} joins class PT, Production and Transformation, "
            f"not {membership_class.value}.",
            membership_class=membership_class.value,
            activities=found,
        )


def check_activities(
    membership_class: MembershipClass, activities: tuple[Activity, ...], policy: Policy
) -> None:
    """Refuse a class without the activities that it is about."""
    needs = policy.words("application.activities_needed_by")
    if not activities and membership_class.value in needs:
        raise Refused(
            "activities-missing",
            f"Members of class {membership_class.value} name their supply-chain activities: "
            "at least one.",
            membership_class=membership_class.value,
        )


def label_of(membership_class: str, policy: Policy) -> tuple[str, Figure]:
    """How ASI calls such a member, Full or Associate, and the figure behind it (sources.md 1.1)."""
    name = "class.full" if membership_class in policy.words("class.full") else "class.associate"
    return ("Full" if name == "class.full" else "Associate"), policy.figure(name)
