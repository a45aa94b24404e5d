"""What pages of the chain of custody say where something is known late."""

from collections.abc import Sequence
from typing import Any

from services.portal import custody
from tests.rules.portal import pages

TOLD = {"known_since": "2026-06-01", "became": "withdrawn", "became_on": "2026-06-09"}
NODE: dict[str, Any] = {
    "level": 1, "kind": "document", "parts": 1, "final": True, "document": "D-2", "pool": None,
    "masked": False, "told": TOLD,
}  # fmt: skip
STANDING: dict[str, Any] = {
    "word": "waiting", "sentence": "It waits.", "passed": True, "reasons": [], "on": "2026-05-20",
    "held": [], "known_through_position": 7, "behind_s": 75, "late": "What is known is 75 s old.",
    "state": "pending_check",
}  # fmt: skip


def said(name: str, **values: object) -> str:
    """A page of the chain of custody as who is not signed in reads it."""
    return pages.said(name, custody=custody, signed_in=False, **values)


def trace(
    on: str,
    state: str | None,
    changed_on: str | None = None,
    replaced_by: str | None = None,
    replaced_on: str | None = None,
    totals: Sequence[dict[str, Any]] = (),
    mix: Sequence[dict[str, Any]] = (),
) -> str:
    entries = custody.entries_of({"whole": 1, "nodes": [NODE]})
    return said(
        "custody_trace.html", number="D-1", direction="downstream", on=on, state=state, more=0,
        entries=entries, picture=None, changed_on=changed_on, replaced_by=replaced_by,
        replaced_on=replaced_on, ends=custody.ends_of({"totals": totals}),
        mix=custody.mix_of({"mix": mix}),
    )  # fmt: skip


def test_a_trace_of_a_past_day_tells_what_was_so_and_what_is_known_since() -> None:
    page = trace("2026-05-25", "superseded")
    assert "What was so on 25 May 2026, when the document was <strong>replaced</strong>" in page
    assert "<td>1 Jun 2026</td> <td>withdrawn from 9 Jun 2026</td>" in page
    assert "not issued yet" in trace("2026-05-25", "not_issued")


def test_a_trace_of_a_past_day_says_that_movements_told_since_have_changed_it() -> None:
    page = trace("2026-05-25", "confirmed", "2026-06-03")
    assert "Movements of that day or before were told afterwards, last on 3 Jun 2026" in page
    assert "told afterwards" not in trace("2026-05-25", "confirmed")


def test_a_trace_of_a_document_that_was_replaced_leads_to_what_stands_in_its_place() -> None:
    page = trace("", "superseded", replaced_by="D-1b")
    assert "<strong>D-1 was replaced</strong> by" in page
    assert '<a href="/custody/documents/D-1b/trace?direction=downstream">D-1b</a>' in page
    assert "was replaced" not in trace("", "confirmed")


def test_a_trace_of_a_day_before_the_document_was_replaced_says_since_when_it_is() -> None:
    before = trace("2026-05-25", "confirmed", replaced_by="D-1b", replaced_on="2026-06-09")
    assert "</a> from 9 Jun 2026 on, after the day asked about." in before
    assert "what holds now" not in before
    after = trace("2026-06-09", "superseded", replaced_by="D-1b", replaced_on="2026-06-09")
    assert "D-1b</a> from 9 Jun 2026 on: its trace tells of the metal what holds now" in after


def test_all_ends_of_a_trace_stand_together_above_its_levels() -> None:
    own = {"kind": "own_mine", "member_id": "M-1", "scope_id": "S-1", "stage": "bauxite"}
    hidden = {**own, "member_id": None, "scope_id": None, "stage": None, "kind": "overdraft"}
    rows: list[dict[str, Any]] = [
        {**own, "masked": False, "ends": 4_000, "parts": 3, "share": "0.75"},
        {**hidden, "masked": True, "ends": 2, "parts": 1, "share": "0.25"},
    ]
    page = trace("", "confirmed", totals=rows)
    first, _, second = page.partition("<h2>All ends together</h2>")[2].partition("masked</span>")
    assert '<td>M-1</td> <td>S-1</td> <td>Bauxite</td> <td class="number">4000</td>' in first
    assert '<data value="0.75">75.00</data>' in first
    assert '<data value="0.25">25.00</data>' in second
    assert "All ends together" not in trace("", "confirmed")
    many = trace("", "confirmed", totals=[{**rows[0], "share": "0.001"}] * 1_000)
    assert "And 500 more, with 50.00 % together." in many


def test_a_trace_tells_of_which_metal_a_document_is_the_average() -> None:
    lot = {"kg": 600, "known_kg": 600, "emission_g": 7_200_000, "partial_g": 0}
    rest = {"kind": "non_coc_metal", "parts": 3, "share": "0.6", "carries": lot}
    scrap = {"kind": "post_consumer_scrap", "parts": 2, "share": "0.4", "carries": None}
    page = trace("", "confirmed", mix=[rest, scrap])
    all_metal = page.partition("<h2>All metal of its pool</h2>")[2]
    assert "<td>Metal that is no CoC material</td>" in all_metal
    assert '<data value="0.6">60.00</data></td> <td class="number">12.000</td>' in all_metal
    assert '<data value="0.4">40.00</data></td> <td class="number">–</td>' in all_metal
    assert "All metal of its pool" not in trace("", "confirmed", mix=[scrap]), (
        "it is what is traced"
    )


def test_a_trace_of_today_has_no_such_columns() -> None:
    page = trace("", "confirmed")
    assert "Told on" not in page
    assert "What was so" not in page


def test_a_check_says_that_what_is_known_is_old_and_that_a_check_waits() -> None:
    paper: dict[str, Any] = {
        "number": "D-1",
        "standing": STANDING,
        "sections": [],
        "replaced_by": None,
    }
    page = said("check_document.html", paper=paper, json="/x")
    assert "What is known is 75 s old." in page
    assert "Confirmed, not checked yet" in page
    fresh = {**STANDING, "late": None, "state": "issued"}
    page = said("check_document.html", paper={**paper, "standing": fresh}, json="/x")
    assert "75 s old" not in page
    assert "Not confirmed yet" in page
