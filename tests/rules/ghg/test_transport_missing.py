"""What is bought in bulk came some way: legs that are missing, give nothing off or hardly lead
anywhere are found (R-06)."""

import pytest

from contracts.inventory import Scope

from . import audited as year
from .audited import also, changed, datum, replaced
from .given import d
from .test_finding_rules import concerned, told


def test_r06_a_leg_that_gives_nothing_off_is_none() -> None:
    assert concerned(replaced("leg", kg=d("0")), "R-06") == {"alumina"}


def test_r06_a_leg_of_another_supplier_does_not_count() -> None:
    other = datum("other", year.CELLS, "bought.alumina", "100", supplier_id="s-2", factor=d("900"))
    assert concerned(also(other), "R-06") == {"other"}
    assert told(changed("leg", supplier_id=""), "R-06") == []
    assert told(changed("alumina", supplier_id=""), "R-06") == []


def test_r06_a_leg_that_names_its_carrier_counts_for_all_it_carries() -> None:
    assert told(changed("leg", supplier_id="a-carrier"), "R-06") == []


@pytest.mark.parametrize(
    ("tonne_km", "found"), [("1", True), ("192999", True), ("193000", False), ("900000", False)]
)
def test_r06_legs_of_less_than_a_kilometre_a_tonne_are_as_good_as_none(
    tonne_km: str, found: bool
) -> None:
    short = changed("leg", quantity=d(tonne_km))
    assert concerned(short, "R-06") == ({"alumina"} if found else set())
    assert all("next to nothing" in one for one in told(short, "R-06"))


def test_r06_a_long_way_of_one_supplier_does_not_make_up_for_another() -> None:
    other = datum("other", year.CELLS, "bought.alumina", "1000", supplier_id="s-9", factor=d("900"))
    leg = datum("leg-9", year.CELLS, "transport.road", "2", of="bought.alumina", supplier_id="s-9")
    line = year.line("leg-9", Scope.TRANSPORT, "transport.road", "1")
    assert concerned(also(other, leg, lines=(line,)), "R-06") == {"other"}
    shared = leg._replace(supplier_id="", quantity=d("1000"))
    assert told(also(other, shared, lines=(line,)), "R-06") == []


def test_r06_own_scrap_and_liquid_metal_need_no_ship() -> None:
    own = datum("own", year.CAST, "scrap.in", "100", scrap_kind="internal")
    ladle = datum("ladle", year.CAST, "bought.liquid_metal", "100", factor=d("9000"))
    assert told(also(own, ladle), "R-06") == []
