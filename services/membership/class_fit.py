"""Whether a member's class fits what its facilities do: noticed, never undone. Pure.

Rule: sources.md 1.1: mining, refining and smelting force class PT. An application or a change of
class that says otherwise is refused (`guards.check_class`). A facility is another matter: a member
that buys a smelter has it, and a register that refused it would be wrong. So the facility is taken,
and the member's stream says that class and facilities contradict each other, until somebody changes
the class or the facility goes. One facility is named: one is enough to act on, and a file of
thousands adds no more than one event.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.contradictions import ClassContradicted, ClassContradictionSettled
from contracts.values import Activity, FacilityId, MembershipClass, Value
from infra.policy import Policies

from .commands import MemberCommand
from .guards import WANTED, forcing
from .story import Story


class SiteEvidence(Value):
    """An open facility of the member, and what it does."""

    facility_id: FacilityId
    activities: tuple[Activity, ...]


class ReviewClass(MemberCommand):
    """Facilities were heard of, or the class is another. `whole`: whatever the member does at all
    is done by one of the facilities named; otherwise there may be more."""

    NAME: ClassVar[str] = "review_class"
    sites: Annotated[tuple[SiteEvidence, ...], Field(max_length=len(Activity))]
    whole: bool


def review(command: ReviewClass, story: Story, policies: Policies) -> None:
    """Tell that class and facilities contradict each other, or no longer do."""
    state, known = story.state, story.state.contradiction
    membership_class = state.membership_class
    if state.status != "member" or membership_class is None:
        return
    policy = policies.on(command.on)
    found = {
        site.facility_id: doing
        for site in command.sites
        if membership_class is not WANTED and (doing := forcing(site.activities, policy))
    }
    if not found:
        if command.whole:
            settled(story)
        return
    if known is not None and known.membership_class is membership_class:
        same = found.get(known.facility_id) == known.activities
        if same or not (command.whole or known.facility_id in found):
            return
    facility_id = known.facility_id if known and known.facility_id in found else next(iter(found))
    story.tell(_contradicted(story, membership_class, facility_id, found, policy.policy_id))


def _contradicted(
    story: Story,
    membership_class: MembershipClass,
    facility_id: FacilityId,
    found: dict[FacilityId, tuple[Activity, ...]],
    policy_id: str,
) -> ClassContradicted:
    return ClassContradicted(
        member_id=story.state.member_id,
        membership_class=membership_class,
        wanted_class=WANTED,
        facility_id=facility_id,
        activities=found[facility_id],
        noticed_on=story.on,
        policy_id=policy_id,
    )


def settled(story: Story) -> None:
    """Class and facilities fit each other; told if they did not before."""
    if story.state.contradiction is not None:
        story.tell(ClassContradictionSettled(member_id=story.state.member_id, settled_on=story.on))
