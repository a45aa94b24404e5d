"""Which years were ever submitted to a verifier, as rows. Pure.

Who was given a result has read it, whatever became of that: taken back, given to another, or
replaced by what a new owner sent. What they may read now says `seeing`; that they are no strangers
to these figures, this.
"""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.envelope import Recorded
from contracts.ghg import ResultSubmitted
from infra.readmodel import Projection


class SubmittedRow(NamedTuple):
    """A facility's year of which a result lies or lay with a verifier."""

    submitted: str
    verifier_id: str
    year: int
    facility_id: str


def _keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case ResultSubmitted() as event:
            return (f"{event.verifier_id}~{event.facility_id}:{event.year}",)
        case _:
            return ()


def _evolve(key: str, row: SubmittedRow | None, recorded: Recorded) -> SubmittedRow | None:
    match recorded.event:
        case ResultSubmitted() as event:
            return SubmittedRow(key, event.verifier_id, event.year, event.facility_id)
        case _:
            return row


SUBMITTED = Projection(
    "submitted",
    1,
    SubmittedRow,
    _keys,
    _evolve,
    (("verifier_id", "year"),),
    frozenset({ResultSubmitted}),
)
