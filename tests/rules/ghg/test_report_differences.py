"""What makes two reports of one year differ: every line of it, and every cause of each."""

from itertools import permutations

import pytest

from contracts.inventory import Regime, Scope
from contracts.values import plain
from services.ghg.reports.differences import differences
from services.ghg.reports.report import Report, Reported, report

from .given import d
from .made import XINJIANG, datum, inventory, pinned, smelter
from .test_reports import ASI, CASTHOUSE, CBAM, CELLS, GBT, made

SIDES = (Scope.POWER_LOCATION, Scope.POWER_MARKET)


def by_line(one: Report) -> dict[tuple[tuple[str, ...], str, Scope], Reported]:
    return {(told.line.data, told.line.item, told.line.scope): told for told in one.lines}


@pytest.mark.parametrize(("one", "other"), list(permutations(Regime, 2)))
def test_differences_add_up_and_each_has_its_reason(one: Regime, other: Regime) -> None:
    first, second = made(one, *CASTHOUSE), made(other, *CASTHOUSE)
    found = differences(first, second)
    added = sum(line.kg for line in found)
    assert abs(added - (second.total_kg - first.total_kg)) < d("0.000000001"), "to 28 digits"
    assert all(line.reason for line in found)
    assert not differences(first, first)


def test_a_difference_says_what_made_it() -> None:
    found = {
        one.item: one.reason for one in differences(made(ASI, *CASTHOUSE), made(GBT, *CASTHOUSE))
    }
    assert "factor 6630 (AR5) against 7380 (AR6)" in found["pfc.cf4"]
    assert "not primary metal" in found["scrap.in"]
    assert "bought.alumina" not in found


@pytest.mark.parametrize(("one", "other"), list(permutations(Regime, 2)))
def test_a_difference_names_every_cause_of_it(one: Regime, other: Regime) -> None:
    first, second = made(one, *CASTHOUSE), made(other, *CASTHOUSE)
    ours, theirs = by_line(first), by_line(second)
    for found in differences(first, second):
        about = (found.data, found.item, found.scope)
        mine, yours = ours.get(about), theirs.get(about)
        if mine is None or yours is None or found.scope in SIDES:
            continue
        if mine.share != yours.share:
            assert f"{one}: {mine.reason}; {other}: {yours.reason}" in found.reason
        both, a, b = mine.share and yours.share, mine.line, yours.line
        unlike = bool(both) and a.factor.value != b.factor.value
        assert (f"factor {plain(a.factor.value)} (" in found.reason) is unlike, found
        unlike = bool(both) and a.activity != b.activity
        assert (f"activity {plain(a.activity)} against" in found.reason) is unlike, found


def test_a_difference_of_anode_effects_names_the_slope_and_the_potentials() -> None:
    year = inventory(*CASTHOUSE, site=XINJIANG._replace(technology="PFPB_M"))
    own, border = (report(year, pinned(gwp="AR6"), regime) for regime in (ASI, CBAM))
    [cf4] = [one for one in differences(own, border) if one.item == "pfc.cf4"]
    assert "factor 7380 (AR6) against 6630 (AR5)" in cf4.reason
    assert "0.143 against 0.104" in cf4.reason


def test_power_proven_on_one_side_only_is_a_difference_of_sides() -> None:
    claim = datum(
        "claim", CELLS, "power.ppa_contract", "1000000000", factor="0", factor_source="plant",
        proofs=("contract", "certificate_cancellation"), certificates=(("C", d("1000000")),),
    )  # fmt: skip
    found = differences(made(ASI, *smelter(), claim), made(GBT, *smelter(), claim))
    claimed = next(one for one in found if one.data == ("claim",))
    assert claimed.a_kg == 0
    assert claimed.b_kg == d("602100000")
