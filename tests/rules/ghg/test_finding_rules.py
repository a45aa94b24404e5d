"""The rules at their edges: what each looks at, and what it leaves alone (sources.md 8)."""

from datetime import date
from typing import Any

import pytest

from contracts.inventory import DataKind, Regime, Scope, Step
from services.ghg.calculation.working import Doubt
from services.ghg.findings import Context, Publication, TargetSet, Verification, findings
from services.ghg.plans.pathway import Target
from services.ghg.reports.threshold import Plan

from . import audited as year
from .audited import CLEAN, CLEAN_DATA, YEAR, also, audited, changed, datum, replaced, without
from .given import d


def told(context: Context, rule: str) -> list[str]:
    return [one.sentence for one in findings(context) if one.rule == rule]


def concerned(context: Context, rule: str) -> set[str]:
    return {name for one in findings(context) if one.rule == rule for name in one.data}


def test_r01_a_default_of_little_weight_is_left_alone() -> None:
    lines = [
        one._replace(kind=DataKind.DEFAULT) if one.item == "bought.alf3" else one
        for one in CLEAN.result.lines
    ]
    assert told(audited(lines=lines), "R-01") == []  # 2.4 of 640 kt


def test_r01_names_the_input_and_those_who_were_not_asked() -> None:
    data = [*CLEAN_DATA, datum("more", year.CELLS, "bought.alumina", "0", supplier_id="s-9")]
    more = year.line("more", Scope.PURCHASED, "bought.alumina", "9000000", kind=DataKind.DEFAULT)
    asked = audited(data, (*year.stand_in().result.lines, more))
    asked = asked._replace(inputs_asked=frozenset({("s-1", "bought.alumina")}))
    (sentence,) = told(asked, "R-01")
    assert sentence.startswith("Primary supplier data expected for metallurgical alumina")
    assert concerned(asked, "R-01") == {"more"}


def test_r02_tells_share_and_minimum() -> None:
    (sentence,) = told(year.FAILING["R-02"], "R-02")
    assert sentence == "Primary data share 32.89 % below 50 %."


def test_r03_is_silent_where_the_regime_gives_all_scrap_zero() -> None:
    assert told(year.FAILING["R-03"]._replace(regime=Regime.CBAM), "R-03") == []


@pytest.mark.parametrize(
    ("factor", "more", "found"),
    [
        ("0.001", {}, "than the 160"),
        ("159.9", {"kind": DataKind.SUPPLIER_VERIFIED}, "than the 160"),
        ("160", {}, ""),
        ("160", {"evidence": ""}, "less than the 3200"),
        ("3199", {"evidence": "", "kind": DataKind.SUPPLIER_UNVERIFIED}, "less than the 3200"),
        ("3199", {"evidence": "", "kind": DataKind.SUPPLIER_VERIFIED}, ""),
        ("3200", {"evidence": ""}, ""),
    ],
)
def test_r03_next_to_nothing_is_nothing_and_less_than_primary_metal_takes_proof(
    factor: str, more: dict[str, Any], found: str
) -> None:
    lot = year.scrap("scrap", "pre_consumer", factor=d(factor))._replace(**more)
    sentences = told(also(lot, year.SCRAP_LEG, lines=(year.SCRAP_MOVED,)), "R-03")
    assert [found in one for one in sentences] == ([True] if found else [])


def test_r03_asks_no_least_of_other_scrap() -> None:
    for kind in ("post_consumer", "internal", "dross"):
        assert told(year.scrapped(kind, factor=d("0.001"), evidence=""), "R-03") == []


def test_r03_finds_a_zero_that_only_the_method_made() -> None:
    context = year.scrapped("pre_consumer", factor=d("8000"))
    doubt = Doubt("pre_consumer_zero", "Cut off.", "a test")
    line = year.line("scrap", Scope.PURCHASED, "scrap.in", "0", doubts=(doubt,))
    result = context.result._replace(lines=(*context.result.lines, line))
    assert concerned(context._replace(result=result), "R-03") == {"scrap"}


def test_r03_says_when_the_metal_is_unknown() -> None:
    (sentence,) = told(year.scrapped("pre_consumer"), "R-03")
    assert "Ask the supplier" in sentence


def test_r04_scrap_of_no_kind_is_told_once() -> None:
    doubt = Doubt("pre_consumer_source_unknown", "Unknown.", "a test")
    line = year.line("scrap", Scope.PURCHASED, "scrap.in", "1500000", doubts=(doubt,))
    data = (year.scrap("scrap", "mixed"), year.SCRAP_LEG)
    context = also(*data, lines=(year.SCRAP_MOVED, line))
    assert concerned(context, "R-04") == {"scrap"}
    assert told(context, "R-03") == []


@pytest.mark.parametrize("rule", ["R-06", "R-08"])
def test_upstream_is_not_asked_of_direct_emissions(rule: str) -> None:
    assert told(year.FAILING[rule]._replace(regime=Regime.CBAM), rule) == []


def test_r08_names_the_categories() -> None:
    (first,) = told(without("alumina", "alf3", "anodes"), "R-08")
    assert "category 1" in first
    assert "category 3" not in first
    lines = [one for one in CLEAN.result.lines if one.scope is not Scope.FUEL_AND_POWER]
    (third,) = told(audited(lines=lines), "R-08")
    assert "category 3" in third


def test_r09_names_year_value_and_announcement() -> None:
    (sentence,) = told(year.FAILING["R-09"], "R-09")
    assert "2023" in sentence
    assert "0.1333" in sentence
    assert "announcement 47 of 2025" in sentence


def test_r09_before_the_announcement_the_older_factor_was_right() -> None:
    assert told(year.FAILING["R-09"]._replace(reported_on=date(2025, 12, 30)), "R-09") == []


def test_r09_before_any_announcement_nothing_was_newer() -> None:
    assert told(CLEAN._replace(reported_on=date(2024, 4, 11)), "R-09") == []


def test_r09_a_country_without_announcements_has_none_that_is_newer() -> None:
    site = year.SMELTER._replace(country="NO", subdivision=None)
    abroad = audited(site=site)
    assert told(abroad, "R-09") == told(abroad, "R-10") == []


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("0.1073", "R-09"),  # Yunnan, of 2022
        ("0.5366", "R-09"),  # the nation, of 2022
        ("0.5306", "R-10"),  # the nation, of 2023
        ("0.1333", None),  # Yunnan, of 2023
        ("0.1074", None),  # nobody's
        ("0.6058", None),  # Henan, of 2022
    ],
)
def test_r09_r10_an_announced_factor_that_the_facility_gives_is_held_against_the_newest(
    given: str, found: str | None
) -> None:
    context = changed("grid", factor=d(given))
    told_of = {rule for rule in ("R-09", "R-10") if concerned(context, rule) == {"grid"}}
    assert told_of >= ({found} if found else set())
    assert bool(told_of) is (found is not None)
    if found == "R-09":
        (sentence,) = told(context, found)
        assert "use 0.1333" in sentence
        assert f"not {given} of 2022" in sentence


def test_r09_a_given_factor_was_right_while_its_announcement_was_the_newest() -> None:
    context = changed("grid", factor=d("0.1073"))
    assert told(context._replace(reported_on=date(2025, 12, 30)), "R-09") == []


def test_r11_grid_power_at_zero_is_a_claim() -> None:
    assert concerned(changed("grid", factor=d("0")), "R-11") == {"grid"}


@pytest.mark.parametrize(
    ("told_of", "second", "word"),
    [
        ({}, "50", None),
        ({}, "100", "used twice: lot-1."),
        ({"certificate_lots": (("", d("150")),)}, "50", None),
        ({"certificate_lots": (("LOT-1", d("200")),)}, "100", None),
        (
            {"certificate_lots": (("", d("150")),)},
            "50.001",
            "more is cancelled than a lot holds: lot-1 (150.001 MWh of 150).",
        ),
        ({"certificate_years": (("", YEAR),)}, "50", None),
        ({"certificate_years": (("lot-1", YEAR - 1),)}, "50", f"lot-1 ({YEAR - 1})."),
    ],
)
def test_r12_a_megawatt_hour_is_cancelled_once_and_in_its_year(
    told_of: dict[str, Any], second: str, word: str | None
) -> None:
    other = year.certified(second, name="ppa-2", lot="LOT-1")
    other = other._replace(quantity=d(second) * 1000)
    context = also(year.certified("100", **told_of), other)
    sentences = told(context, "R-12")
    assert [str(word) in one for one in sentences] == ([] if word is None else [True])
    assert concerned(context, "R-12") == (set() if word is None else {"ppa", "ppa-2"})


def test_r12_data_that_say_two_things_of_a_lot_are_held_against_the_least() -> None:
    one = year.certified("100", certificate_lots=(("lot-1", d("200")),))
    other = year.certified("50", name="ppa-2", certificate_lots=(("lot-1", d("140")),))
    (sentence,) = told(also(one, other._replace(quantity=d("50000"))), "R-12")
    assert "lot-1 (150 MWh of 140)" in sentence


def test_r12_tells_what_is_covered_and_what_is_claimed() -> None:
    (sentence,) = told(also(year.certified("40")), "R-12")
    assert "40000 kWh cancelled" in sentence
    assert "100000 kWh claimed" in sentence


def test_r14_a_plant_without_fuel_says_what_it_is() -> None:
    own = year.power("own", "own_generation")
    data = [one for one in CLEAN_DATA if one.datum_id != "gas"]
    assert concerned(audited([*data, own]), "R-14") == {"own"}
    for name in ("hydro", "Hydro "):
        assert told(audited([*data, own._replace(technology=name)]), "R-14") == []


def test_r14_a_plant_on_the_grids_factor_is_found_in_the_lines() -> None:
    line = year.line("own", Scope.POWER_LOCATION, "power.own_generation", "60000")
    context = also(year.power("own", "own_generation"), lines=(line,))
    assert concerned(context, "R-14") == {"own"}


def test_r17_knows_the_population_where_there_is_one() -> None:
    context = changed("alumina", evidence="")  # 1,200 kg/t
    assert told(context, "R-17") == []
    low = context._replace(tenth_percentiles={"bought.alumina": d("1201")})
    assert concerned(low, "R-17") == {"alumina"}


@pytest.mark.parametrize(("factor", "found"), [("0", 1), ("0.00001", 1), ("1.344", 1), ("39.9", 1)])
def test_r17_a_factor_below_anything_that_can_be_is_proven_by_nothing(
    factor: str, found: int
) -> None:
    sentences = told(changed("alumina", factor=d(factor)), "R-17")
    assert len(sentences) == found
    assert all("cannot be" in one for one in sentences)


def test_r17_says_once_of_a_factor_that_it_cannot_be() -> None:
    assert len(told(changed("alumina", factor=d("0"), evidence=""), "R-17")) == 1


def test_r18_two_sets_are_named_with_their_data() -> None:
    factor = CLEAN.result.lines[5].factor._replace(factor_set="AR6")
    context = replaced("aem", factor=factor)
    (sentence,) = told(context, "R-18")
    assert "AR5 and AR6" in sentence
    assert concerned(context, "R-18") == {"aem"}
    assert told(context._replace(book=None), "R-18") == [sentence]


@pytest.mark.parametrize(
    ("verification", "word"),
    [
        (year.VERIFIED._replace(accreditation=""), "accredited verifier"),
        (year.VERIFIED._replace(scope=""), "scope"),
        (Verification(), "date, accredited verifier, scope, statement"),
        (year.VERIFIED._replace(verified_on=date(2026, 3, 2)), "published on 2026-03-01"),
    ],
)
def test_r19_a_statement_is_whole_and_earlier(verification: Verification, word: str) -> None:
    (sentence,) = told(CLEAN._replace(verification=verification), "R-19")
    assert word in sentence


def test_r19_what_nobody_publishes_needs_no_statement_yet() -> None:
    quiet = CLEAN._replace(
        verification=None, publication=Publication(None, frozenset({2024}), 2022)
    )
    assert told(quiet, "R-19") == []


@pytest.mark.parametrize(
    ("on", "first", "missed"),
    [
        (date(2025, 6, 30), 2022, None),  # 2024 is due on that day
        (date(2025, 7, 1), 2022, "2024"),
        (date(2025, 7, 1), 2025, None),  # a newcomer
    ],
)
def test_r20_a_year_is_due_half_a_year_after_its_end(
    on: date, first: int, missed: str | None
) -> None:
    publication = Publication(None, frozenset({2023}), first)
    sentences = told(CLEAN._replace(publication=publication, reported_on=on), "R-20")
    assert [str(missed) in one for one in sentences] == ([] if missed is None else [True])


@pytest.mark.parametrize(
    ("target", "set_in"),
    [
        (year.TARGET, 2024),  # six years
        (year.TARGET._replace(scopes=frozenset({"1", "2"})), 2025),
        (year.TARGET._replace(public=False), 2025),
    ],
)
def test_r21_each_fault_of_a_target_alone_is_found(target: Target, set_in: int) -> None:
    assert len(told(CLEAN._replace(target=TargetSet(target, set_in)), "R-21")) == 1


def test_r23_tells_threshold_and_gap() -> None:
    (sentence,) = told(CLEAN._replace(intensity=d("13")), "R-23")
    assert "is 13 t CO2e/t Al, below 13 asked, gap 0 (a cut of 0 %)" in sentence
    assert "planned intensity of 2030 not given" in sentence
    planned = Plan(True, {2030: d("10")})
    assert told(CLEAN._replace(intensity=d("12.9"), plan=planned), "R-23") == []


def test_r23_what_cannot_be_judged_is_said_and_stops_no_other_rule() -> None:
    early = audited(site=year.SMELTER._replace(started=YEAR + 1))
    (sentence,) = told(early, "R-23")
    assert sentence.startswith("Criterion 5.2 cannot be judged: production began in 2026")


def test_r24_names_what_is_left_out_by_reason() -> None:
    more = year.LIME._replace(what="bought.cryolite", data=("c",), reason="all at most 5 %")
    first, second = told(CLEAN._replace(cut_offs=(year.LIME, more)), "R-24")
    assert first == "Not to be left out, since each is below 1 %: bought.lime (1 %)."
    assert "all at most 5 %" in second


def test_r25_tier_1_in_spite_of_data_is_told_from_data_missing() -> None:
    tier1 = Doubt("pfc_tier1", "Tier 1.", "a test")
    (inspite,) = told(audited(doubts=(tier1,)), "R-25")
    assert "although" in inspite
    (missing,) = told(without("aem"), "R-25")
    assert "missing" in missing


def test_r25_silence_about_low_voltage_is_found() -> None:
    assert told(year.doubted("aem", "low_voltage_unaddressed"), "R-25") == [
        "Doubtful: low_voltage_unaddressed."
    ]


@pytest.mark.parametrize(
    ("cast", "found"), [("97600", False), ("97599", True), ("101600", False), ("101601", True)]
)
def test_r34_two_per_cent_may_go_astray(cast: str, found: bool) -> None:
    assert bool(told(changed("cast", quantity=d(cast)), "R-34")) is found


def test_r34_stocks_and_dross_count() -> None:
    short = changed("cast", quantity=d("92000"))
    stock = datum("stock", year.CAST, "stock.closing", "5000", of="output.cast_metal")
    dross = datum("dross", year.CAST, "waste.dross_aluminium", "2500")
    for more in (stock, dross):
        assert told(audited((*short.inventory.data, more)), "R-34")
    assert told(audited((*short.inventory.data, stock, dross)), "R-34") == []


@pytest.mark.parametrize(
    ("alumina", "found"), [("187999", True), ("188000", False), ("205001", True)]
)
def test_r34_alumina_must_have_made_the_metal(alumina: str, found: bool) -> None:
    assert bool(told(changed("alumina", quantity=d(alumina)), "R-34")) is found


def test_r34_a_mill_rolls_what_was_cast_but_for_what_was_sold() -> None:
    semi = datum("semi", Step.SEMI_FABRICATION, "output.semi", "49500")
    (sentence,) = told(also(semi), "R-34")
    assert "Metal of semi-fabrication: 99500 t in" in sentence
    sold = datum("sold", year.CAST, "output.sold", "50000", of="output.cast_metal")
    assert told(also(semi, sold), "R-34") == []


def test_r01_a_supplier_asked_for_one_input_was_not_asked_for_another() -> None:
    asked = year.stand_in()._replace(inputs_asked=frozenset({("s-1", "bought.anode")}))
    assert concerned(asked, "R-01") == concerned(year.stand_in(), "R-01") != set()
