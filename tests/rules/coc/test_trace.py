"""A trace's parts add up, whatever the graph; what is hidden still counts."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as some

from services.coc_ledger.traces.trace import WHOLE, Link, final_parts, masked, shared, walk

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
