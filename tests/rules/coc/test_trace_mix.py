"""A trace tells beside the CoC material of which metal the document's averages are."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.coc_ledger.pools.carrying import Carries
from services.coc_ledger.traces.trace import WHOLE, Link, mixed

from .test_late_bookings import book, came, left, world
from .test_lineage import mixed as mix_of
from .test_lineage import traced
from .world import World

SCRAP_ON, REST_ON, SOLD_ON = date(2026, 2, 1), date(2026, 2, 10), date(2026, 3, 1)


def other(world: World, kg: int, per_kg: str | None, day: date = REST_ON) -> None:
    """Metal that is no CoC material."""
    told: dict[str, Any] = {"footprint": {"intensity_kgco2e_per_kg": per_kg}} if per_kg else {}
    more = {"origin": "non_coc", "supplier_id": "YARD", **told}
    book(world, "receive_material", f"IN-{kg}", day, mass_kg=kg, **more)


@pytest.fixture
def here() -> World:
    """400 t of scrap at 0.5 and 600 t of other metal at 12: 7.4."""
    made = world()
    came(made, "IN-1", 400, "0.5", SCRAP_ON)
    other(made, 600, "12")
    left(made, "OUT", 1000, SOLD_ON)
    return made


def test_metal_that_is_no_coc_material_is_a_line_of_its_own_beside_the_trace(here: World) -> None:
    document = here.sell("D-1", "A", 300, SOLD_ON)
    assert document.supplement.inputs_kgco2e_per_kg == Decimal("7.4")
    mix = mix_of(here, "D-1")
    assert mix == {"non_coc_metal": ("0.6", 12.0), "post_consumer_scrap": ("0.4", 0.5)}
    [source] = traced(here, "up", "D-1")
    assert (source.kind, source.parts) == ("post_consumer_scrap", WHOLE), "what covers the claim"


def test_the_parts_of_the_mix_make_what_the_document_tells(here: World) -> None:
    document = here.sell("D-1", "A", 300, SOLD_ON)
    parts = [(Fraction(share), per_kg) for share, per_kg in mix_of(here, "D-1").values()]
    assert sum(share for share, _ in parts) == 1
    told = sum(share * Fraction(per_kg or 0) for share, per_kg in parts)
    assert told == Fraction(document.supplement.inputs_kgco2e_per_kg or 0)


def test_of_a_day_the_mix_is_what_had_come_by_then(here: World) -> None:
    here.sell("D-1", "A", 300, SOLD_ON)
    other(here, 1000, None, date(2026, 4, 1))
    assert mix_of(here, "D-1", SOLD_ON) == mix_of(here, "D-1", date(2026, 3, 31))
    assert mix_of(here, "D-1", SOLD_ON)["non_coc_metal"] == ("0.6", 12.0)
    assert mix_of(here, "D-1")["non_coc_metal"][0] == "0.8"
    assert mix_of(here, "D-1", REST_ON) == {}, "there was no document yet"


def test_rows_of_a_file_are_mixed_as_single_bookings_are(here: World) -> None:
    apart = world()
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium"}
    scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1", "supplier_id": "YARD"}
    told: Any = (("IN-1", 400, SCRAP_ON, "0.5", scrap), ("IN-600", 600, REST_ON, "12", {}))
    rows: list[tuple[str, dict[str, Any]]] = [
        (
            "receive_material",
            {
                "movement_id": name,
                "day": day,
                "mass_kg": kg,
                "footprint": {"intensity_kgco2e_per_kg": per_kg},
                **(more or {"origin": "non_coc", "supplier_id": "YARD"}),
                **where,
            },
        )
        for name, kg, day, per_kg, more in told
    ]
    apart.send_together(rows)
    left(apart, "OUT", 1000, SOLD_ON)
    for one in (here, apart):
        one.sell("D-1", "A", 300, SOLD_ON)
    assert mix_of(apart, "D-1") == mix_of(here, "D-1")
    assert mix_of(apart, "D-1", SOLD_ON) == mix_of(here, "D-1", SOLD_ON)


def test_what_is_not_kept_of_a_kind_is_not_told_of_it() -> None:
    known = Link("document", 3, "D-1", None, (), Carries(3, 3, 6_000, 0))
    found = mixed([known, known._replace(document="D-2", carries=None), Link("own_mine", 0)])
    assert [(one.kind, one.share, one.carries) for one in found] == [("document", "1", None)]
    assert mixed([]) == []
