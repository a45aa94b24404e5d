"""Pages of the chain of custody as data: traces, the flow."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from services.portal import custody, flow
from services.portal.sankey import Box, placed


def node(level: int, kind: str, parts: int, *, final: bool, masked: bool = False) -> dict[str, Any]:
    where = {"document": None, "pool": None}
    return {"level": level, "kind": kind, "parts": parts, "final": final, "masked": masked, **where}


def test_a_trace_of_a_past_day_tells_beside_each_part_what_is_known_since() -> None:
    told = {"known_since": "2026-06-01", "became": "withdrawn", "became_on": "2026-06-09"}
    past = {**node(1, "document", 1, final=True), "told": told}
    found = custody.entries_of({"whole": 1, "nodes": [past, node(1, "held", 0, final=True)]})
    assert [one.told for one in found] == [told, None]


def test_each_level_of_a_trace_is_the_whole() -> None:
    told = {
        "whole": 100,
        "nodes": [
            node(1, "document", 70, final=False),
            node(1, "post_consumer_scrap", 30, final=True),
            node(2, "post_consumer_scrap", 70, final=True, masked=True),
        ],
    }
    drawn = custody.levels_of("D", True, custody.entries_of(told))
    assert drawn is not None
    for level in drawn.levels:
        assert sum(share.percent for share in level.shares) == 100
    assert [share.look for share in drawn.levels[1].shares] == ["masked", "above"]
    assert "masked 70.0 %" in drawn.told


def test_a_part_says_what_is_known_of_its_footprint() -> None:
    carries = {"kg": 10, "known_kg": 4, "emission_g": 40_000, "partial_g": 20_000}
    nodes = [{**node(1, "document", 60, final=True), "carries": carries}]
    nodes += [{**node(1, "overdraft", 40, final=True, masked=True), "carries": None}]
    first, second = custody.entries_of({"whole": 100, "nodes": nodes})
    assert (first.per_kg, first.known) == (Decimal(6), Decimal(40))
    assert (second.per_kg, second.known) == (None, Decimal(0))


def test_thin_parts_are_drawn_together_and_still_count() -> None:
    thin = [node(1, "post_consumer_scrap", 1, final=True) for _ in range(600)]
    told = {"whole": 10_000, "nodes": [node(1, "document", 9_400, final=True), *thin]}
    drawn = custody.levels_of("D", True, custody.entries_of(told))
    assert drawn is not None
    [level] = drawn.levels
    assert [(share.name, share.percent) for share in level.shares] == [
        ("CoC document", Decimal(94)),
        ("small parts", Decimal(6)),
    ]


def flowing(source: str, target: str, kg: int, status: str = "coc") -> dict[str, Any]:
    return {"source": source, "target": target, "status": status, "kg": kg}


POOL = "pool:aluminium:europe"
FLOW = {
    "links": [
        flowing("coc_market:aluminium", POOL, 3_000_000),
        flowing("conversion:alumina", POOL, 1_000_000, "non_coc"),
        flowing(POOL, "coc_market:aluminium", 2_000_000),
        flowing(POOL, "non_coc_market:aluminium", -500_000, "non_coc"),
        flowing("pool:alumina:gulf", "conversion:alumina", 9_000_000, "non_coc"),
    ],
    "withheld": [{"source": "pool:bauxite", "target": "conversion:bauxite", "status": "coc"}],
}


def test_a_flow_is_told_by_stage_and_seen_from_its_pools() -> None:
    alumina, aluminium = flow.flow_of(FLOW, "2025")
    assert [line.target for line in alumina.lines] == ["Made into aluminium"]
    named = [(line.source, line.target) for line in aluminium.lines]
    assert named[0] == ("Bought as CoC", "Works in Europe")
    assert named[1] == ("From alumina", "Works in Europe")
    assert named[2] == ("Works in Europe", "Sold as CoC")
    assert aluminium.asked is not None
    [pool] = aluminium.asked.columns[1]
    assert pool.value == 4
    assert len(aluminium.asked.bands) == 3, "what was taken back is in the table alone"
    [held] = flow.withheld_of(FLOW)
    assert (held.stage, held.target, held.kg) == ("bauxite", "Made into alumina", None)


def test_the_public_flow_names_the_region_of_registration_as_such() -> None:
    _, aluminium = flow.flow_of(FLOW, "2025", public=True)
    assert (aluminium.lines[0].target, aluminium.lines[2].source) == ("Registered in Europe",) * 2


def test_boxes_of_a_column_do_not_overlap_and_share_a_scale() -> None:
    columns = (
        tuple(Box(f"0 {at}", str(at), Decimal(value)) for at, value in enumerate((90, 5, 4, 1))),
        (Box("1 all", "all", Decimal(100)),),
        (),
    )
    spots, scale = placed(columns)
    assert spots["1 all"].height == pytest.approx(100 * scale)
    tops = [spots[f"0 {at}"] for at in range(4)]
    for above, below in pairwise(tops):
        assert below.foot + below.height < above.foot
    assert all(one.foot >= -0.02 and one.foot + one.height <= 1.02 for one in spots.values())


def day_of(day: str, designated_kg: int, available_kg: int) -> dict[str, Any]:
    return {"day": day, "designated_kg": designated_kg, "available_kg": available_kg}


def test_the_running_balance_of_a_small_scope_is_told_in_tonnes() -> None:
    balance = {"scope_id": "re-10", "stage": "aluminium", "on": "2026-03-09"}
    days = [day_of("2026-01-05", 0, 900_000), day_of("2026-02-05", 450_000, 450_000)]
    found = custody.running_of(balance, days)
    assert found is not None
    assert "On 5 Feb 2026: claimed 450.0 t, still 450.0 t." in found.told
    assert (found.unit, found.days[-1].available) == ("t", Decimal(450))
    large = custody.running_of(balance, [day_of("2026-01-05", 4_000_000, 6_000_000)])
    assert large is not None
    assert "claimed 4.0 kt, still 6.0 kt." in large.told
    assert custody.running_of(balance, []) is None
