"""Findings of results as they are calculated: doubts of the equations arrive with their data."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Regime, Severity, Step
from services.ghg.activity.inventory import Datum, Site
from services.ghg.activity.packing import pack, unpack
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import Side, footprints, mine_to_metal
from services.ghg.findings import Context, findings
from services.ghg.reports.report import refused_cut_offs, report
from services.ghg.reports.threshold import doubted_by

from .given import BOOK, POLICY, TODAY, d, decimals
from .made import NOWHERE, XINJIANG, datum, inventory, pinned, smelter

CELLS, MELT = Step.ELECTROLYSIS, Step.REMELTING


def context(
    *data: Datum,
    site: Site = XINJIANG,
    regime: Regime = Regime.ASI_MINE_TO_METAL,
    method: Method | None = None,
    as_of: date = TODAY,
    on: date = TODAY,
) -> Context:
    told = inventory(*data, site=site)
    result = calculate(told, pinned(as_of=as_of), regime=regime, scrap_method=method)
    return Context(told, result, POLICY, on, regime=regime, book=BOOK)


def concerned(found: Context, rule: str) -> set[str]:
    return {name for one in findings(found) if one.rule == rule for name in one.data}


def rules(found: Context) -> set[str]:
    return {one.rule for one in findings(found)}


def power(source: str, **more: object) -> Datum:
    return datum("claim", CELLS, f"power.{source}", "1000000", factor="0", **more)


def scrap(kind: str, **more: object) -> Datum:
    return datum("scrap", MELT, "scrap.in", "1000", scrap_kind=kind, **more)


REMELTER = (
    datum("primary", MELT, "bought.primary_metal", "9000", factor="12000", supplier_id="s-1"),
    datum("gas", MELT, "fuel.gas", "30000000"),
    datum("cast", MELT, "output.cast_metal", "9900"),
)


def test_a_smelter_on_defaults_hears_what_an_auditor_would_say() -> None:
    found = context(*smelter())
    assert {"R-01", "R-06", "R-25"} <= rules(found)
    assert concerned(found, "R-01") == {"alumina", "anode"}  # fluoride weighs less than 1 %
    assert concerned(found, "R-06") == {"anode"}
    assert not {"R-03", "R-08", "R-09", "R-10", "R-12", "R-18", "R-34"} & rules(found)


def test_own_slopes_of_one_day_are_found_with_their_data() -> None:
    own = {"uncertainty_percent": "12", "from_on": date(2023, 6, 1)}
    first = datum("first", CELLS, "parameter.S_CF4", "0.1", **own)
    second = first._replace(datum_id="second", quantity=d("0.11"))
    ratio = datum("ratio", CELLS, "parameter.F", "0.1")
    site = XINJIANG._replace(low_voltage="measured")
    found = [
        one
        for one in findings(context(*smelter(), first, second, ratio, site=site))
        if one.rule == "R-25"
    ]
    [one] = found
    assert "(first, second): the highest, 0.11 of second, was taken" in one.sentence
    assert "second" in one.data


def test_the_old_announcement_is_outdated_once_the_new_one_is_public() -> None:
    before, after = date(2025, 12, 30), date(2025, 12, 31)
    assert "R-09" not in rules(context(*smelter(), as_of=before, on=before))
    late = context(*smelter(), as_of=before, on=after)
    assert concerned(late, "R-09") == {"cells-power", "cast-power"}


def test_a_site_that_does_not_say_its_province_is_asked() -> None:
    hidden = context(*smelter(), site=XINJIANG._replace(subdivision=None))
    assert concerned(hidden, "R-10") == {"cells-power", "cast-power"}
    nameless = context(*smelter(), site=XINJIANG._replace(subdivision="CN-XZ"))
    assert "R-10" not in rules(nameless)  # the announcement has no factor for it


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        (power("direct_line", proofs=("dedicated_line", "meter")), set()),
        (power("direct_line", proofs=("meter",)), {"R-11"}),
        (power("green_certificate", certificates=(("lot", d("1000")),)), {"R-11"}),
        (power("ppa_contract", proofs=("contract", "certificate_cancellation")), {"R-12"}),
        (power("ppa_contract"), {"R-11", "R-12"}),
        (power("own_generation"), {"R-14"}),
    ],
)
def test_claims_for_power_are_found_by_what_they_lack(claim: Datum, found: set[str]) -> None:
    asked = {"R-11", "R-12", "R-14"}
    assert rules(context(*smelter(), claim)) & asked == found


CANCELLED = {
    "proofs": ("certificate_cancellation",),
    "certificates": (("lot", d("1000")),),
}


def test_a_certificate_alone_proves_no_green_power_in_any_country() -> None:
    """Section 8 names no country. The number stays as it is bought (docs/decisions/0014)."""
    alone = context(*smelter(), power("green_certificate", **CANCELLED), site=NOWHERE)
    (found,) = [one for one in findings(alone) if one.rule == "R-11"]
    assert (found.severity, found.data) == (Severity.MAJOR, ("claim",))
    assert "a certificate alone shows none, in any country" in found.sentence
    assert found in doubted_by([found], POLICY)
    nearly = power("green_certificate", **CANCELLED)._replace(factor=d("0.0001"))
    assert concerned(context(*smelter(), nearly, site=NOWHERE), "R-11") == {"claim"}


def test_a_contract_with_certificates_cancelled_proves_it_where_a_certificate_does_not() -> None:
    proofs = {**CANCELLED, "proofs": ("contract", "certificate_cancellation")}
    proven = context(*smelter(), power("ppa_contract", **proofs), site=NOWHERE)
    assert "R-11" not in rules(proven)
    nothing = power("green_certificate", **CANCELLED)._replace(quantity=d("0"))
    assert "R-11" not in rules(context(*smelter(), nothing, site=NOWHERE))


def test_a_certificate_without_its_cancellation_is_found_once() -> None:
    bare = context(*smelter(), power("green_certificate"), site=NOWHERE)
    (found,) = [one for one in findings(bare) if one.rule == "R-11"]
    assert "certificate_cancellation missing" in found.sentence


def test_what_contracts_leave_is_asked_about_where_no_factor_for_it_is_known() -> None:
    claim = power("direct_line", proofs=("dedicated_line", "meter"))
    assert "R-13" in rules(context(*smelter(), claim, site=NOWHERE))
    assert "R-13" not in rules(context(*smelter(), claim))


def test_no_anode_effects_told_is_tier_1_and_found() -> None:
    silent = [one for one in smelter() if one.datum_id != "minutes"]
    sentences = [one.sentence for one in findings(context(*silent)) if one.rule == "R-25"]
    assert any("Anode-effect data are missing" in one for one in sentences)
    half = datum("often", CELLS, "anode_effect.frequency", "0.3")
    sentences = [one.sentence for one in findings(context(*silent, half)) if one.rule == "R-25"]
    assert any("although" in one for one in sentences)


@settings(max_examples=30)
@given(
    decimals("0.1", "9000"),
    st.sampled_from([Regime.ASI_MINE_TO_METAL, Regime.IAI, Regime.GBT_44905_2024]),
)
def test_zeroing_pre_consumer_scrap_is_always_found(mass: Decimal, regime: Regime) -> None:
    lot = scrap("pre_consumer", factor="0")._replace(quantity=mass)
    assert concerned(context(*REMELTER, lot, regime=regime), "R-03") == {"scrap"}


def test_zeroing_by_method_is_found_and_by_cbam_is_not() -> None:
    lot = scrap("pre_consumer", factor="12000", supplier_id="s-2")
    assert "R-03" not in rules(context(*REMELTER, lot))
    cut_off = context(*REMELTER, lot, regime=Regime.IAI, method=Method.CUT_OFF)
    assert concerned(cut_off, "R-03") == {"scrap"}
    assert "R-03" not in rules(context(*REMELTER, lot, regime=Regime.CBAM))


def test_scrap_that_was_stored_with_no_kind_is_still_read_and_found() -> None:
    """Files and commands refuse it (`scrap-kind-missing`); versions from before may hold it."""
    kept = unpack(pack(inventory(*REMELTER, scrap(""), site=XINJIANG)))
    found = context(*kept.data)
    assert concerned(found, "R-04") == {"scrap"}


def test_scrap_of_no_kind_is_found_once_and_bears_most() -> None:
    found = context(*REMELTER, scrap(""))
    assert rules(found) & {"R-03", "R-04"} == {"R-04"}
    told = context(*REMELTER, scrap("pre_consumer"))
    assert found.result.lines[-1].kg == told.result.lines[-1].kg


@settings(max_examples=30)
@given(decimals("0", "9000"), decimals("0", "500"))
def test_post_consumer_scrap_never_raises_a_melts_footprint(
    mass: Decimal, collection: Decimal
) -> None:
    lot = scrap("post_consumer", factor=str(collection))._replace(quantity=mass)
    cast = REMELTER[2]._replace(quantity=REMELTER[2].quantity + mass)
    (before,) = footprints(context(*REMELTER).result)
    (after,) = footprints(context(*REMELTER[:2], cast, lot).result)
    assert after.market <= before.market


def test_criterion_5_2_is_found_with_the_calculated_intensity() -> None:
    found = context(*smelter())
    value = mine_to_metal(found.result).on(Side.MARKET)
    assert value > 13
    (one,) = (x for x in findings(found._replace(intensity=value)) if x.rule == "R-23")
    assert "above 11 (a cut of" in one.sentence


@pytest.mark.parametrize(
    ("regime", "cut", "found"),
    [
        (Regime.GBT_44905_2024, "alumina-rail", False),
        (Regime.GBT_44905_2024, "alumina", True),
        (Regime.CBAM, "cells-diesel", True),
    ],
)
def test_a_report_leaves_out_no_more_than_its_regime_allows(
    regime: Regime, cut: str, found: bool
) -> None:
    told = inventory(*smelter(), site=XINJIANG)
    outs = report(told, pinned(), regime, cut=[cut]).cut_offs
    assert [one.data for one in outs] == [(cut,)]
    context_ = context(*smelter(), regime=regime)._replace(cut_offs=outs)
    assert concerned(context_, "R-24") == ({cut} if found else set())


@pytest.mark.parametrize(
    ("cut", "found"), [("alumina-rail", set()), ("alumina", {"alumina"}), (None, set())]
)
def test_what_is_marked_as_left_out_is_found_in_a_result_where_no_rule_allows_it(
    cut: str | None, found: set[str]
) -> None:
    data = [one._replace(left_out="yes" if one.datum_id == cut else "") for one in smelter()]
    told = inventory(*data, site=XINJIANG)
    outs = refused_cut_offs(told._replace(data=data), pinned())
    assert concerned(context(*data)._replace(cut_offs=outs), "R-24") == found
    assert all("gbt_44905_2024" in one.reason or "iai" in one.reason for one in outs)
    assert (
        report(told, pinned(), Regime.GBT_44905_2024).cut_offs
        == report(told, pinned(), Regime.GBT_44905_2024, cut=[cut] if cut else []).cut_offs
    )
