"""Engine versions are kept: each result is worked out again by the one that made it."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.ghg import ResultCalculated
from contracts.inventory import Regime, Scope, Step
from infra.errors import Refused
from services.ghg import app
from services.ghg.activity.inventory import Inventory
from services.ghg.activity.packing import data_hash, pack
from services.ghg.calculation.flows import flows_of
from services.ghg.calculation.lines import Result
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import cells_of, primary_data_share
from services.ghg.factors.pinned import (
    EIGHTH_ENGINE,
    ENGINE,
    FIFTH_ENGINE,
    FIRST_ENGINE,
    FOURTH_ENGINE,
    SECOND_ENGINE,
    SEVENTH_ENGINE,
    SIXTH_ENGINE,
    THIRD_ENGINE,
    Pinned,
)
from services.ghg.reports.report import report
from services.ghg.reports.reported import pinned_of
from services.ghg.results import engines
from services.ghg.results.commands import RecordResult
from services.ghg.results.comparing import compared
from services.ghg.results.engines import ENGINES
from services.ghg.results.facility_year import INITIAL, decide, evolve
from services.ghg.results.reckoning import Version, per_tonne, reckon, rework, usual
from services.ghg.results.shown import line_shown
from services.ghg.suppliers import work as supplier_work
from tests.rules.ghg.life import CASTING, CELLS, ON, YEAR, inventory, reckoned, result, sealed
from tests.rules.ghg.made import datum

NEWER = "castmark-ghg-of-this-test"


def newer(
    inventory_: Inventory,
    pinned: Pinned,
    /,
    *,
    regime: Regime = Regime.ASI_MINE_TO_METAL,
    scrap_method: Method | None = None,
) -> Result:
    """Another engine: power that is lost on the way counts a tenth more than it did."""
    made = ENGINES[ENGINE](inventory_, pinned, regime=regime, scrap_method=scrap_method)
    lines = tuple(
        line._replace(kg=line.kg * 11 / 10) if line.scope is Scope.FUEL_AND_POWER else line
        for line in made.lines
    )
    return made._replace(lines=lines)


@pytest.fixture
def with_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ENGINES", {**ENGINES, NEWER: newer})


def again(kept: ResultCalculated) -> Result:
    return rework(kept, inventory(), app.factors(), app.policies())


@pytest.mark.usefixtures("with_newer")
def test_a_new_result_is_of_the_newest_engine_and_an_older_one_stays_as_it_was() -> None:
    old, new = result(), result(2, reckoned())
    assert (old.engine, new.engine) == (ENGINE, NEWER)
    assert old.working_hash != new.working_hash
    assert (again(old).engine, again(old).working_hash()) == (ENGINE, old.working_hash)
    assert (again(new).engine, again(new).working_hash()) == (NEWER, new.working_hash)


@pytest.mark.usefixtures("with_newer")
def test_what_two_engines_make_differently_names_the_engine() -> None:
    before, after = again(result()), again(result(2, reckoned()))
    found = compared(before.lines, after.lines, other_engine=True)
    assert found
    assert {(one.scope, one.reasons) for one in found} == {(Scope.FUEL_AND_POWER, ("engine",))}
    assert sum(one.kg for one in found) == sum(line.kg for line in after.lines) - sum(
        line.kg for line in before.lines
    )


@pytest.mark.usefixtures("with_newer")
@pytest.mark.parametrize("regime", Regime)
def test_a_result_is_reported_by_its_own_engine(regime: Regime) -> None:
    old, new = (
        report(inventory(), pinned_of(kept, app.factors(), app.policies()), regime)
        for kept in (result(), result(2, reckoned()))
    )
    lost = {
        made: sum(one.line.kg for one in made.lines if one.line.scope is Scope.FUEL_AND_POWER)
        for made in (old, new)
    }
    assert lost[new] == lost[old] * 11 / 10 > 0


@pytest.mark.usefixtures("with_newer")
def test_an_answer_of_a_supplier_is_tried_by_the_engine_of_the_result() -> None:
    for kept in (result(), result(2, reckoned())):
        made = supplier_work.recalculated(kept, inventory())
        assert (made.engine, made.working_hash()) == (kept.engine, kept.working_hash)


@pytest.mark.usefixtures("with_newer")
def test_a_result_of_another_engine_stands_beside_the_first() -> None:
    state = evolve(evolve(INITIAL, sealed()), result())
    asked = RecordResult(on=ON, facility_id="F1", year=YEAR, calculated=reckoned())
    [added] = decide(asked, state, app.policies())
    assert isinstance(added, ResultCalculated)
    assert (added.result, added.engine) == (2, NEWER)
    assert decide(asked, evolve(state, added), app.policies()) == []


def test_a_result_whose_engine_is_gone_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as build:
        build.setattr(engines, "ENGINES", {**ENGINES, NEWER: newer})
        kept = result(2, reckoned())
    for asked in (again, lambda of: supplier_work.recalculated(of, inventory())):
        with pytest.raises(Refused, match="engine-unknown") as told:
            asked(kept)
        assert told.value.facts == {"engine": NEWER}
        assert ENGINE in told.value.sentence


def test_a_result_of_the_second_engine_keeps_its_hash_and_the_slope_that_it_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = {"uncertainty_percent": "12", "from_on": date(YEAR, 3, 1)}
    newest = datum("newest", CELLS, "parameter.S_CF4", "0.1", **own)
    last = newest._replace(datum_id="last", quantity=Decimal("0.2"), from_on=date(YEAR - 1, 3, 1))
    ratio = datum("ratio", CELLS, "parameter.F", "0.1")
    told = inventory()._replace(data=(*inventory().data, newest, last, ratio))
    version = Version(1, data_hash(pack(told)), told)
    wanted = usual(app.policies().on(ON), ON)
    with monkeypatch.context() as then:
        then.setattr(engines, "ENGINES", {SECOND_ENGINE: ENGINES[SECOND_ENGINE]})
        old = result(1, reckon(version, wanted, app.factors(), app.policies()))
    new = result(2, reckon(version, wanted, app.factors(), app.policies()))
    assert (old.engine, new.engine) == (SECOND_ENGINE, ENGINE)
    cf4: list[Decimal] = []
    for kept in (old, new):
        made = rework(kept, told, app.factors(), app.policies())
        assert made.working_hash() == kept.working_hash
        cf4 += [one.activity for one in made.lines if one.item == "pfc.cf4"]
    assert cf4[0] == 2 * cf4[1] > 0


def test_a_result_of_the_third_engine_keeps_its_hash_its_intensities_and_its_reports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It took metal sold off casting and off remelting both."""
    melt, rolling = Step.REMELTING, Step.SEMI_FABRICATION
    more = (
        datum("scrap", melt, "scrap.in", "50000", scrap_kind="post_consumer", factor="100"),
        datum("billet", melt, "output.cast_metal", "50000"),
        datum("sold", CASTING, "output.sold", "60000", of="output.cast_metal"),
        datum("sheet", rolling, "output.semi", "90000"),
    )
    told = inventory()._replace(data=(*inventory().data, *more))
    version = Version(1, data_hash(pack(told)), told)
    wanted = usual(app.policies().on(ON), ON)
    with monkeypatch.context() as then:
        then.setattr(engines, "ENGINES", {THIRD_ENGINE: ENGINES[THIRD_ENGINE]})
        old = result(1, reckon(version, wanted, app.factors(), app.policies()))
    new = result(2, reckon(version, wanted, app.factors(), app.policies()))
    assert (old.engine, new.engine) == (THIRD_ENGINE, ENGINE)
    semis: list[Decimal] = []
    for kept in (old, new):
        made = rework(kept, told, app.factors(), app.policies())
        flows = flows_of(told, kept.engine)
        assert per_tonne(made, flows, cells_of(made.lines, flows)) == kept.intensities
        semis += [one.t_per_t for one in kept.intensities if one.of == f"footprint.{rolling}"][:1]
        again_ = report(told, pinned_of(kept, app.factors(), app.policies()), Regime.CBAM)
        [line] = [one for one in again_.lines if one.line.data == ("d6",) and one.line.scope == "1"]
        assert line.share == flows.onward[CASTING]
    assert old.totals == new.totals
    assert semis[0] < semis[1]


def test_a_result_of_the_fourth_engine_keeps_its_hash_and_its_reports_under_substitution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It let post-consumer scrap bear what scrap that leaves was credited."""
    more = (
        datum("old", CASTING, "scrap.in", "5000", scrap_kind="post_consumer", factor="100"),
        datum("out", CASTING, "output.scrap", "2000"),
    )
    told = inventory()._replace(data=(*inventory().data, *more))
    version = Version(1, data_hash(pack(told)), told)
    wanted = usual(app.policies().on(ON), ON)
    with monkeypatch.context() as then:
        then.setattr(engines, "ENGINES", {FOURTH_ENGINE: ENGINES[FOURTH_ENGINE]})
        old = result(1, reckon(version, wanted, app.factors(), app.policies()))
    new = result(2, reckon(version, wanted, app.factors(), app.policies()))
    assert (old.engine, new.engine) == (FOURTH_ENGINE, ENGINE)
    assert old.totals == new.totals
    bears: list[Decimal] = []
    for kept in (old, new):
        made = rework(kept, told, app.factors(), app.policies())
        assert made.working_hash() == kept.working_hash
        sets = pinned_of(kept, app.factors(), app.policies())
        found = report(told, sets, Regime.IAI, scrap_method=Method.SUBSTITUTION)
        bears += [one.line.kg for one in found.lines if one.line.data == ("old",)]
    assert bears == [5000 * 14308, 5000 * 100]


def test_a_result_of_the_fifth_engine_keeps_its_hash_its_intensities_and_its_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It let post-consumer scrap bear 2 % of its mass of what the melt lost, and no more."""
    more = (
        datum("old", CASTING, "scrap.in", "50000", scrap_kind="post_consumer", factor="100"),
        datum("more", CASTING, "output.cast_metal", "47500"),
    )
    told = inventory()._replace(data=(*inventory().data, *more))
    version = Version(1, data_hash(pack(told)), told)
    wanted = usual(app.policies().on(ON), ON)
    with monkeypatch.context() as then:
        then.setattr(engines, "ENGINES", {FIFTH_ENGINE: ENGINES[FIFTH_ENGINE]})
        old = result(1, reckon(version, wanted, app.factors(), app.policies()))
    new = result(2, reckon(version, wanted, app.factors(), app.policies()))
    assert (old.engine, new.engine) == (FIFTH_ENGINE, ENGINE)
    assert old.totals == new.totals
    per_t: list[Decimal] = []
    for kept in (old, new):
        made = rework(kept, told, app.factors(), app.policies())
        flows = flows_of(told, kept.engine, made.melt_loss)
        assert made.working_hash() == kept.working_hash
        assert per_tonne(made, flows, cells_of(made.lines, flows)) == kept.intensities
        per_t += [one.t_per_t for one in kept.intensities if one.of == "mine_to_metal"][:1]
    assert per_t[0] > per_t[1]
    r_34 = [{one.sentence for one in kept.findings if one.rule == "R-34"} for kept in (old, new)]
    assert [any("are taken as lost of" in one for one in found) for found in r_34] == [False, True]


def test_a_result_of_the_sixth_engine_keeps_its_hash_its_intensities_and_its_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It read scrap in cells as masses balance nearer, and knew no word for it."""
    kind = {"scrap_kind": "post_consumer"}
    more = (
        datum("old", CELLS, "scrap.in", "50000", factor="100", of="output.cast_metal", **kind),
        datum("gone", CELLS, "loss.metal", "1000", **kind),
        datum("more", CELLS, "output.liquid_metal", "49000"),
        datum("more-cast", CASTING, "output.cast_metal", "49000"),
    )
    told = inventory()._replace(data=(*inventory().data, *more))
    version = Version(1, data_hash(pack(told)), told)
    wanted = usual(app.policies().on(ON), ON)
    with monkeypatch.context() as then:
        then.setattr(engines, "ENGINES", {SIXTH_ENGINE: ENGINES[SIXTH_ENGINE]})
        old = result(1, reckon(version, wanted, app.factors(), app.policies()))
    new = result(2, reckon(version, wanted, app.factors(), app.policies()))
    assert (old.engine, new.engine) == (SIXTH_ENGINE, ENGINE)
    within: list[bool] = []
    for kept in (old, new):
        made = rework(kept, told, app.factors(), app.policies())
        flows = flows_of(told, kept.engine, made.melt_loss)
        assert made.working_hash() == kept.working_hash
        assert per_tonne(made, flows, cells_of(made.lines, flows)) == kept.intensities
        within.append(any("as a part of what they tapped" in one.sentence for one in made.doubts))
    assert within == [True, False]
    assert old.totals != new.totals


def test_a_result_of_the_seventh_engine_keeps_its_hash_its_intensities_and_its_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It read of masses whether cast metal in stock was cast, and told what a mill rolled of it."""
    rolling, ingot = Step.SEMI_FABRICATION, "output.cast_metal"
    more = (
        datum("old", CASTING, "scrap.in", "20000", scrap_kind="post_consumer", factor="100"),
        datum("more-cast", CASTING, ingot, "15000"),
        datum("jan", CASTING, "stock.opening", "0", of=ingot),
        datum("dec", CASTING, "stock.closing", "5000", of=ingot),
        datum("sheet", rolling, "output.semi", "115000"),
    )
    told = inventory()._replace(data=(*inventory().data, *more))
    version = Version(1, data_hash(pack(told)), told)
    wanted = usual(app.policies().on(ON), ON)
    with monkeypatch.context() as then:
        then.setattr(engines, "ENGINES", {SEVENTH_ENGINE: ENGINES[SEVENTH_ENGINE]})
        old = result(1, reckon(version, wanted, app.factors(), app.policies()))
    new = result(2, reckon(version, wanted, app.factors(), app.policies()))
    assert (old.engine, new.engine) == (SEVENTH_ENGINE, ENGINE)
    for kept in (old, new):
        made = rework(kept, told, app.factors(), app.policies())
        flows = flows_of(told, kept.engine, made.melt_loss)
        assert made.working_hash() == kept.working_hash
        assert per_tonne(made, flows, cells_of(made.lines, flows)) == kept.intensities
        r_34 = [one.sentence for one in kept.findings if one.rule == "R-34"]
        assert any("output.liquid_metal at casting" in one for one in r_34) is (kept is new)
    assert old.totals == new.totals
    rolled = [{one.of for one in kept.intensities} for kept in (old, new)]
    assert rolled[0] - rolled[1] == {f"footprint.{rolling}"}


def test_a_result_of_the_eighth_engine_keeps_its_hash_its_intensities_and_its_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It took metal that was bought and put in stock for melted, and its stock for that of the
    first step that bought some."""
    cold, melt = "bought.primary_metal", Step.REMELTING
    more = (
        datum("cold", CASTING, cold, "5000", factor="9000"),
        datum("more", melt, cold, "5000", factor="9000"),
        datum("jan", Step.SITE, "stock.opening", "0", of=cold),
        datum("dec", Step.SITE, "stock.closing", "10000", of=cold),
    )
    told = inventory()._replace(data=(*inventory().data, *more))
    version = Version(1, data_hash(pack(told)), told)
    wanted = usual(app.policies().on(ON), ON)
    with monkeypatch.context() as then:
        then.setattr(engines, "ENGINES", {EIGHTH_ENGINE: ENGINES[EIGHTH_ENGINE]})
        old = result(1, reckon(version, wanted, app.factors(), app.policies()))
    new = result(2, reckon(version, wanted, app.factors(), app.policies()))
    assert (old.engine, new.engine) == (EIGHTH_ENGINE, ENGINE)
    per_t: list[Decimal] = []
    steps: list[set[str]] = []
    for kept in (old, new):
        made = rework(kept, told, app.factors(), app.policies())
        flows = flows_of(told, kept.engine, made.melt_loss)
        assert made.working_hash() == kept.working_hash
        assert per_tonne(made, flows, cells_of(made.lines, flows)) == kept.intensities
        per_t += [one.t_per_t for one in kept.intensities if one.of == "mine_to_metal"][:1]
        steps.append({one.step for one in made.lines if one.data == ("jan", "dec")})
    assert per_t[0] > per_t[1]
    assert steps == [{CASTING}, {CASTING, melt}]


def test_a_result_of_the_first_engine_keeps_its_hash_and_what_it_counts_as_primary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leg = datum("leg", CELLS, "transport.sea", "965000000", of="bought.alumina")
    told = inventory()._replace(data=(*inventory().data, leg))
    version = Version(1, data_hash(pack(told)), told)
    wanted = usual(app.policies().on(ON), ON)
    with monkeypatch.context() as then:
        then.setattr(engines, "ENGINES", {FIRST_ENGINE: ENGINES[FIRST_ENGINE]})
        old = result(1, reckon(version, wanted, app.factors(), app.policies()))
    new = result(2, reckon(version, wanted, app.factors(), app.policies()))
    assert (old.engine, new.engine) == (FIRST_ENGINE, ENGINE)
    for kept in (old, new):
        made = rework(kept, told, app.factors(), app.policies())
        assert made.working_hash() == kept.working_hash
        assert primary_data_share(made) == kept.primary_share
        shown = {one.item: line_shown(one, made.engine)["primary"] for one in made.lines}
        assert shown["transport.sea"] is (kept is old)
    assert old.totals == new.totals
    assert (old.primary_share or 0) > (new.primary_share or 0)
