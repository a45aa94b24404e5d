"""What ghg tells of a facility's calendar years, in rows: result, findings, disclosure. Pure.

A facility-year's own stream tells of data, results and disclosures, the facility's reporting of
what is due. The two come in any order, so each changes fields of its own and either makes the row.
Findings are those that are stored with a result: what follows from its data. What ghg finds on a
day, with other facilities and plans in view, is asked of ghg. Sources: sources.md 3.3, 8.
"""

from collections.abc import Sequence
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from contracts import ghg
from contracts.envelope import Event, Recorded
from contracts.inventory import Severity
from infra.readmodel import Projection

HEAVY = frozenset({Severity.BLOCK, Severity.MAJOR})
HEAVY_KEPT = 20
BESIDE_KEPT = 8
UNTOLD = ""


Heavy = tuple[tuple[str, str, str, str], ...]
Told = tuple[Heavy, int]
"""What weighs of a result, and how many others there are."""


class EmissionRow(NamedTuple):
    """A facility-year. `state` is that of the latest data: "" while there are none, `data`,
    `calculated`, `with_verifier`, `returned`, `verified`, `disclosed`. `result` is the one by which
    the year is judged: what lies with a verifier, is verified or is public, else the latest.
    `heavy` are (rule, severity, sentence, source) of its findings that block or are major; `light`
    counts the others. `beside` tells the same of other results of those data by number, `since`
    is the last of them that nobody asked for: newer factors made it. `due_on` is the last day of a
    disclosure that is expected and not there."""

    facility_year: str
    facility_id: str
    year: int
    state: str = UNTOLD
    data_version: int = 0
    result: int = 0
    heavy: Heavy = ()
    light: int = 0
    verified: int | None = None
    disclosed: int | None = None
    disclosed_on: date | None = None
    beside: tuple[tuple[int, Told], ...] = ()
    since: int = 0
    due_on: date | None = None
    overdue: bool = False

    @property
    def settled(self) -> bool:
        """Whether no calculation of the same data takes the place of its result."""
        return self.state != "data" and (
            self.state == "with_verifier" or self.result in (self.verified, self.disclosed)
        )


EMISSION_EVENTS: frozenset[type[Event]] = frozenset(
    {
        ghg.ActivitySealed,
        ghg.ResultCalculated,
        ghg.ResultSubmitted,
        ghg.ResultVerified,
        ghg.ResultReturned,
        ghg.SubmissionWithdrawn,
        ghg.DisclosurePublished,
        ghg.DisclosureExpected,
        ghg.DisclosureReceived,
        ghg.DisclosureOverdue,
        ghg.DisclosureExcused,
    }
)


def _keys(recorded: Recorded) -> Sequence[str]:
    event: Any = recorded.event
    return (f"{event.facility_id}:{event.year}",) if type(event) in EMISSION_EVENTS else ()


def _emission(key: str, row: EmissionRow | None, recorded: Recorded) -> EmissionRow | None:
    facility_id, _, year = key.rpartition(":")
    row = row or EmissionRow(key, facility_id, int(year))
    match recorded.event:
        case ghg.ActivitySealed() as event:
            return row._replace(state="data", data_version=event.data_version)
        case ghg.ResultCalculated() as event:
            return _calculated(row, event)
        case ghg.ResultSubmitted() as event:
            return _stands(row, event.result)._replace(state="with_verifier")
        case ghg.ResultVerified() as event:
            return row._replace(state="verified", verified=event.result)
        case ghg.ResultReturned():
            return row._replace(state="returned")
        case ghg.SubmissionWithdrawn():
            state = "calculated" if row.state == "with_verifier" else row.state
            return row._replace(state=state)
        case ghg.DisclosurePublished() as event:
            return _stands(row, event.result)._replace(
                state="disclosed", disclosed=event.result, disclosed_on=event.published_on
            )
        case ghg.DisclosureExpected() as event:
            return row._replace(due_on=event.due_on, overdue=False)
        case ghg.DisclosureOverdue() as event:
            return row._replace(due_on=event.due_on, overdue=True)
        case ghg.DisclosureReceived() | ghg.DisclosureExcused():
            return row._replace(due_on=None, overdue=False)
        case _:
            return row


def _calculated(row: EmissionRow, event: ghg.ResultCalculated) -> EmissionRow:
    """A result beside one that is settled (newer factors, other warming potentials) moves no state,
    and the year is not judged by it."""
    found = [one for one in event.findings if one.severity in HEAVY]
    heavy = tuple((one.rule, one.severity.value, one.sentence, one.source) for one in found)
    told = (heavy[:HEAVY_KEPT], event.findings_count - len(found))
    if row.settled:
        since = row.since if event.because == "request" else event.result
        return _beside(row, event.result, told)._replace(since=since)
    fresh = row.state in (UNTOLD, "data")
    before = row._replace(beside=()) if fresh else _beside(row, row.result, (row.heavy, row.light))
    return before._replace(
        state="calculated" if row.state == "data" else row.state,
        result=event.result,
        heavy=told[0],
        light=told[1],
        since=0,
    )


def _stands(row: EmissionRow, result: int) -> EmissionRow:
    """The row once that result stands; as it is where the result is of data that were replaced."""
    told = dict(row.beside).get(result)
    if told is None:
        return row
    alone = row._replace(beside=tuple(one for one in row.beside if one[0] != result))
    before = _beside(alone, row.result, (row.heavy, row.light))
    return before._replace(result=result, heavy=told[0], light=told[1])


def _beside(row: EmissionRow, number: int, told: Told) -> EmissionRow:
    """The row with a result more beside the one that stands; the newest are kept."""
    every = {**dict(row.beside), number: told}
    newest = sorted(every.items(), key=itemgetter(0))[-BESIDE_KEPT:]
    return row._replace(beside=tuple(newest))


EMISSIONS = Projection(
    "emissions", 2, EmissionRow, _keys, _emission, (("facility_id", "year"),), EMISSION_EVENTS
)
