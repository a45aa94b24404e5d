"""Differences between two states are found, all of them, and told so that a person reads them."""

from simulator.compare import ABSENT, Difference, differences, report

EXPECTED = {"members": {"m1": {"status": "active", "reasons": []}, "m2": {"status": "resigned"}}}


def test_equal_states_have_no_differences() -> None:
    assert differences(EXPECTED, {"members": dict(EXPECTED["members"])}) == []
    assert report([], title="2025-05-31") == "2025-05-31: no differences"


def test_each_leaf_that_differs_is_one_difference() -> None:
    actual = {"members": {"m1": {"status": "suspended", "reasons": ["other"]}, "m3": {}}}
    assert differences(EXPECTED, actual) == [
        Difference(("members", "m1", "reasons"), [], ["other"]),
        Difference(("members", "m1", "status"), "active", "suspended"),
        Difference(("members", "m2"), {"status": "resigned"}, ABSENT),
        Difference(("members", "m3"), ABSENT, {}),
    ]


def test_a_number_is_not_a_switch_and_none_is_not_absent() -> None:
    assert differences({"a": 1}, {"a": True}) == [Difference(("a",), 1, True)]
    assert differences({"a": None}, {}) == [Difference(("a",), None, ABSENT)]


def test_a_report_groups_by_subject_and_stops() -> None:
    found = differences(EXPECTED, {"members": {"m1": {"status": "x", "reasons": [1]}}})
    assert report(found, limit=2, title="day").splitlines() == [
        "day: 3 differences",
        "  members m1",
        "    reasons: expected [], got [1]",
        "    status: expected active, got x",
        "  and 1 more",
    ]
