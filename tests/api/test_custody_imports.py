"""Files of movements: booked row by row, and once only, however often they come."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from services.coc_ledger.movements import imports
from services.coc_ledger.movements.packing import MovementPacking
from services.coc_ledger.pools import recent
from tests.door import Door, eventually
from tests.embedded import door_of, platform

from .test_custody import BEGAN, SMELTER, TONNE, YEAR, balance, book, opened, who

PATH = "/coc/imports"
COLUMNS = ("movement_id", "movement", "mass_t", "origin", "day")
ROWS: Sequence[tuple[str, ...]] = (
    ("IN-1", "receipt", "1000.001", "non_coc", BEGAN.isoformat()),
    ("IN-2", "receipt", "12.3456", "non_coc", BEGAN.isoformat()),
    ("OUT-1", "shipment", "900", "", BEGAN.isoformat()),
    ("LOSS-1", "loss", "0.25", "", BEGAN.isoformat()),
    ("OUT-2", "shipment", "1", "", "2024-06-01"),
)
SCOPE = f"{SMELTER}-S"
SET = [f"scope_id:{SCOPE}", "stage:aluminium"]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a certified smelter that keeps accounts, all still empty."""
    with platform(tmp_path_factory.mktemp("movements")) as host, door_of(host) as door:
        door.tick(BEGAN)
        opened(door, SMELTER)
        yield door


def as_csv(rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> bytes:
    return "\n".join(",".join(row) for row in (columns, *rows)).encode()


def load(
    door: Door,
    import_id: str,
    rows: Sequence[Sequence[str]],
    columns: Sequence[str] = COLUMNS,
    **more: Any,
) -> Any:
    """The job at its end."""
    query = {"import_id": import_id, "member_id": SMELTER, "format": "csv", "set": SET, **more}
    sent = door.ask(who(SMELTER), "POST", PATH, params=query, content=as_csv(rows, columns))
    assert sent.status_code == 202, sent.text
    return eventually(
        lambda: door.get(who(SMELTER), f"{PATH}/{import_id}"),
        lambda job: job["state"] in ("done", "failed"),
    )


def counts(job: Mapping[str, Any]) -> tuple[int, int, int]:
    return job["changed"], job["unchanged"], job["refused"]


def answers(door: Door, import_id: str) -> list[tuple[int, str, str]]:
    items = door.get(who(SMELTER), f"{PATH}/{import_id}/rows")["items"]
    return [(item["row"], item["column"], item["slug"]) for item in items]


def movements(door: Door) -> set[str]:
    door.settled()
    page = door.get(who(SMELTER), f"/coc/pools/{SCOPE}:aluminium:{YEAR}/movements")
    return {row["movement_id"] for row in page["items"]}


def test_right_rows_are_booked_once_and_wrong_ones_answered(door: Door) -> None:
    tried = load(door, "tried", ROWS, dry_run=True)
    assert counts(tried) == (3, 0, 2)
    missing = door.ask(who(SMELTER), "GET", f"/coc/pools/{SCOPE}:aluminium:{YEAR}")
    assert missing.status_code in (403, 404), "a dry run books nothing"

    first = load(door, "first", ROWS)
    assert counts(first) == (3, 0, 2)
    wrong = [(3, "mass_t", "mass-not-whole"), (6, "day", "day-ahead")]
    assert answers(door, "first") == answers(door, "tried") == wrong
    found = balance(door)["accounts"]
    assert (found["non_coc"], found["outflow"], found["losses"]) == (-1000_001, 900 * TONNE, 250)
    assert movements(door) == {"IN-1", "OUT-1", "LOSS-1"}

    rejected = door.ask(who(SMELTER), "GET", f"{PATH}/first/rejects").text
    assert rejected.splitlines()[1].startswith("IN-2,receipt,12.3456")

    second = load(door, "second", ROWS)
    assert counts(second) == (0, 3, 2), "the same file again adds nothing"
    other = load(door, "other", [("LOSS-1", "loss", "0.5", "", BEGAN.isoformat())])
    assert counts(other) == (0, 0, 1)
    assert answers(door, "other") == [(2, "movement_id", "movement-id-used")]
    assert balance(door)["accounts"] == found


def test_recycled_shares_that_are_more_than_the_metal_are_told_of_the_row(door: Door) -> None:
    """As a dry run, and as the file itself, with the column."""
    columns = (*COLUMNS, "pre_consumer_percent", "post_consumer_percent")
    rows = [("SH-1", "receipt", "1000", "non_coc", BEGAN.isoformat(), "50", "60")]
    for name, tried in (("shares-tried", True), ("shares", False)):
        assert counts(load(door, name, rows, columns, dry_run=tried)) == (0, 0, 1)
        wrong = [(2, "pre_consumer_percent", "recycled-shares-above-whole")]
        assert answers(door, name) == wrong
    assert "SH-1" not in movements(door)
    found = door.ask(who(SMELTER), "GET", "/problems/recycled-shares-above-whole")
    assert found.status_code == 200


def test_a_row_that_was_taken_back_is_not_passed_over_when_the_file_comes_again(door: Door) -> None:
    """A, then its reversal, then A: not in the books, and its sender is told, not "unchanged"."""
    day = BEGAN.isoformat()
    both = [("AGAIN-1", "loss", "0.5", "", day), ("AGAIN-2", "loss", "0.5", "", day)]
    assert counts(load(door, "again-1", both)) == (2, 0, 0)
    door.settled()
    book(door, "reverse_movement", "AGAIN-B", reverses="AGAIN-1")
    door.settled()
    before = balance(door)["accounts"]
    assert counts(load(door, "again-2", both)) == (0, 1, 1)
    assert answers(door, "again-2") == [(2, "movement_id", "movement-reversed")]
    assert counts(load(door, "again-1", both)) == (2, 0, 0), "the same import is its first answer"
    assert balance(door)["accounts"] == before
    anew = [("AGAIN-3", "loss", "0.5", "", day)]
    assert counts(load(door, "again-3", anew)) == (1, 0, 0)


def test_receipts_that_do_not_count_are_told_row_by_row_and_in_sum(door: Door) -> None:
    rows = [
        ("N-1", "receipt", "10", "post_consumer_scrap", BEGAN.isoformat()),
        ("N-2", "receipt", "10", "post_consumer_scrap", BEGAN.isoformat()),
        ("N-3", "loss", "0.5", "", BEGAN.isoformat()),
        ("N-4", "receipt", "10", "post_consumer_scrap", BEGAN.isoformat()),
        ("N-5", "receipt", "10", "pre_consumer_scrap", BEGAN.isoformat()),
    ]
    tried = load(door, "noted-tried", rows, dry_run=True)
    booked = load(door, "noted", rows)
    for job in (tried, booked):
        assert job["notes"] == {"booked-as-non-coc": 4}
        found = door.get(who(SMELTER), f"{PATH}/{job['import_id']}/notes")["items"]
        told = [(one["slug"], one["in_all"], one["rows"]) for one in found]
        assert told == [
            ("booked-as-non-coc", 3, [[2, 3], [5, 5]]),
            ("booked-as-non-coc", 1, [[6, 6]]),
        ]
        assert "The origin of the scrap is not proven" in found[0]["sentence"]
        assert "Pre-consumer scrap counts with a CoC document alone" in found[1]["sentence"]
    page = door.get(who(SMELTER), f"{PATH}/noted/notes", limit=1)
    assert (len(page["items"]), page["next"]) == (1, "2")
    again = load(door, "noted-again", rows)
    assert (counts(again), again["notes"]) == ((0, 5, 0), {})


def test_one_receipt_answers_why_it_does_not_count(door: Door) -> None:
    """As over Kafka: both answer with the events."""
    answer = door.send(
        who(SMELTER),
        "coc/receive_material",
        scope_id=SCOPE,
        member_id=SMELTER,
        stage="aluminium",
        day=BEGAN.isoformat(),
        movement_id="ONE-1",
        mass_kg=7,
        origin="post_consumer_scrap",
    )
    [event] = answer["events"]
    assert event["data"]["coc_kg"] == 0
    assert [one["rule"] for one in event["data"]["remarks"]] == ["R-28", "R-05"]


def test_one_wrong_row_refuses_the_file_where_that_is_asked_for(door: Door) -> None:
    rows = [("ALL-1", "loss", "0.1", "", BEGAN.isoformat()), ("ALL-2", "lost", "1", "", YEAR)]
    job = load(door, "all", rows, all_or_nothing=True)
    assert (job["state"], job["problem"]["slug"]) == ("failed", "rows-refused")
    assert "ALL-1" not in movements(door)


def test_more_rows_than_a_pool_remembers_are_booked_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "PAGES", 4)  # of three chunks at least
    monkeypatch.setattr(MovementPacking, "rows", 50)
    monkeypatch.setattr(imports, "AHEAD", 1)
    many = [(f"M-{at}", "receipt", "1", "non_coc", BEGAN.isoformat()) for at in range(400)]
    assert counts(load(door, "many-tried", many, dry_run=True)) == (400, 0, 0)
    assert counts(load(door, "many", many)) == (400, 0, 0)
    assert counts(load(door, "many-again", many)) == (0, 400, 0)


def test_files_are_their_members_own(door: Door) -> None:
    query = {"import_id": "theirs", "member_id": SMELTER, "format": "csv"}
    answer = door.ask("member:K-mill", "POST", PATH, params=query, content=as_csv(ROWS))
    assert (answer.status_code, answer.json()["slug"]) == (403, "not-your-member")
    assert door.ask("member:K-mill", "GET", f"{PATH}/first").status_code == 404
