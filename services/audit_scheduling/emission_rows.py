"""What ghg tells of a facility's calendar years, in rows: result, findings, disclosure. Pure.

A facility-year's own stream tells of data, results and disclosures, the facility's reporting of
what is due. The two come in any order, so each changes fields of its own and either makes the row.
Findings are those that are stored with a result: what follows from its data. What ghg finds on a
day, with other facilities and plans in view, is asked of ghg. Sources: sources.md 3.3, 8.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts import ghg
from contracts.envelope import Event, Recorded
from contracts.inventory import Severity
from infra.readmodel import Projection

HEAVY = frozenset({Severity.BLOCK, Severity.MAJOR})
HEAVY_KEPT = 20
UNTOLD = ""


class EmissionRow(NamedTuple):
    """A facility-year. `state` is that of the latest data: "" while there are none, `data`,
    `calculated`, `with_verifier`, `returned`, `verified`, `disclosed`. `heavy` are (rule, severity,
    sentence, source) of the latest result's findings that block or are major; `light` counts the
    others. `due_on` is the last day of a disclosure that is expected and not there."""

    facility_year: str
    facility_id: str
    year: int
    state: str = UNTOLD
    data_version: int = 0
    result: int = 0
    heavy: tuple[tuple[str, str, str, str], ...] = ()
    light: int = 0
    verified: int | None = None
    disclosed: int | None = None
    disclosed_on: date | None = None
    due_on: date | None = None
    overdue: bool = False


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
        case ghg.ResultSubmitted():
            return row._replace(state="with_verifier")
        case ghg.ResultVerified() as event:
            return row._replace(state="verified", verified=event.result)
        case ghg.ResultReturned():
            return row._replace(state="returned")
        case ghg.SubmissionWithdrawn():
            state = "calculated" if row.state == "with_verifier" else row.state
            return row._replace(state=state)
        case ghg.DisclosurePublished() as event:
            return row._replace(
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
    """A result beside others of the same data (newer factors) moves no state that came after."""
    found = [one for one in event.findings if one.severity in HEAVY]
    return row._replace(
        state="calculated" if row.state == "data" else row.state,
        result=event.result,
        heavy=tuple(
            (one.rule, one.severity.value, one.sentence, one.source) for one in found[:HEAVY_KEPT]
        ),
        light=event.findings_count - len(found),
    )


EMISSIONS = Projection(
    "emissions", 1, EmissionRow, _keys, _emission, (("facility_id", "year"),), EMISSION_EVENTS
)
