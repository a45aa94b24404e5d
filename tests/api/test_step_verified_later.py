"""Over HTTP: a seller's own result is verified after a document was issued. The balance, its page
and the terminal say that the document would tell its step otherwise; a correction settles it."""

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from castmark import coc
from castmark.local import Host
from tests.door import Door, eventually
from tests.embedded import door_of, platform

from .sellable import page_of
from .test_custody import BEGAN, SMELTER, TONNE, balance
from .test_step_counted_once import FOUR, told, verified
from .test_told_otherwise import SCRAP, book, scrap_may_come, sold


@pytest.fixture
def seller(tmp_path: Path) -> Iterator[tuple[Host, Door]]:
    """1,000 t of scrap at 4 t CO2e/t; 500 t left, and 400 t are sold with their step unknown."""
    with platform(tmp_path) as host, door_of(host) as door:
        scrap_may_come(door)
        book(door, "receive_material", "IN", mass_kg=1000 * TONNE, **SCRAP, **FOUR)
        book(door, "ship_material", "OUT", mass_kg=500 * TONNE)
        sold(door, "D-1", 400 * TONNE)
        yield host, door


def test_a_seller_whose_result_is_verified_later_sees_which_documents_tell_otherwise(
    seller: tuple[Host, Door],
) -> None:
    host, door = seller
    assert balance(door)["told_otherwise"] is None
    door.tick(BEGAN.replace(year=BEGAN.year + 1, month=3))  # the year's result is known afterwards
    verified(door)
    on = BEGAN.isoformat()
    seen = eventually(lambda: balance(door, on=on), lambda found: found["told_otherwise"])
    late = seen["told_otherwise"]
    step_t = Decimal(seen["step"]["kgco2e_per_kg"]["coc_casthouse_product"]) * 400
    assert step_t > 0
    assert Decimal(late["step"]["emission_kgco2e"]) == (step_t + 1600) * TONNE
    assert Decimal(late["step"]["partial_kgco2e"]) == -1600 * TONNE
    assert late["step"]["known_kg"] == 400 * TONNE
    assert [one["number"] for one in late["documents"]] == ["D-1"]
    page = " ".join(page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S?on={on}").split())
    assert "What was booked late, or is known since of your step, for lots that had left" in page
    assert "of your own step, by results as they are verified by now" in page
    assert "The footprint is wholly known for 400.0 t more than was told." in page
    out = Console(file=io.StringIO(), width=200)
    coc.otherwise(late, out)
    assert isinstance(out.file, io.StringIO)
    said = out.file.getvalue()
    assert "1 document was told otherwise than is known by now" in said
    assert "kg CO2e of your own step, by results verified by now" in said
    assert "the footprint is wholly known for 400,000 kg more than was told" in said
    sold(door, "D-2", 400 * TONNE, replaces="D-1", correction_reason="verified")
    assert balance(door, on=on)["told_otherwise"] is None
    assert told(door, "D-2")["supplement"]["step"]["how"] == "verified"
