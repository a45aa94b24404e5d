"""Who booked something reads it at once; whoever did not learns nothing by asking early."""

import asyncio

import pytest

from infra.errors import Refused
from services.coc_ledger import own_writes_api
from services.coc_ledger.own_writes_api import caught_up, followed


class Late:
    """A row that is there from so many looks on."""

    def __init__(self, after: int) -> None:
        self.after, self.looks = after, 0

    def __call__(self) -> str | None:
        self.looks += 1
        return "row" if self.looks > self.after else None


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_writes_api, "LOOK_S", 0)


def test_a_row_that_is_on_its_way_to_who_wrote_it_is_waited_for() -> None:
    late = Late(3)
    assert asyncio.run(followed(late, lambda: True, "D-1")) == "row"


def test_others_are_not_made_to_wait_and_are_told_of_nothing() -> None:
    late = Late(3)
    assert asyncio.run(followed(late, lambda: False, "D-1")) is None
    assert late.looks == 1


def test_a_row_that_is_there_asks_no_stream() -> None:
    def never() -> bool:
        raise AssertionError("the row tells whose it is")

    assert asyncio.run(followed(Late(0), never, "D-1")) == "row"


def test_where_no_row_follows_its_writer_is_told_so() -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(followed(Late(10_000), lambda: True, "D-1"))
    assert refused.value.slug == "not-known-yet"


class Following:
    """Rows that come to know one event more with each look at how far they are."""

    def __init__(self, through: int) -> None:
        self.known = through

    def through(self) -> int:
        self.known += 1
        return self.known

    def look(self) -> int:
        return self.known


def test_a_change_is_read_once_rows_know_the_last_event_of_its_stream() -> None:
    rows = Following(3)
    assert asyncio.run(caught_up(rows.look, lambda: 7, rows.through)) == 7


def test_who_reads_behind_a_large_import_gets_what_rows_know() -> None:
    rows = Following(0)
    seen = asyncio.run(caught_up(rows.look, lambda: 10_000, rows.through))
    assert seen == own_writes_api.LOOKS_FOR_CHANGES
