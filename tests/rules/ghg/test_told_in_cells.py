"""Whether scrap in cells is in what they tapped is told of post-consumer scrap, never taken from a
difference of masses; nor of other scrap where old scrap of untold loss leaves it open (sources.md
4.1 [A24]; decision 0017)."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.inventory import Regime, Severity, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.in_cells import in_cells
from services.ghg.calculation.metal import accounts, by_item
from services.ghg.calculation.totals import Intensity, mine_to_metal
from services.ghg.factors.pinned import SIXTH_ENGINE
from services.ghg.findings import Context, findings
from services.ghg.reports.report import report

from .given import POLICY, TODAY, d
from .made import datum, inventory, pinned, result

CELLS, CAST = Step.ELECTROLYSIS, Step.CASTING
TAPPED, INGOT = "output.liquid_metal", "output.cast_metal"
REST = (
    datum("anodes", CELLS, "input.net_anode", "41000"),
    datum("power", CELLS, "power.grid", "1400000000"),
    datum("minutes", CELLS, "anode_effect.minutes", "0.2"),
)
GONE = datum("gone", CELLS, "loss.metal", "0", scrap_kind="post_consumer")


def metal(tapped: str, cast: str) -> tuple[Datum, ...]:
    return (*REST, datum("metal", CELLS, TAPPED, tapped), datum("ingot", CAST, INGOT, cast))


def scrap(tonnes: str, of: str = "", kind: str = "post_consumer", at: Step = CELLS) -> Datum:
    return datum(f"{kind}-{at}", at, "scrap.in", tonnes, scrap_kind=kind, of=of, factor="500")


def metal_of(*data: Datum) -> Intensity:
    return mine_to_metal(result(*data))


def refused(*data: Datum) -> str:
    with pytest.raises(Refused) as told:
        metal_of(*data)
    return told.value.slug


def found_in(*data: Datum) -> dict[str, str]:
    made = inventory(*data)
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    return {one.rule: one.sentence for one in every if one.rule in ("R-23", "R-34")}


@pytest.mark.parametrize("cast", ["100000", "110000", "120000"])
def test_of_post_consumer_scrap_in_cells_masses_say_nothing(cast: str) -> None:
    assert refused(*metal("100000", cast), scrap("20000"), GONE) == "scrap-in-cells-untold"


@pytest.mark.parametrize("cast", ["100000", "110000", "120000", "140000"])
@pytest.mark.parametrize(("of", "primary"), [(TAPPED, "80000"), (INGOT, "100000")])
def test_told_it_is_read_so_whatever_masses_say(cast: str, of: str, primary: str) -> None:
    cells = in_cells((*metal("100000", cast), scrap("20000", of), GONE), only_cast=False)
    assert cells.within_t == (d("20000") if of == TAPPED else 0)
    assert cells.unread_t == 0
    into = d("100000") if of == TAPPED else d("120000")
    found = metal_of(*metal("100000", cast), scrap("20000", of), GONE)
    assert round(found.cast_t, 9) == round(d(cast) * d(primary) / max(into, d(cast)), 9)


def test_rows_that_say_both_say_nothing() -> None:
    """Which of the two lost what is told of both, nobody could know."""
    both = (scrap("20000", TAPPED), scrap("5000", INGOT)._replace(datum_id="other"))
    assert refused(*metal("120000", "125000"), *both, GONE) == "scrap-in-cells-untold"


LINES = (
    datum("a", CELLS, TAPPED, "100000", potline="1"),
    datum("b", CELLS, TAPPED, "100000", potline="2"),
    datum("aem-a", CELLS, "anode_effect.minutes", "0.2", potline="1"),
    datum("aem-b", CELLS, "anode_effect.minutes", "0.9", potline="2"),
    *REST[:2],
)


def test_of_several_lines_old_scrap_in_tapped_metal_and_its_loss_name_theirs() -> None:
    """Taken off both in proportion, 20,000 t more in the line with more anode effects raised it."""
    tapped = LINES[1]._replace(quantity=d("119000"))
    after = (LINES[0], tapped, *LINES[2:], datum("ingot", CAST, INGOT, "219000"))
    lot, lost = scrap("20000", TAPPED), GONE._replace(quantity=d("1000"))
    for data in ((lot, lost), (lot._replace(potline="2"), lost), (lot, lost._replace(potline="2"))):
        assert refused(*after, *data) == "scrap-in-cells-untold"
    named = (lot._replace(potline="2"), lost._replace(potline="2"))
    before = metal_of(*LINES, datum("ingot", CAST, INGOT, "200000"))
    assert metal_of(*after, *named).market == before.market
    sixth = mine_to_metal(result(*after, *named, sets=pinned(engine=SIXTH_ENGINE)))
    assert sixth.market > before.market


def test_old_scrap_in_one_line_does_not_move_how_other_scrap_is_shared_by_lines() -> None:
    pre = scrap("30000", TAPPED, kind="pre_consumer")
    ingots = (datum("ingot", CAST, INGOT, tonnes) for tonnes in ("200000", "219000"))
    lot = scrap("20000", TAPPED)._replace(potline="1")
    lost = GONE._replace(quantity=d("1000"), potline="1")
    before = metal_of(*LINES, next(ingots), pre)
    more = LINES[0]._replace(quantity=d("119000"))
    after = metal_of(more, *LINES[1:], next(ingots), pre, lot, lost)
    assert round(after.market - before.market, 20) == 0


def test_old_scrap_that_names_its_days_is_in_what_was_tapped_of_these() -> None:
    """Anode effects are weighed by the metal of their days: half a year has many more."""
    half = ((date(2024, 1, 1), date(2024, 6, 30)), (date(2024, 7, 1), date(2024, 12, 31)))
    days = [{"from_on": first, "to_on": last} for first, last in half]
    year = (
        datum("a", CELLS, TAPPED, "100000", **days[0]),
        datum("aem-a", CELLS, "anode_effect.minutes", "0.2", **days[0]),
        datum("aem-b", CELLS, "anode_effect.minutes", "0.9", **days[1]),
        *REST[:2],
    )
    before = metal_of(
        *year, datum("b", CELLS, TAPPED, "100000", **days[1]), datum("c", CAST, INGOT, "200000")
    )
    first, last = half[1]
    lot = scrap("20000", TAPPED)._replace(from_on=first, to_on=last)
    lost = GONE._replace(quantity=d("1000"), from_on=first, to_on=last)
    more = (datum("b", CELLS, TAPPED, "119000", **days[1]), datum("c", CAST, INGOT, "219000"))
    assert metal_of(*year, *more, lot, lost).market == before.market
    sixth = mine_to_metal(result(*year, *more, lot, lost, sets=pinned(engine=SIXTH_ENGINE)))
    assert sixth.market > before.market


@pytest.mark.parametrize("of_scrap", [True, False])
def test_where_metal_is_told_by_days_old_scrap_and_its_loss_name_theirs(of_scrap: bool) -> None:
    """Told for a year and melted in the worse half of it, it would raise the figure."""
    halves = ((date(2024, 1, 1), date(2024, 6, 30)), (date(2024, 7, 1), date(2024, 12, 31)))
    lot, lost = scrap("20000", TAPPED), GONE._replace(quantity=d("1000"))
    named, other = (lost, lot) if of_scrap else (lot, lost)
    start, end = halves[1]
    named = named._replace(from_on=start, to_on=end)
    tapped = [
        datum(str(one), CELLS, TAPPED, "100000", from_on=one, to_on=last) for one, last in halves
    ]
    year = (*REST, *tapped, datum("c", CAST, INGOT, "219000"), named)
    assert refused(*year, other) == "scrap-in-cells-untold"
    assert metal_of(*year, other._replace(from_on=start, to_on=end)).market > 0


@pytest.mark.parametrize(("tapped", "of_scrap"), [("", "1"), ("1", ""), ("1", "2"), ("", "")])
def test_where_one_line_is_told_old_scrap_in_it_needs_no_name(tapped: str, of_scrap: str) -> None:
    """Whatever it names: there is nothing else that it could be in."""
    metal_t, ingot = metal("120000", "120000")[-2:]
    lot, lost = scrap("20000", TAPPED)._replace(potline=of_scrap), GONE._replace(potline=of_scrap)
    found = metal_of(*REST, metal_t._replace(potline=tapped), ingot, lot, lost)
    assert round(found.cast_t, 9) == d("100000")


@pytest.mark.parametrize("named", ["", "2"])
def test_beside_a_line_with_a_name_old_scrap_may_be_of_the_rest_that_has_none(named: str) -> None:
    """It is taken off the rest, which has more anode effects, as if the rest were named."""
    rest = LINES[1]._replace(quantity=d("119000"))
    ingot, often = datum("ingot", CAST, INGOT, "219000"), LINES[3]
    lot, lost = scrap("20000", TAPPED), GONE._replace(quantity=d("1000"))
    unnamed = (LINES[0], rest._replace(potline=""), LINES[2], often._replace(potline=""))
    told = (lot._replace(potline=named), lost._replace(potline=named))
    found = metal_of(*unnamed, *LINES[4:], ingot, *told)
    lots = (lot._replace(potline="2"), lost._replace(potline="2"))
    assert found.market == metal_of(LINES[0], rest, *LINES[2:], ingot, *lots).market


def test_old_scrap_of_a_line_that_is_none_of_several_is_still_asked_for() -> None:
    data = (*LINES, datum("ingot", CAST, INGOT, "200000"), GONE._replace(potline="3"))
    assert refused(*data, scrap("20000", TAPPED)._replace(potline="3")) == "scrap-in-cells-untold"


def test_beside_tapped_metal_old_scrap_names_no_line() -> None:
    data = (*LINES, datum("ingot", CAST, INGOT, "219000"), scrap("20000", INGOT))
    assert metal_of(*data).market > 0


def test_who_has_no_mine_to_metal_is_told_which_word_to_add() -> None:
    data = (*metal("120000", "120000"), scrap("20000"), GONE)
    found = found_in(*data)
    assert "Say in `of` of each row of it output.liquid_metal" in found["R-34"]
    assert "cannot be judged (scrap-in-cells-untold)" in found["R-23"]
    rest = found_in(*metal("120000", "120000"), scrap("20000", TAPPED), GONE)
    assert not [one for one in rest.values() if "not known" in one or "be judged" in one]


def test_the_finding_is_grave_and_names_the_rows() -> None:
    made = inventory(*metal("120000", "120000"), scrap("20000"), GONE)
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    (found,) = [one for one in every if one.rule == "R-34" and "not known" in one.sentence]
    assert (found.severity, found.data) == (Severity.MAJOR, ("post_consumer-electrolysis",))


def test_a_report_of_primary_metal_speaks_of_nothing_until_it_is_told() -> None:
    data = (*metal("120000", "120000"), scrap("20000"), GONE)
    found = report(inventory(*data), pinned(), Regime.ASI_MINE_TO_METAL)
    assert (found.product, found.intensity) == (None, None)
    assert "scrap_in_cells_untold" in {one.about for one in found.doubts}


def test_scrap_that_is_told_to_be_in_tapped_metal_balances_with_its_loss() -> None:
    lost = GONE._replace(quantity=d("5000"))
    data = (*metal("115000", "115000"), scrap("20000", TAPPED), lost)
    assert [one.difference_t for one in accounts(by_item(data))] == [0]
    beside = (*metal("100000", "115000"), scrap("20000", INGOT), lost)
    assert [one.difference_t for one in accounts(by_item(beside))] == [0]


def test_of_other_scrap_in_cells_masses_still_say_it() -> None:
    pre = scrap("20000", kind="pre_consumer")
    assert round(metal_of(*metal("120000", "120000"), pre).cast_t, 9) == d("100000")
    assert round(metal_of(*metal("100000", "120000"), pre).cast_t, 9) == d("100000")
    told = pre._replace(of=INGOT)
    assert round(metal_of(*metal("120000", "120000"), told).cast_t, 6) == round(
        d("120000") * d("120000") / d("140000"), 6
    )


@pytest.mark.parametrize("lost", ["0", "500", "20000"])
def test_told_post_consumer_scrap_does_not_turn_how_other_scrap_is_read(lost: str) -> None:
    """4,000 t of pre-consumer scrap went beside what cells tapped as masses have it by 200 t."""
    pre = scrap("4000", kind="pre_consumer")
    before = (*metal("100000", "102100"), pre)
    cast = str(d("122100") - d(lost))
    gone = datum("gone-cast", CAST, "loss.metal", lost, scrap_kind="post_consumer")
    after = (*metal("100000", cast), pre, scrap("20000", at=CAST), gone)
    for data in (before, after):
        assert [one.datum_id for one in in_cells(data, only_cast=False).beside] == [pre.datum_id]
    assert metal_of(*after).market <= metal_of(*before).market


@pytest.mark.parametrize(("cast", "known"), [("150000", True), ("121000", False), ("98000", True)])
def test_untold_post_consumer_scrap_leaves_other_scrap_open_where_its_loss_decides(
    cast: str, known: bool
) -> None:
    """30,000 t cast beyond all but the scrap in cells; 1,000; 22,000 missing, whatever was lost."""
    data = (*metal("100000", cast), scrap("4000", kind="pre_consumer"), scrap("20000", at=CAST))
    cells = in_cells(data, only_cast=False)
    assert (cells.unread_t == 0) is known
    if not known:
        assert refused(*data) == "scrap-in-cells-untold"


def test_where_only_the_cast_is_told_scrap_in_cells_is_in_it_either_way() -> None:
    data = (*REST, datum("ingot", CAST, INGOT, "120000"), scrap("20000"), GONE)
    assert metal_of(*data).cast_t == d("100000")


def test_where_only_the_cast_is_told_cells_made_no_metal_of_scrap() -> None:
    """Their anode effects are of what they made: adding scrap at the casthouse raised them."""
    none = datum("none", CAST, "loss.metal", "400", scrap_kind="post_consumer")
    before = metal_of(*REST, datum("ingot", CAST, INGOT, "100000"))
    after = metal_of(*REST, datum("ingot", CAST, INGOT, "119600"), scrap("20000", at=CAST), none)
    assert (after.cast_t, after.market) == (before.cast_t, before.market)


def test_what_was_sold_of_tapped_metal_takes_no_old_scrap_along() -> None:
    sold = datum("sold", CELLS, "output.sold", "20000", of=TAPPED)
    mill = (
        datum("again", CAST, "scrap.in", "30000", scrap_kind="internal"),
        datum("back", Step.SEMI_FABRICATION, "output.scrap_returned", "30000"),
    )
    before = metal_of(*metal("100000", "110000"), sold, *mill)
    after = metal_of(*metal("120000", "130000"), sold, *mill, scrap("20000", TAPPED), GONE)
    assert round(after.market - before.market, 12) == 0


def test_the_sixth_engine_took_it_from_masses_and_they_turned() -> None:
    """What these are there for, seen once: 4,000 t beside were read as in what was tapped, as 6,000
    t of run-around scrap are not told to have come off."""
    sets = pinned(engine=SIXTH_ENGINE)
    again = datum("again", CAST, "scrap.in", "6000", scrap_kind="internal")
    before = (*metal("100000", "100000"), again)
    after = (*metal("100000", "104000"), again, scrap("4000", INGOT), GONE)
    sixth = [mine_to_metal(result(*data, sets=sets)).market for data in (before, after)]
    assert sixth[1] > sixth[0]
    assert metal_of(*after).market <= metal_of(*before).market == sixth[0]


def test_a_word_on_scrap_at_the_casthouse_says_nothing() -> None:
    plain, worded = (scrap("20000", of, at=CAST) for of in ("", TAPPED))
    one, other = (metal_of(*metal("100000", "119600"), lot) for lot in (plain, worded))
    assert one == other
    assert Decimal(0) < one.market
