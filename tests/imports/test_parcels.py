"""Rows asked for together: what becomes of them where the command for all of them fails."""

from collections.abc import Sequence
from datetime import date

from structlog.testing import capture_logs

from infra.importing.chunks import Chunk, ask
from infra.importing.kinds import Parcel
from infra.importing.rows import Row
from infra.transaction import Answer, Outcome, Request
from services.membership.facility_commands import CloseFacility
from tests.imports.test_plain import JOB


def closing(place: int) -> CloseFacility:
    return CloseFacility(facility_id=f"F-{place}", member_id="M-1", on=date(2026, 3, 9))


def outcome(request: Request) -> Outcome:
    return Outcome(request.command_id, request.command.stream, 1, 1, False, ())


def test_a_fault_of_ours_in_a_command_of_many_rows_is_written_down_and_each_row_asked_for() -> None:
    rows = [Row(number, (), None) for number in (2, 3)]
    parcel = Parcel(closing(9), (0, 1), lambda events: (), closing)
    command_id = "c-9"
    chunk = Chunk(rows, [], [Request(command_id, parcel.command, "a", "b", "c")], (parcel,))
    fault = ZeroDivisionError()

    def handle(requests: Sequence[Request]) -> Sequence[Answer]:
        return [fault if one.command_id == command_id else outcome(one) for one in requests]

    with capture_logs() as logs:
        answers = ask(chunk, handle, JOB)
    assert [one.stream for one in answers if isinstance(one, Outcome)] == [
        "facility/F-0",
        "facility/F-1",
    ]
    assert [(one["event"], one["exc_info"]) for one in logs] == [("import-parcel-failed", fault)]
