"""In the terminal: the trace of a document in whose place another one stands."""

import io

from rich.console import Console

from castmark import coc
from tests.api.test_custody_commands import TRACE


def test_a_trace_of_a_document_that_was_replaced_names_what_stands_in_its_place() -> None:
    out = Console(file=io.StringIO(), width=200)
    coc.trace({**TRACE, "replaced_by": "D-1b"}, out)
    coc.trace({**TRACE, "replaced_by": None}, out)
    assert isinstance(out.file, io.StringIO)
    assert out.file.getvalue().count("was replaced by D-1b: ask for the trace of that") == 1


def test_a_trace_of_a_day_before_the_document_was_replaced_says_since_when_it_is() -> None:
    out = Console(file=io.StringIO(), width=200)
    told = {**TRACE, "replaced_by": "D-1b", "replaced_on": "2026-06-09", "state": "confirmed"}
    coc.trace({**told, "on": "2026-06-08"}, out)
    assert isinstance(out.file, io.StringIO)
    before = out.file.getvalue()
    assert "was replaced by D-1b from 2026-06-09 on, after the day asked about" in before
    assert "ask for the trace" not in before
    coc.trace({**told, "on": "2026-06-09"}, out)
    assert "D-1b from 2026-06-09 on: ask for the trace of that" in out.file.getvalue()
