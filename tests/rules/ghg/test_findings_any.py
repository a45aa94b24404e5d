"""Whatever an inventory says, findings and circularity answer: no rule falls over odd input."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import DataKind, Regime, Scope, Step
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.activity.items import ITEMS, Family
from services.ghg.calculation.circularity import added, circularity
from services.ghg.calculation.lines import Applied, Line, Result
from services.ghg.calculation.working import Doubt
from services.ghg.findings import RULES, Context, findings

from .given import BOOK, POLICY, decimals

ABOUT = [
    "green_power_unproven",
    "certificates_short",
    "residual_unknown",
    "captive_with_factor",
    "pre_consumer_zero",
    "pre_consumer_source_unknown",
    "pfc_tier1",
    "low_voltage_unaddressed",
    "provincial_factor_available",
    "something_else",
]
SETS = ["own", "AR5", "AR6", "cn_grid_2022", "cn_grid_2023", "unknown"]
NAMES = ["own", "provincial.CN-YN.2022", "national.CN.2022", "regional.north.2022", "a.b", ""]
DAYS = st.none() | st.dates(date(2024, 11, 1), date(2026, 2, 1))
AMOUNTS = decimals("0", "1000000")
WORDS = st.sampled_from(["", "one", "two"])


@st.composite
def data(draw: st.DrawFn, number: int) -> Datum:
    item = ITEMS[draw(st.sampled_from(sorted(ITEMS)))]
    return Datum(
        datum_id=f"d-{number}",
        step=draw(st.sampled_from(item.steps or tuple(Step))),
        item=item.slug,
        quantity=draw(AMOUNTS),
        kind=draw(st.sampled_from(DataKind)),
        evidence=draw(WORDS),
        supplier_id=draw(WORDS),
        factor=draw(st.none() | decimals("0", "2")),
        of=draw(st.sampled_from(["", "bought.alumina", "output.cast_metal", "scrap.in"])),
        scrap_kind=draw(st.sampled_from(["", "mixed", "pre_consumer", "post_consumer", "dross"])),
        treatment=draw(st.sampled_from(["", "recycled", "discharged"])),
        certificates=draw(st.lists(st.tuples(WORDS, AMOUNTS), max_size=2).map(tuple)),
        from_on=draw(DAYS),
        to_on=draw(DAYS),
    )


@st.composite
def lines(draw: st.DrawFn, datum: Datum) -> Line:
    name, factor_set = draw(st.sampled_from(NAMES)), draw(st.sampled_from(SETS))
    factor = Applied(draw(AMOUNTS), "kg", name, factor_set, "given", "a test", draw(st.booleans()))
    about = draw(st.lists(st.sampled_from(ABOUT), max_size=2))
    return Line(
        data=(datum.datum_id,),
        step=datum.step,
        scope=draw(st.sampled_from(Scope)),
        item=datum.item,
        activity=datum.quantity,
        unit="unit",
        factor=factor,
        rule="a test",
        kg=draw(decimals("-10", "1000000")),
        kind=datum.kind,
        doubts=tuple(Doubt(one, f"Doubtful: {one}.", "a test") for one in about),
    )


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    told = tuple(draw(data(number)) for number in range(draw(st.integers(0, 8))))
    site = Site("site-1", "CN", draw(st.sampled_from([None, "CN-YN", "CN-XZ"])), "CWPB", 2015)
    inventory = Inventory(site, 2025, told)
    result = Result(
        inventory=inventory,
        lines=tuple(draw(lines(one)) for one in told),
        gwp_set=draw(st.sampled_from(["", "AR5"])),
        factor_sets=("AR5",),
        policy_id="ghg-test",
        engine="engine",
    )
    return Context(
        inventory=inventory,
        result=result,
        policy=POLICY,
        reported_on=draw(st.dates(date(2024, 1, 1), date(2026, 11, 21))),
        regime=draw(st.sampled_from(Regime)),
        intensity=draw(st.none() | decimals("-1", "30")),
        book=draw(st.sampled_from([None, BOOK])),
    )


@settings(max_examples=25)
@given(contexts())
def test_every_inventory_gets_an_answer(context: Context) -> None:
    known = {one.datum_id for one in context.inventory.data}
    for one in findings(context):
        assert one.rule in RULES
        assert set(one.data) <= known
        assert len(one.data) == min(one.data_count, 20)


@settings(max_examples=25)
@given(contexts())
def test_circularity_of_any_year_has_no_share_above_its_whole(context: Context) -> None:
    found = circularity(context.inventory)
    for share in (found.recycled, found.pre_consumer, found.post_consumer, found.closed_loop):
        assert share.value is None or 0 <= share.value <= 1
    assert added([found, found]).recycled.value == found.recycled.value
    waste = sum(found.waste.values(), Decimal(0))
    told = (one for one in context.inventory.data if ITEMS[one.item].family is Family.WASTE)
    assert waste == sum(
        (one.quantity for one in told if one.item != "waste.dross_aluminium"), Decimal(0)
    )
