"""Which facilities a member had and gave away, as rows. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.envelope import Recorded
from contracts.facilities import FacilityTransferred
from infra.readmodel import Projection


class FormerRow(NamedTuple):
    """A facility that went from a member to another; the member may have it back by now."""

    former: str
    member_id: str
    facility_id: str


def _keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case FacilityTransferred(from_member_id=former, member_id=now) as event if former != now:
            return (f"{former}~{event.facility_id}",)
        case _:
            return ()


def _evolve(key: str, row: FormerRow | None, recorded: Recorded) -> FormerRow | None:
    match recorded.event:
        case FacilityTransferred() as event:
            return FormerRow(key, event.from_member_id, event.facility_id)
        case _:
            return row


FORMERS = Projection(
    "formers",
    1,
    FormerRow,
    _keys,
    _evolve,
    (("member_id", "facility_id"),),
    frozenset({FacilityTransferred}),
)
