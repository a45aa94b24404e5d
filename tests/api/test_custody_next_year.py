"""Over HTTP: what a closed year leaves is in the next one as soon as the close is answered, and in
the running balance on the page from the day of the close on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from castmark.local import Host
from tests.door import Door
from tests.embedded import door_of, platform

from .sellable import page_of
from .test_custody import BEGAN, MILL, SMELTER, TONNE, balance, document, who
from .test_told_otherwise import SCRAP, book, scrap_may_come

CLOSED = BEGAN.replace(year=2025)
"""The tenth of January, on which the year before is closed."""
POOL = f"{SMELTER}-S:aluminium:2025-01-01"


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[tuple[Host, Door]]:
    """A smelter that sold 350 of 800 t that were covered; nothing is booked in the next year."""
    with platform(tmp_path) as host, door_of(host) as door:
        scrap_may_come(door)
        book(door, "receive_material", "IN", mass_kg=1000 * TONNE, **SCRAP)
        book(door, "ship_material", "OUT", mass_kg=800 * TONNE)
        door.settled()
        door.send(who(SMELTER), "coc/issue_document", **document("D-1", 350))
        door.tick(CLOSED)
        yield host, door


def close(door: Door) -> None:
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    door.send(who(SMELTER), "coc/close_period", **where, day=BEGAN.isoformat())


def test_the_running_balance_ends_in_what_the_close_left(closed: tuple[Host, Door]) -> None:
    host, door = closed
    close(door)
    assert balance(door)["available_kg"] == 450 * TONNE
    found = door.get(who(SMELTER), f"/coc/pools/{POOL}/days")["items"]
    assert [(one["day"], one["available_kg"]) for one in found] == [
        ("2025-01-01", 0),
        (CLOSED.isoformat(), 450 * TONNE),
    ]
    assert [one["stock_kg"] for one in found] == [200 * TONNE] * 2
    assert found[0]["opening_kg"] == 200 * TONNE
    page = " ".join(page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S").split())
    assert "On 10 Jan 2025: claimed 0.0 t, still 450.0 t." in page
    row = page.partition("<td>10 Jan 2025</td>")[2].partition("</tr>")[0]
    assert row.count('<data value="0">') == 8
    assert row.count(f'<data value="{450 * TONNE}">450.0') == 2, "carried in, and may be claimed"
    day = page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S?on=2025-01-09")
    assert "On 1 Jan 2025: claimed 0.0 t, still 0.0 t." in day, "as the balance of the day is"


def test_what_a_close_leaves_is_in_the_next_year_as_soon_as_it_is_answered(
    closed: tuple[Host, Door],
) -> None:
    _, door = closed
    door.settled()
    close(door)
    path = f"/coc/scopes/{SMELTER}-S/balance"
    found = door.get(who(SMELTER), path, stage="aluminium")
    assert (found["carried_kg"], found["answer"]["kg"]) == (450 * TONNE, 450 * TONNE)


def test_the_pool_that_a_close_opens_is_there_as_soon_as_it_is_answered(
    closed: tuple[Host, Door],
) -> None:
    _, door = closed
    door.settled()
    close(door)
    assert door.get(who(SMELTER), f"/coc/pools/{POOL}")["carried_kg"] == 450 * TONNE
    assert door.ask(who(MILL), "GET", f"/coc/pools/{POOL}").status_code == 403


def test_what_a_close_leaves_is_claimed_as_soon_as_it_is_answered(
    closed: tuple[Host, Door],
) -> None:
    _, door = closed
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    shipped = {"movement_id": "OUT-2", "day": CLOSED.isoformat(), "mass_kg": 200 * TONNE}
    door.send(who(SMELTER), "coc/ship_material", **where, **shipped)
    door.settled()
    close(door)
    sold = door.attempt(
        who(SMELTER), "coc/issue_document", **document("D-2", 200, day=CLOSED.isoformat())
    )
    assert sold.status_code == 200, sold.text
