"""`castmark coc`: the ledger on the command line, told as it is over HTTP."""

import errno
import io
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from rich.console import Console
from typer.testing import CliRunner

from castmark import coc
from castmark.cli import main
from castmark.client import Client, Refusal
from castmark.files import written

RUN = CliRunner()
BALANCE: Mapping[str, Any] = {
    "pool": "S-1:aluminium:2026-01-01",
    "on": "2026-03-09",
    "period": {"starts_on": "2026-01-01", "ends_on": "2026-12-31"},
    "working": [
        {"name": "input", "kg": 5_000_000, "how": "[b]x[/b]", "source": "r", "evidence": "design"},
        {"name": "available", "kg": 4_900_000, "how": "the sum", "source": "", "evidence": "d"},
    ],
    "input_percentage": "50.0000",
    "policy_id": "coc-2023-04",
    "balance_until": "2027-12-31",
    "owed_by": None,
    "owed_kg": 0,
    "claimable_kg": 4_700_000,
    "claimable_how": "the least of [i]each[/i] day",
    "blocked": False,
    "made_good": False,
    "suspended_from": "2026-01-05",
    "reinstated_from": "2026-02-05",
    "answer": {"kg": 4_700_000, "ahead_kg": 200_000, "until": "2026-12-31", "barred": None,
               "because": "the period ends", "known_through_position": 9, "behind_s": 75,
               "known": "Known through [i]9[/i].", "waits": "A document waits: [b]75 s[/b]."},
    "carries": {
        "stock": {"kg": 7_000, "intensity": None, "known_percent": "50", "known_part": "8.1",
                  "at_least": "4.2"},
    },
    "carries_as_of": "2026-03-09",
    "blocked_because": [],
}  # fmt: skip
STOP = {
    "pool": "S-1:aluminium:2025-01-01", "starts_on": "2025-01-01", "ends_on": "2025-12-31",
    "closed_on": "2026-01-09", "reason": "7 kg were claimed without cover in [b]2025[/b]",
}  # fmt: skip
TRACE: Mapping[str, Any] = {
    "number": "D-1",
    "whole": 1_000,
    "nodes": [
        {"level": 1, "kind": "document", "parts": 1_000, "final": False, "document": None,
         "pool": None, "masked": True, "carries": None},
        {"level": 2, "kind": "own_mine", "parts": 333, "final": True, "document": None,
         "pool": None, "masked": False,
         "carries": {"kg": 1_000, "known_kg": 1_000, "emission_g": 5_000_000, "partial_g": 0}},
    ],
}  # fmt: skip
CLOSED: Mapping[str, Any] = {
    "closed_on": "2027-01-02", "ends_on": "2026-12-31", "balance_kg": 1_200, "expired_kg": 0,
    "owed_kg": 0, "remarks": [{"rule": "R-34", "severity": "major", "sentence": "odd"}],
}  # fmt: skip

STAGE: Mapping[str, Any] = {
    "stage": "aluminium", "inflow_kg": 10_000_000, "output_kg": -7, "scrap_kg": None,
    "by_activity": [
        {"activity": "smelting", "inflow_kg": 9_000_001}, {"activity": None, "inflow_kg": 999_999},
    ],
}  # fmt: skip
REPORT: Mapping[str, Any] = {
    "scope_id": "S-1", "year": 2025, "state": "submitted", "due_on": "2026-06-30", "overdue": True,
    "submitted": 2, "version": 2,
    "books": {"figures_hash": "f", "books_position": 9, "same_as": None},
    "versions": [
        {"version": 1, "prepared_on": "2026-02-01", "returned_on": "2026-03-01", "stages": [STAGE]},
        {"version": 2, "prepared_on": "2026-04-01", "submitted_on": "2026-04-02",
         "stages": [STAGE]},
    ],
}  # fmt: skip
TWICE = ["proof-in-more-than-one-scope"]
PROOFS: Sequence[Mapping[str, Any]] = (
    {"origin_ref": "[b]N-1[/b]", "remarks": TWICE, "scope_id": "S-1", "supplier_id": "YARD",
     "movements": 2, "mass_kg": 12_000, "first_on": "2025-01-01", "last_on": "2025-02-03",
     "masked": False},
    {"origin_ref": "[b]N-1[/b]", "remarks": TWICE, "scope_id": None, "supplier_id": None,
     "movements": None, "mass_kg": None, "first_on": None, "last_on": None, "masked": True},
)  # fmt: skip
PREPARED: Mapping[str, Any] = {"version": 3, "books_position": 9, "stages": [STAGE]}


class Told:
    """A platform that answers as written here, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path
        if path.endswith("/balance"):
            return httpx.Response(200, json=dict(BALANCE))
        if path.endswith("/trace"):
            return httpx.Response(200, json=dict(TRACE))
        if path.endswith("/close_period"):
            return httpx.Response(200, json={"events": [{"data": dict(CLOSED)}]})
        if path.endswith("/reports/2025"):
            return httpx.Response(200, json=dict(REPORT))
        if path.endswith("/prepare_report"):
            return httpx.Response(200, json={"events": [{"data": dict(PREPARED)}]})
        if path.endswith("/proofs"):
            return httpx.Response(200, json={"items": list(PROOFS)})
        if path.endswith("/submit_report"):
            return httpx.Response(200, json={"events": []})
        if path == "/coc/scopes/S-1":
            return httpx.Response(200, json={"member_id": "M-1"})
        if path.endswith("S-1:aluminium:2026-01-01/statement"):
            return httpx.Response(200, content=b"number,day\r\n1,2026-03-09\r\n")
        problem = {"slug": "unknown-pool", "detail": "there is no pool"}
        kind = {"content-type": "application/problem+json"}
        return httpx.Response(404, content=orjson.dumps(problem), headers=kind)

    def said(self, *words: str) -> str:
        """What a command prints; it must end well."""
        out = Console(file=io.StringIO(), width=160)
        result = RUN.invoke(coc.commands(self.session, out), list(words), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        file = out.file
        assert isinstance(file, io.StringIO)
        return file.getvalue()

    def session(self) -> Client:
        client = Client({"": "http://castmark.test"}, "token")
        client.http = httpx.Client(transport=httpx.MockTransport(self))
        return client


def test_a_balance_is_told_with_its_working() -> None:
    told = Told()
    shown = told.said("balance", "S-1", "aluminium", "--on", "2026-03-09")
    assert "4,900,000" in shown
    assert "[b]x[/b]" in shown, "what others wrote is no markup"
    assert "r (design)" in shown
    assert "cover 4,700,000 kg of a claim of that day (the least of [i]each[/i] day)" in shown
    assert (
        "4,700,000 kg may be sold as CoC by a document of 2026-03-09, through 2026-12-31" in shown
    )
    assert "of it 200,000 kg only as overdraft" in shown
    assert "nothing may be" not in shown, "the scope was reinstated"
    assert "A document waits: [b]75 s[/b].\nKnown through [i]9[/i].\n" in shown
    assert "stock: incomplete, at least 4.2 kg CO2e/kg" in shown
    assert told.asked[0].url.params["on"] == "2026-03-09"
    assert orjson.loads(told.said("balance", "S-1", "aluminium", "--json")) == dict(BALANCE)


def balance_said(**told: Any) -> str:
    """What is printed of a balance that tells otherwise."""
    out = Console(file=io.StringIO(), width=200)
    coc.balance({**BALANCE, **told}, out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_a_balance_that_is_stopped_tells_the_reason_that_it_is_given() -> None:
    shown = balance_said(blocked=True, blocked_because=[STOP])
    assert "claims are stopped: nothing more is overdrawn" in shown
    assert "because 7 kg were claimed without cover in [b]2025[/b]" in shown
    assert "made good" not in shown
    assert "because 7 kg" not in balance_said()


def test_a_balance_whose_stop_was_made_good_is_not_told_as_stopped() -> None:
    shown = balance_said(blocked=False, made_good=True, blocked_because=[STOP])
    assert "claims are stopped" not in shown
    assert "what had stopped claims is made good; nothing is overdrawn in this period" in shown
    assert "because 7 kg were claimed without cover" in shown


def test_an_overdraft_that_the_books_cover_is_not_told_as_one_to_be_made_good() -> None:
    owed = {"owed_by": "2026-12-31", "owed_kg": 7_000}
    covered = balance_said(**owed, owed_covered=True)
    assert "7,000 kg of overdraft of the period before were to be made good by" in covered
    assert "by 2026-12-31: the books cover them" in covered
    assert "are to be made good by 2026-12-31" in balance_said(**owed, owed_covered=False)
    partly = balance_said(**owed, owed_open_kg=3_000)
    assert "by 2026-12-31, 3,000 kg of them not covered yet" in partly
    assert "not covered yet" not in balance_said(**owed, owed_open_kg=7_000)


def test_what_metal_carries_by_a_later_day_is_said_to_be_of_that_day() -> None:
    later = balance_said(carries_as_of="2026-04-30")
    assert "stock: on 2026-04-30, incomplete, at least 4.2 kg CO2e/kg" in later
    assert "stock: incomplete" in balance_said()


def test_a_balance_says_whether_the_step_is_in_what_the_metal_carries() -> None:
    booked = balance_said(step={"sentence": "with this step: it is booked by hand"})
    assert "7,000 kg; with this step: it is booked by hand" in booked
    assert "without this step" not in booked
    assert "step" not in balance_said(), "where nothing is told of it"


def test_a_trace_shows_shares_and_what_is_masked() -> None:
    shown = Told().said("trace", "D-1", "--direction", "downstream")
    assert "100.0000" in shown
    assert "33.3000" in shown
    assert "5.000" in shown
    assert "(not yours to see)" in shown


def test_a_trace_of_a_past_day_tells_what_is_known_since() -> None:
    out = Console(file=io.StringIO(), width=200)
    told = {"known_since": "2026-06-01", "became": "withdrawn", "became_on": "2026-06-09"}
    nodes = [{**TRACE["nodes"][0], "told": told}, *TRACE["nodes"][1:]]
    coc.trace({**TRACE, "on": "2026-05-25", "state": "not_issued", "nodes": nodes}, out)
    assert isinstance(out.file, io.StringIO)
    shown = out.file.getvalue()
    assert "what was so on 2026-05-25; the document was not issued" in shown
    assert "2026-06-01, withdrawn from 2026-06-09" in shown


def test_a_trace_of_a_past_day_tells_parts_that_still_stand_beside_those_that_do_not() -> None:
    out = Console(file=io.StringIO(), width=200)
    ended = {"known_since": "2026-06-01", "became": "check_failed", "became_on": "2026-06-09"}
    stands = {"known_since": "2026-05-02", "became": None, "became_on": None}
    nodes = [{**TRACE["nodes"][0], "told": ended}, {**TRACE["nodes"][1], "told": stands}]
    coc.trace({**TRACE, "on": "2026-05-25", "state": "confirmed", "nodes": nodes}, out)
    assert isinstance(out.file, io.StringIO)
    shown = out.file.getvalue()
    assert "2026-06-01, check failed from 2026-06-09" in shown
    assert "2026-05-02 " in shown
    assert "2026-05-02," not in shown


def test_proofs_that_are_named_twice_are_told_with_who_names_them() -> None:
    shown = Told().said("proofs", "S-1", "2025")
    assert "[b]N-1[/b]" in shown
    assert "12,000" in shown
    assert "2025-01-01 to 2025-02-03" in shown
    assert "(not yours to see)" in shown
    assert orjson.loads(Told().said("proofs", "S-1", "2025", "--json"))["items"] == list(PROOFS)
    out = Console(file=io.StringIO(), width=160)
    coc.proofs([], out)
    assert isinstance(out.file, io.StringIO)
    assert "no proof is named in two scopes" in out.file.getvalue()


def test_who_prepares_a_report_is_told_of_proofs_that_are_named_twice() -> None:
    shown = Told().said("prepare-report", "S-1", "2025")
    assert "named in two scopes, or for two suppliers: 1 (castmark coc proofs S-1 2025)" in shown


def test_a_statement_is_written_to_a_file(tmp_path: Path) -> None:
    told = Told()
    for name, form in (("a.csv", "csv"), ("b.xlsx", "xlsx")):
        told.said("statement", "S-1:aluminium:2026-01-01", "--to", str(tmp_path / name))
        assert (tmp_path / name).read_bytes().startswith(b"number,day")
        assert told.asked[-1].url.params["form"] == form


def test_a_refused_statement_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="unknown-pool"):
        Told().said("statement", "S-9:aluminium:2026-01-01", "--to", str(tmp_path / "a.csv"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("none/a.csv", "cannot-write: .*there is no folder .*none"),
        ("folder.csv", "cannot-write: .*it is a folder"),
        ("a.pdf", "unknown-format: a.pdf should end in one of .csv, .xlsx"),
        ("a", "unknown-format: a should end in one of .csv, .xlsx"),
    ],
)
def test_a_statement_without_a_place_is_refused_in_a_sentence_before_it_is_asked_for(
    place: str, why: str, tmp_path: Path
) -> None:
    told = Told()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(Refusal, match=why):
        told.said("statement", "S-1:aluminium:2026-01-01", "--to", str(tmp_path / place))
    assert told.asked == []
    assert [one.name for one in tmp_path.iterdir()] == ["folder.csv"]


def test_a_file_that_cannot_be_written_whole_leaves_what_was_there(tmp_path: Path) -> None:
    kept = tmp_path / "a.csv"
    kept.write_bytes(b"before")
    with pytest.raises(Refusal, match=r"cannot-write: .*a\.csv cannot be written: No space left"):
        fill(kept, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(KeyboardInterrupt):
        fill(kept, KeyboardInterrupt())
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]
    assert kept.read_bytes() == b"before"


def fill(to: Path, failure: BaseException) -> None:
    """Write a part of a file, and fail."""
    with written(to) as file:
        file.write(b"after")
        raise failure


def test_what_is_refused_ends_in_one_sentence_and_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `castmark` itself runs it, with a path that looks like markup."""
    words = ["castmark", "coc", "statement", "S-1:aluminium:2026-01-01", "--to", "/no[/b]e/x.csv"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    told = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 1
    assert "cannot-write: /no[/b]e/x.csv cannot be written: there is no folder /no[/b]e" in told


def test_a_period_is_closed_for_the_owner_of_the_scope() -> None:
    told = Told()
    shown = told.said("close", "S-1", "aluminium", "2026-05-01", "--command-id", "k-1")
    assert "1,200 kg carried over" in shown
    assert "R-34" in shown
    sent = told.asked[-1]
    assert sent.headers["idempotency-key"] == "k-1"
    assert orjson.loads(sent.content) == {
        "scope_id": "S-1",
        "member_id": "M-1",
        "stage": "aluminium",
        "day": "2026-05-01",
    }


def test_a_report_is_told_with_its_versions_and_that_the_books_moved_on() -> None:
    shown = Told().said("report", "S-1", "2025")
    assert "S-1 2025: submitted, due by 2026-06-30, late" in shown
    assert "version 1: prepared on 2026-02-01, returned on 2026-03-01" in shown
    assert "10,000,000" in shown
    assert re.search(r"smelting +aluminium +9,000,001", shown)
    assert re.search(r"not assigned +aluminium +999,999", shown)
    assert "the books say something else by now" in shown


MASSES = ("inflow", "input_coc", "output", "output_coc", "scrap", "losses", "stock_change")
GRAND = {f"{name}_kg": 12_345_678_901 + at for at, name in enumerate(MASSES)}
WIDE = {
    **STAGE,
    **GRAND,
    "by_activity": [{"activity": "other_manufacturing_or_sale", **GRAND}] * 2,
}


@pytest.mark.parametrize("width", [80, 60, 40])
def test_figures_of_a_report_are_whole_however_narrow_the_window_is(width: int) -> None:
    out = Console(file=io.StringIO(), width=width)
    stages = [{**WIDE, "stage": stage} for stage in ("bauxite", "alumina", "aluminium")]
    coc.figures(stages, out)
    assert isinstance(out.file, io.StringIO)
    shown = out.file.getvalue()
    for kg in GRAND.values():
        assert shown.count(f"{kg:,}") == 3 + 3 * 2, "each of a stage, and of its activities"
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= width


def test_a_balance_and_a_trace_keep_their_figures_whole_in_80_columns() -> None:
    out = Console(file=io.StringIO(), width=80)
    line = {"name": "inflow", "kg": 12_345_678_901, "how": "all that came in " * 9}
    rule = {"source": "rule 5.3", "evidence": "V:A28"}
    coc.balance({**BALANCE, "working": [{**line, **rule}]}, out)
    coc.trace(TRACE, out)
    assert isinstance(out.file, io.StringIO)
    shown = out.file.getvalue()
    assert "12,345,678,901" in shown
    assert "33.3000" in shown
    assert "…" not in shown


def test_a_report_is_prepared_and_submitted_for_the_owner_of_the_scope() -> None:
    told = Told()
    assert "version 3, of position 9" in told.said("prepare-report", "S-1", "2025")
    whose = {"scope_id": "S-1", "member_id": "M-1", "year": 2025}
    assert orjson.loads(told.asked[-1].content) == whose
    said = told.said("submit-report", "S-1", "2025", "3", "--command-id", "k-2")
    assert "it was submitted already" in said
    assert orjson.loads(told.asked[-1].content) == {**whose, "version": 3}
    assert told.asked[-1].headers["idempotency-key"] == "k-2"
