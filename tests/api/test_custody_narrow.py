"""`castmark coc` as a clerk reads it: clear words, and in a narrow window nothing is cut."""

import io
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from rich.console import Console

from castmark import coc
from castmark.client import Refusal
from castmark.coc_document import document
from castmark.coc_trace import trace

from .test_custody_commands import BALANCE, CLOSED, Told

POOL = "NORD-casthouse-works:aluminium:2025-01-01"
DOCUMENT = "CAST-2025-0001"
LOT = {"kg": 2_000_000, "known_kg": 0, "emission_g": 0, "partial_g": 500_000_000}
GOES_ON: Mapping[str, Any] = {
    "level": 1, "kind": "document", "parts": 700, "final": False, "document": DOCUMENT,
    "pool": POOL, "masked": False, "carries": LOT,
    "told": {"known_since": "2025-01-10", "became": None, "became_on": None},
}  # fmt: skip
ENDS: Mapping[str, Any] = {
    **GOES_ON, "kind": "recovered_from_dross", "parts": 300, "final": True, "document": None,
    "pool": None, "told": None,
}  # fmt: skip
FOUND: Mapping[str, Any] = {"number": "D-1", "whole": 1_000, "nodes": [GOES_ON, ENDS]}


def traced(width: int, **told: Any) -> str:
    """What a trace prints in a window so wide."""
    out = Console(file=io.StringIO(), width=width)
    trace({**FOUND, **told}, out)
    assert isinstance(out.file, io.StringIO)
    shown = out.file.getvalue()
    assert max(map(len, shown.splitlines())) <= width
    return shown


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_pools_and_documents_of_a_trace_stand_whole_in_one_line(width: int) -> None:
    shown = traced(width)
    assert POOL in shown
    assert DOCUMENT in shown
    assert "70.0000" in shown
    assert "…" not in shown


@pytest.mark.parametrize("width", [40, 60])
def test_what_has_no_room_in_one_line_goes_on_in_the_next(width: int) -> None:
    shown = traced(width)
    lines = shown.splitlines()
    head = next(line for line in lines if "what" in line)
    start, end = head.index("what"), head.index("share %")
    assert "70.0000" in shown
    assert "…" not in shown
    assert f"{DOCUMENT}{POOL}" in "".join(line[start:end].strip() for line in lines)


def test_a_trace_of_a_past_day_tells_of_what_is_so_still_in_any_window() -> None:
    for width in (60, 80, 200):
        shown = traced(width, on="2025-01-10", state="confirmed")
        assert "2025-01-10" in shown
        assert "from None" not in shown


def test_a_trace_says_which_way_it_goes_and_where_it_goes_on() -> None:
    shown = traced(80)
    assert "where the metal of D-1 comes from" in shown
    assert "... goes on at the next level" in shown
    assert "goes on at" not in traced(80, nodes=[ENDS])
    assert "nothing is known of it" in traced(80, nodes=[])


@pytest.mark.parametrize("width", [40, 80, 200])
def test_metal_that_is_no_coc_material_stands_below_a_trace(width: int) -> None:
    lot = {"kg": 600, "known_kg": 600, "emission_g": 7_200_000, "partial_g": 0}
    rest = {"kind": "non_coc_metal", "parts": 600, "share": "0.6", "carries": lot}
    scrap = {"kind": "post_consumer_scrap", "parts": 400, "share": "0.4", "carries": None}
    shown = traced(width, mix=[rest, scrap])
    assert "12.000" in shown
    assert "60.0000" in shown
    assert "all metal that came" not in " ".join(traced(width, mix=[scrap]).split())


@pytest.mark.parametrize("width", [70, 80, 120])
def test_all_ends_together_stand_below_a_trace_and_are_a_hundred_per_cent(width: int) -> None:
    place = {"scope_id": "NORD-works", "stage": "aluminium", "member_id": "NORD"}
    third = {"kind": "own_mine", **place, "masked": False, "parts": 333, "ends": 9}
    hidden = {**third, **dict.fromkeys(place), "masked": True, "kind": "post_consumer_scrap"}
    shown = traced(width, whole=999, totals=[third, hidden, {**third, "stage": "alumina"}])
    below = shown.partition("all ends together")[2]
    assert "NORD NORD-works aluminium" in " ".join(below.split())
    assert "(not yours to see)" in below
    shares = [word for word in below.split() if word.startswith("33.")]
    assert shares == ["33.3334", "33.3333", "33.3333"], "they are 100 together"


def test_a_footprint_of_which_nothing_is_known_whole_is_told_without_idle_zeros() -> None:
    assert "at least 0.250, known for 0 %" in traced(200)


def test_proofs_with_long_names_are_told_whole_in_80_columns() -> None:
    out = Console(file=io.StringIO(), width=80)
    proof = {"origin_ref": "DECLARATION-OF-ORIGIN-2025-000000001", "masked": False,
             "scope_id": "NORD-casthouse-works-of-the-north", "supplier_id": "YARD-OF-THE-SOUTH",
             "movements": 2, "mass_kg": 12_345_678, "first_on": "2025-01-01",
             "last_on": "2025-12-03", "remarks": ["proof-in-more-than-one-scope"]}  # fmt: skip
    coc.proofs([proof], out)
    assert isinstance(out.file, io.StringIO)
    shown = out.file.getvalue()
    assert "12,345,678" in shown
    assert "…" not in shown


STANDING: Mapping[str, Any] = {
    "number": DOCUMENT, "word": "waiting", "sentence": "The check [b]waits[/b].", "state": "issued",
    "reasons": ["A reason."], "late": None, "on": "2025-01-10",
    "held": [{"certificate_id": "C-1", "standard": "Chain of Custody", "status": "suspended"}],
    "chain": [{"number": DOCUMENT}, {"number": "CAST-2025-0002"}],
}  # fmt: skip
PAPER = {"sections": [{"title": "Material", "lines": [["CoC Material", "2 000 000 kg"]]}]}


def document_said(**told: Any) -> str:
    out = Console(file=io.StringIO(), width=200)
    document({**STANDING, **told}, PAPER, out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_a_document_says_first_whether_it_is_good_and_then_what_it_says() -> None:
    shown = document_said()
    assert shown.startswith(f"{DOCUMENT} is not confirmed yet: The check [b]waits[/b].\nA reason.")
    assert "certificate C-1 (Chain of Custody): suspended on 2025-01-10" in shown
    assert "Material\n  CoC Material: 2 000 000 kg" in shown
    assert "replaces, or is replaced by: CAST-2025-0002" in shown
    assert "is confirmed, and not checked yet" in document_said(state="pending_check")


def balance_said(**told: Any) -> str:
    out = Console(file=io.StringIO(), width=200)
    coc.balance({**BALANCE, **told}, out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_a_rule_that_is_the_same_as_in_the_line_above_is_told_once() -> None:
    line = {"name": "x", "kg": 1, "how": "so", "source": "rule 5.3", "evidence": "verified"}
    assert balance_said(working=[line, line, line]).count("rule 5.3") == 1


def test_nothing_to_sell_is_told_without_a_day_until_which_it_may_be_sold() -> None:
    shown = balance_said(answer={**BALANCE["answer"], "kg": 0, "ahead_kg": 0})
    assert "0 kg may be sold as CoC by a document of 2026-03-09: no more is covered" in shown
    assert "what is left then" not in shown


def test_metal_that_left_is_called_so_and_not_by_the_name_of_its_account() -> None:
    shown = balance_said(carries={"outflow": BALANCE["carries"]["stock"]})
    assert "left and not claimed: incomplete, at least 4.2 kg CO2e/kg" in shown
    assert "outflow" not in shown


def test_a_single_fault_of_a_request_is_told_once_and_each_of_several() -> None:
    fault = {"pointer": "/on", "detail": "write dates so"}
    one = {"slug": "invalid-request", "detail": "query/on: write dates so", "errors": [fault]}
    assert str(Refusal(422, one)) == "invalid-request: query/on: write dates so"
    assert str(Refusal(422, {**one, "errors": [fault, fault]})).count("write dates so") == 3


def test_a_close_is_told_as_one_json_document_to_a_program() -> None:
    told = orjson.loads(Told().said("close", "S-1", "aluminium", "2026-05-01", "--json"))
    assert told["events"][0]["data"] == CLOSED


def test_what_somebody_types_stays_one_part_of_the_address() -> None:
    assert coc.part("../a b?c") == "..%2Fa%20b%3Fc"
    assert coc.part(POOL) == POOL


def closed_said(**told: Any) -> str:
    out = Console(file=io.StringIO(), width=200)
    coc.closed([{**CLOSED, "next_period": "2027-01-01", **told}], out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_a_close_says_where_its_balance_goes_and_by_when_what_is_owed_is_made_good() -> None:
    assert "1,200 kg carried over into the period from 2027-01-01, 0 kg expired" in closed_said()
    assert closed_said().count("made good") == 0
    owing = closed_said(balance_kg=0, owed_kg=1_234)
    assert "0 kg carried over, 0 kg expired, 1,234 kg owed, to be made good by the end" in owing
