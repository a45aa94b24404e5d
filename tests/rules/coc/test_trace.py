"""A trace's parts add up, whatever the graph; what is hidden still counts."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from services.coc_ledger.traces.trace import (
    WHOLE,
    Link,
    Node,
    Total,
    final_parts,
    masked,
    shared,
    totals,
    walk,
)

GRAPH: Mapping[str, Sequence[Link]] = {
    "mill": [Link("document", 600, "D-1", "smelter", ("M-1", "M-2")), Link("scrap", 200)],
    "smelter": [Link("earlier_stage", 10, None, "refinery", ("M-1",))],
    "refinery": [Link("own_mine", 5, None, None, ("M-1",))],
}


def load(pools: Sequence[str]) -> Mapping[str, Sequence[Link]]:
    return {pool: GRAPH[pool] for pool in pools if pool in GRAPH}


def test_a_lot_is_followed_to_its_mine() -> None:
    nodes = walk({"mill": WHOLE}, load, 8)
    ends = {node.kind: node.parts for node in nodes if node.final}
    assert ends == {"scrap": WHOLE // 4, "own_mine": WHOLE * 3 // 4}
    assert [node.level for node in nodes] == [1, 1, 2, 3]


def test_what_lies_deeper_than_was_asked_is_one_node() -> None:
    nodes = walk({"mill": WHOLE}, load, 1)
    assert {node.kind for node in nodes if node.final} == {"scrap", "beyond"}
    assert final_parts(nodes) == WHOLE


def test_what_is_hidden_says_nothing_and_still_counts() -> None:
    nodes = walk({"mill": WHOLE}, load, 8)
    shown = masked(nodes, lambda node: "M-2" in node.seen_by)
    assert final_parts(shown) == WHOLE
    hidden = [node for node in shown if node.masked]
    assert hidden
    assert all((one.document, one.pool, one.seen_by) == (None, None, ()) for one in hidden)


LINKS = some.lists(
    some.builds(
        Link,
        kind=some.just("document"),
        kg=some.integers(0, 10**6),
        document=some.none(),
        pool=some.sampled_from(["a", "b", "c", None]),
    ),
    max_size=4,
)


@given(some.dictionaries(some.sampled_from(["a", "b", "c"]), LINKS), some.integers(1, 8))
def test_parts_add_up_in_any_graph_with_any_loop(graph: dict[str, list[Link]], depth: int) -> None:
    nodes = walk({"a": WHOLE}, lambda pools: graph, depth)
    assert final_parts(nodes) == WHOLE


@given(some.integers(0, 10**13), some.lists(some.integers(0, 10**9), min_size=1, max_size=9))
def test_nothing_is_lost_by_sharing(parts: int, weights: list[int]) -> None:
    if sum(weights):
        shares = shared(parts, weights)
        assert sum(shares) == parts
        assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if not weight)


PLACES: Mapping[str, Sequence[Link]] = {
    "mill:aluminium:2026-01-01": [
        Link("document", 500, "D-1", "smelter:aluminium:2026-01-01", ("M-1", "M-2")),
        Link("document", 100, "D-2", "smelter:aluminium:2025-01-01", ("M-1", "M-2")),
        Link("document", 100, "D-3", "far:aluminium:2026-01-01", ("M-3", "M-2")),
        Link("post_consumer_scrap", 33, None, None, ("M-2",)),
    ],
    "smelter:aluminium:2026-01-01": [
        Link("post_consumer_scrap", 7, None, None, ("M-1",)),
        Link("own_mine", 4, None, None, ("M-1",)),
    ],
    "smelter:aluminium:2025-01-01": [Link("own_mine", 5, None, None, ("M-1",))],
    "far:aluminium:2026-01-01": [Link("own_mine", 5, None, None, ("M-3",))],
}
MILL = {"mill:aluminium:2026-01-01": WHOLE}


def seen_by(member: str, depth: int = 8) -> list[Total]:
    nodes = walk(MILL, lambda pools: {one: PLACES[one] for one in pools if one in PLACES}, depth)
    shown = masked(nodes, lambda node: member in ("ops", *node.seen_by))
    return totals(shown, lambda node: member in ("ops", *node.seen_by[:1]))


def test_the_ends_of_a_trace_are_told_together_by_what_they_are_and_where() -> None:
    found = [(one.kind, one.scope_id, one.member_id, one.ends) for one in seen_by("ops")]
    assert found == [
        ("post_consumer_scrap", "smelter", "M-1", 1),
        ("own_mine", "smelter", "M-1", 2),
        ("own_mine", "far", "M-3", 1),
        ("post_consumer_scrap", "mill", "M-2", 1),
    ]


def test_masked_ends_are_together_and_name_no_place() -> None:
    hidden = [one for one in seen_by("M-2") if one.masked]
    assert [(one.kind, one.ends) for one in hidden] == [("own_mine", 1), ("post_consumer_scrap", 1)]
    assert {(one.scope_id, one.stage, one.member_id) for one in hidden} == {(None, None, None)}
    [own] = [one for one in seen_by("M-2") if not one.masked]
    assert (own.kind, own.scope_id, own.stage) == ("post_consumer_scrap", "mill", "aluminium")


@given(some.sampled_from(["ops", "M-1", "M-2", "M-3"]), some.integers(1, 4))
def test_shares_of_all_ends_are_one_whoever_looks_and_however_far(viewer: str, depth: int) -> None:
    found = seen_by(viewer, depth)
    assert sum(one.parts for one in found) == WHOLE
    assert sum(Decimal(one.share) for one in found) == 1


def test_who_sees_the_other_side_alone_is_not_told_where_an_end_lies() -> None:
    pool = "one:aluminium:2026-01-01"
    node = Node(1, "unclaimed", WHOLE, True, None, None, ("M-1", "M-2"), at=pool)
    [theirs] = totals([node], lambda one: "M-2" in one.seen_by[:1])
    [own] = totals([node], lambda one: "M-1" in one.seen_by[:1])
    assert (theirs.scope_id, theirs.member_id) == (None, None)
    assert (own.scope_id, own.member_id) == ("one", "M-1")
