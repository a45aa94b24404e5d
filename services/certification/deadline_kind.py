"""What a deadline kind is: data that the board, calendars, reminders and the ranking read. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from contracts.envelope import Event, Recorded
from infra.policy import Evidence

from .deadline_parts import Outcome, Part

Ids = Callable[[Any], Sequence[str]]  # of the event class under which the step is listed
Fold = Callable[[Any, Part | None, Recorded], Part | None]
Derive = Callable[[Part | None, Sequence[Part]], Outcome]


class Step(NamedTuple):
    """What an event does to deadlines of a kind: which ones, and to its stream's part of them."""

    ids: Ids
    fold: Fold


class DeadlineKind(NamedTuple):
    """One kind of deadline. `figures` are names in the policy of the service `policy_of`, whose
    policy_id the opening event carries; `decided_by` is the source whose silence through the due
    day means that it was not done; `reminders` names a figure of our own policy. `own` are the
    steps of the stream that opens it, `others` those of any other stream."""

    name: str
    title: str
    rule: str
    source: str
    evidence: Evidence
    owner: Literal["member", "ops"]
    subject: str
    policy_of: str
    figures: tuple[str, ...]
    decided_by: str
    needs_audit: bool
    own: Mapping[type[Event], Step]
    others: Mapping[type[Event], Step]
    derive: Derive

    @property
    def reminders(self) -> str:
        """The figure with the days before the last one on which to remind."""
        return f"reminders.{self.name}"
