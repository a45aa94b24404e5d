"""What a trace says of a day of its documents, over HTTP."""

from typing import Any

from tests.door import Door


def traced_as_of_a_day(door: Door, role: str, began: str, before: str) -> None:
    """D-2 stands since `began` in the place of D-1, with 5,000 t of scrap behind it; `before` that
    day there was nothing."""
    then = door.get(role, "/coc/documents/D-2/trace", on=began)
    assert [(one["kind"], one["parts"]) for one in then["nodes"]] == [
        ("post_consumer_scrap", then["whole"])
    ]
    assert then["state"] == "confirmed"
    assert then["nodes"][0]["carries"]["kg"] == 5_000_000, "inside the period too"
    early = door.get(role, "/coc/documents/D-2/trace", on=before)
    assert [node["kind"] for node in early["nodes"]] == ["unknown"], "nothing had come by then"
    assert early["state"] == "not_issued"
    stood = door.get(role, "/coc/documents/D-1/trace", on=began)
    assert stood["state"] == "superseded", "what stands in its place is of the same day"
    assert {one["changed_on"] for one in (then, stood)} == {None}


def ends_together(own: dict[str, Any], masked: dict[str, Any]) -> None:
    """What a seller and its buyer are told of the same ends: all of it is the seller's scrap."""
    [whole] = own["totals"]
    assert (whole["scope_id"], whole["stage"]) == ("K-smelter-S", "aluminium")
    assert (whole["member_id"], whole["parts"]) == ("K-smelter", own["whole"])
    for told, carries in ((own["mix"], True), (masked["mix"], False)):
        assert sum(one["parts"] for one in told) == own["whole"]
        assert {one["carries"] is not None for one in told} == {carries}
    [hidden] = masked["totals"]
    assert (hidden["masked"], hidden["share"], hidden["scope_id"]) == (True, "1", None)
