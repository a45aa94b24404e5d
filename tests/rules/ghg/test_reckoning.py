"""A result's working is made again from stored data, and its hash says whether it is the same."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import DataKind, Scope, Step
from infra.errors import Refused
from services.ghg import app
from services.ghg.activity import packing
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.activity.items import ITEMS
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.spread import spread
from services.ghg.calculation.totals import Side, on_side
from services.ghg.factors.book import FactorBook
from services.ghg.factors.pinned import pin
from services.ghg.results.comparing import compared
from services.ghg.results.reckoning import Version, outdated, packed_of, reckon, rework, usual
from tests.rules.ghg.life import FIRST, ON, inventory, packed, reckoned, result

TEXT = st.text('aB1 ;é铝\n"', max_size=6)
NAME = st.sampled_from(("a", "d-1", "GEC:9_x", "0"))
NUMBER = st.integers(-(10**9), 10**9).map(lambda whole: Decimal(whole).scaleb(-4))
DATA = st.builds(
    Datum,
    datum_id=NAME,
    step=st.sampled_from(Step),
    item=st.sampled_from(sorted(ITEMS)),
    quantity=NUMBER,
    kind=st.sampled_from(DataKind),
    source=TEXT,
    factor=st.none() | NUMBER,
    proofs=st.lists(NAME, max_size=3).map(tuple),
    certificates=st.lists(st.tuples(NAME, NUMBER), max_size=2).map(tuple),
    certificate_years=st.lists(
        st.tuples(NAME | st.just(""), st.integers(1990, 2199)), max_size=2
    ).map(tuple),
    certificate_lots=st.lists(st.tuples(NAME | st.just(""), NUMBER), max_size=2).map(tuple),
    data_year=st.none() | st.integers(1990, 2199),
    uncertainty_percent=st.none() | NUMBER,
    from_on=st.none() | st.dates(),
    left_out=st.sampled_from(("", "yes")),
    embedded=st.none() | NUMBER,
    calorific_value=st.none() | NUMBER,
    oxidation_factor=st.none() | NUMBER,
    **dict.fromkeys(("evidence", "supplier_id", "factor_source", "of", "scrap_kind"), TEXT),
    **dict.fromkeys(("technology", "treatment", "geography", "potline"), TEXT),
    **dict.fromkeys(("embedded_boundary", "cn_code", "calorific_unit"), TEXT),
    **dict.fromkeys(("factor_gwp_set", "embedded_gwp_set"), TEXT),
)


@settings(max_examples=40)
@given(st.lists(DATA, max_size=4), st.none() | st.integers(1850, 2200))
def test_an_inventory_comes_back_as_it_was_packed(data: list[Datum], started: int | None) -> None:
    site = Site("F1", "CN", None, "PFPB_M", started)
    given_ = Inventory(site, 2025, tuple(data))
    chunks = packing.pack(given_)
    assert packing.unpack(chunks) == given_
    assert packing.data_hash(packing.pack(packing.unpack(chunks))) == packing.data_hash(chunks)


def test_large_inventories_are_several_chunks_each_within_an_event() -> None:
    one = inventory().data[0]
    data = tuple(one._replace(datum_id=f"d{n}", source="x" * 150) for n in range(5_000))
    chunks = packing.pack(inventory()._replace(data=data))
    assert len(chunks) > 3
    assert packing.unpack(chunks).data == data
    assert all(len(orjson.dumps([chunk.columns, chunk.rows])) < 200_000 for chunk in chunks)


@pytest.mark.parametrize("chunks", [(), (packing.Chunk(("a",), "1"),)])
def test_what_is_no_inventory_is_not_read(chunks: Any) -> None:
    with pytest.raises(Refused, match="data-unreadable"):
        packing.unpack(chunks)


def test_what_metal_brought_along_is_told_apart_from_other_purchases() -> None:
    bought = (("bought.alumina", "190000"), ("bought.anode", "41000"), ("scrap.in", "10"))
    data = tuple(
        Datum(f"b-{item}", Step.ELECTROLYSIS, item, Decimal(tonnes), DataKind.MEASURED)
        for item, tonnes in bought
    )
    year, policies = inventory(), app.policies()
    version = Version(1, "f" * 64, year._replace(data=(*year.data, *data)))
    told = reckon(version, usual(policies.on(ON), ON), app.factors(), policies)
    every = sum(one.kg for one in told.totals if one.scope is Scope.PURCHASED)
    [along] = told.brought_along or ()
    pinned = pin(app.factors(), policies.on(ON), ON, told.gwp_set, told.pfc_set)
    lines = calculate(version.inventory, pinned).lines
    of_anodes = sum(line.kg for line in lines if line.item == "bought.anode")
    assert (along.step, along.scope) == (Step.ELECTROLYSIS, Scope.PURCHASED)
    assert of_anodes > 0
    assert along.kg == every - of_anodes


def test_what_no_step_went_on_with_is_told_of_each_product() -> None:
    """Of 100 t tapped 30 are sold liquid; of 90 t cast 20 are sold and 5 more lie in the yard."""
    cells, house, mill = Step.ELECTROLYSIS, Step.CASTING, Step.SEMI_FABRICATION
    told_of = (
        (cells, "output.liquid_metal", "100", ""),
        (cells, "output.sold", "30", "output.liquid_metal"),
        (house, "output.cast_metal", "90", ""),
        (house, "output.sold", "20", "output.cast_metal"),
        (mill, "stock.opening", "2", "output.cast_metal"),
        (mill, "stock.closing", "7", "output.cast_metal"),
        (mill, "output.semi", "60", ""),
    )
    data = tuple(
        Datum(f"d-{n}", step, item, Decimal(tonnes), DataKind.MEASURED, of=of)
        for n, (step, item, tonnes, of) in enumerate(told_of)
    )
    policies = app.policies()
    version = Version(1, "f" * 64, inventory()._replace(data=data))
    told = reckon(version, usual(policies.on(ON), ON), app.factors(), policies)
    left = {one.item: one.quantity for one in told.products_left or ()}
    assert left == {"output.liquid_metal": 30, "output.cast_metal": 25, "output.semi": 60}


@pytest.mark.parametrize("item", ["parameter.S_CF4", "parameter.OVC"])
def test_the_last_day_of_an_own_coefficient_is_told_with_the_data(item: str) -> None:
    slope = Datum("s", Step.ELECTROLYSIS, item, Decimal("0.1"), DataKind.MEASURED)
    begun = slope._replace(from_on=date(2021, 6, 1))
    ended = slope._replace(to_on=date(2023, 6, 1))
    for campaigns, day in (((begun,), begun.from_on), ((begun, ended, slope), ended.to_on)):
        assert packed_of(inventory()._replace(data=campaigns)).pfc_measured_on == day


def test_own_measurements_are_told_by_technology_and_the_sites_own_goes_first() -> None:
    slope = Datum("s", Step.ELECTROLYSIS, "parameter.S_CF4", Decimal("0.1"), DataKind.MEASURED)
    own = slope._replace(from_on=date(2021, 6, 1))
    newer = own._replace(item="parameter.OVC", from_on=date(2023, 6, 1))
    side = own._replace(technology="SWPB", from_on=date(2024, 6, 1))
    nothing = own._replace(technology="new cells")
    site = inventory().site
    assert site.technology is not None
    told = inventory()._replace(data=(side, own, newer, nothing, slope))
    found = packed_of(told).pfc_measurements
    assert [(one.technology, one.measured_on) for one in found] == [
        (site.technology, date(2023, 6, 1)),
        ("SWPB", date(2024, 6, 1)),
    ]


@pytest.mark.parametrize(("ratio_on", "told_on"), [(2020, 2020), (2024, 2023), (None, 2023)])
def test_an_own_ratio_that_is_older_than_its_slope_is_due_first(
    ratio_on: int | None, told_on: int
) -> None:
    slope = Datum("s", Step.ELECTROLYSIS, "parameter.S_CF4", Decimal("0.1"), DataKind.MEASURED)
    of_2023 = slope._replace(from_on=date(2023, 6, 1))
    ratio = slope._replace(item="parameter.F", from_on=date(ratio_on, 6, 1) if ratio_on else None)
    found = packed_of(inventory()._replace(data=(of_2023, ratio)))
    assert [one.measured_on for one in found.pfc_measurements] == [date(told_on, 6, 1)]
    assert packed_of(inventory()._replace(data=(ratio,))).pfc_measurements == ()


def test_a_result_under_an_older_announcement_is_found_outdated_on_the_day_of_the_report() -> None:
    policies, then = app.policies(), date(2025, 6, 1)
    site = Site("F1", "CN", "CN-YN", "PFPB_M", 1970)
    version = Version(1, "f" * 64, inventory(site=site))
    wanted = usual(policies.on(then), then)
    for on, outdated_then in ((None, False), (date(2025, 12, 30), False), (ON, True)):
        made = reckon(version, wanted, app.factors(), policies, on)
        assert ("R-09" in {one.rule for one in made.findings}) is outdated_then


def test_a_number_has_one_spelling_so_equal_data_have_one_hash() -> None:
    assert packed("41000").data_hash == packed("41000.00").data_hash
    assert packed("41000").data_hash != packed("41000.01").data_hash


def test_the_working_of_a_result_is_made_again() -> None:
    made = rework(result(), inventory(), app.factors(), app.policies())
    assert made.working_hash() == FIRST.working_hash


def test_a_working_that_is_another_than_recorded_is_refused() -> None:
    kept = result(working_hash="0" * 64)
    for changed in (kept, result()):
        data = inventory() if changed is kept else inventory("41000.01")
        with pytest.raises(Refused, match="working-differs"):
            rework(changed, data, app.factors(), app.policies())


@pytest.mark.parametrize(
    ("field", "slug"), [("engine", "engine-unknown"), ("policy_id", "policy-unknown")]
)
def test_a_result_names_the_engine_and_policy_that_it_needs(field: str, slug: str) -> None:
    kept = result().model_copy(update={field: "of-long-ago"})
    with pytest.raises(Refused, match=slug):
        rework(kept, inventory(), app.factors(), app.policies())


def newer(name: str, valid_from: date) -> FactorBook:
    """The factors, with another set of the family of one of them."""
    book = app.factors()
    [old] = [one for one in book.sets() if one.factor_set == name]
    factors = {
        key: one.model_copy(update={"value": one.value * 2, "low": None, "high": None})
        for key, one in old.factors.items()
    }
    other = old.model_copy(
        update={"factor_set": "newer", "valid_from": valid_from, "factors": factors}
    )
    return FactorBook([*book.sets(), other])


GRID = "grid_world_2020"


@pytest.mark.parametrize("name", ["combustion_ipcc_2006", GRID])
def test_a_set_that_comes_later_for_an_earlier_day_changes_no_working(name: str) -> None:
    assert name in FIRST.factor_sets
    book = newer(name, ON - timedelta(days=1))
    again = rework(result(), inventory(), book, app.policies())
    assert again.working_hash() == FIRST.working_hash
    other = reckon(
        Version(1, FIRST.data_hash, inventory()),
        usual(app.policies().on(ON), ON),
        book,
        app.policies(),
    )
    assert other.working_hash != FIRST.working_hash
    assert "newer" in other.factor_sets


@pytest.mark.parametrize("name", ["combustion_ipcc_2006", GRID])
def test_a_result_is_outdated_once_a_newer_set_is_public(name: str) -> None:
    for book, is_old in (
        (app.factors(), False),
        (newer(name, ON), True),
        (newer(name, ON + timedelta(days=1)), False),
    ):
        pinned = pin(book, app.policies().on(ON), ON, FIRST.gwp_set, FIRST.pfc_set)
        assert outdated(FIRST.factor_sets, ("NO", None), pinned) is is_old


def test_sums_by_step_and_scope_are_those_of_the_lines() -> None:
    made = rework(result(), inventory(), app.factors(), app.policies())
    for total in FIRST.totals:
        lines = [
            line.kg for line in made.lines if (line.step, line.scope) == (total.step, total.scope)
        ]
        assert sum(lines) == total.kg
    assert sum(one.kg for one in FIRST.totals) == sum(line.kg for line in made.lines)


def test_a_result_says_how_sure_it_is() -> None:
    policy = app.policies().on(ON)
    made = calculate(inventory(), pin(app.factors(), policy, ON, "AR6", usual(policy, ON).pfc_set))
    assert FIRST.uncertainty_percent == spread(on_side(made.lines, Side.MARKET), policy).percent
    assert FIRST.uncertainty_percent is not None
    assert 0 < FIRST.uncertainty_percent < 100


def test_differences_add_up_and_say_why() -> None:
    before = rework(result(), inventory(), app.factors(), app.policies())
    other = result(2, reckoned(gwp_set="AR5"))
    after = rework(other, inventory(), app.factors(), app.policies())
    found = compared(before.lines, after.lines)
    total = sum(line.kg for line in after.lines) - sum(line.kg for line in before.lines)
    assert sum(one.kg for one in found) == total != 0
    assert all("factor" in one.reasons for one in found)
    assert not [one for one in found if one.scope == Scope.POWER_MARKET]
    assert compared(before.lines, before.lines) == []


def test_lines_that_came_or_went_are_told() -> None:
    lines = rework(result(), inventory(), app.factors(), app.policies()).lines
    [went] = compared(lines, lines[1:])
    [came] = compared(lines[1:], lines)
    assert (went.reasons, came.reasons) == (("went",), ("came",))
    assert went.kg == -lines[0].kg == -came.kg
    assert went.after_kg is None
    assert came.before_kg is None
    assert isinstance(went.kg, Decimal)
