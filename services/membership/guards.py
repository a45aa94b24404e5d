"""What several deciders of a member refuse alike: no member, a day ahead, a class that does not
fit. Pure. Rules: sources.md 1.1, 1.4.
"""

from datetime import date

from contracts.values import Activity, MembershipClass
from infra.errors import Refused
from infra.policy import Policy

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


def check_class(
    membership_class: MembershipClass, activities: tuple[Activity, ...], policy: Policy
) -> None:
    """Refuse a class that the activities do not allow (sources.md 1.1)."""
    forcing = [one.value for one in activities if one.value in policy.words("class.forces_pt")]
    if forcing and membership_class is not MembershipClass.PRODUCTION_AND_TRANSFORMATION:
        raise Refused(
            "class-must-be-pt",
            f"Who does {', '.join(forcing)} joins class PT, Production and Transformation, "
            f"not {membership_class.value}.",
            membership_class=membership_class.value,
            activities=forcing,
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
