"""What the share of primary data counts is told beside it, as each engine counts."""

import pytest

from contracts.inventory import DataKind, Scope, Step
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.lines import Line, primary_rule
from services.ghg.calculation.totals import primary_data_share
from services.ghg.factors.pinned import ENGINE, FIRST_ENGINE
from services.ghg.results.engines import ENGINES
from services.ghg.results.primary_told import GRID, Reading, disclosed_rule, from_grid, share_rule
from services.ghg.results.shown import disclosure_shown

from .given import BOOK, d
from .life import disclosed
from .life import result as calculated
from .made import datum, inventory, pinned, result, smelter

TIER1 = "tier 1"


def readings(engine: str) -> list[Reading]:
    """What is told of an engine's rule."""
    told = share_rule(engine)["readings"]
    assert isinstance(told, list)
    return [Reading(**one) for one in told]


def table_line(scope: Scope, rule: str) -> Line:
    """A measured quantity times a table's factor."""
    line = result(*smelter()).lines[0]
    own = line.factor._replace(primary=False)
    return line._replace(scope=scope, rule=rule, factor=own, kind=DataKind.MEASURED)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_told_is_what_the_engine_counts(engine: str) -> None:
    *by_scope, tier1 = readings(engine)
    told = {scope: one.counted_as == "primary" for one in by_scope for scope in one.scopes}
    rule = primary_rule(engine)
    assert told == {scope: table_line(scope, "product").primary_by(rule) for scope in Scope}
    assert (tier1.counted_as == "primary") is table_line(Scope.DIRECT, TIER1).primary_by(rule)


@pytest.mark.parametrize("engine", [FIRST_ENGINE, ENGINE])
def test_power_from_a_grid_is_said_to_be_counted_as_primary_and_why(engine: str) -> None:
    [grid] = [one for one in readings(engine) if one.what == GRID]
    assert grid.counted_as == "primary"
    assert "metered" in grid.because
    assert share_rule(engine)["evidence"] == "design"
    assert "silent" in str(share_rule(engine)["source"])


def test_how_much_of_the_share_is_power_from_a_grid() -> None:
    made = result(*smelter())
    grid, share = from_grid(made), primary_data_share(made)
    assert grid is not None
    assert share is not None
    bought = [one.kg for one in made.lines if one.scope is Scope.POWER_MARKET]
    every = [one.kg for one in made.lines if one.scope is not Scope.POWER_LOCATION]
    assert grid == sum(bought) / sum(every)
    assert 0 < grid < share


def test_power_at_a_factor_of_the_suppliers_own_and_an_estimate_are_not_in_it() -> None:
    power = datum("power", Step.ELECTROLYSIS, "power.grid", "1000")
    known = inventory(power._replace(kind=DataKind.DEFAULT))
    assert from_grid(calculate(known, pinned())) == 0
    made = result(power)
    given = tuple(line._replace(factor=line.factor._replace(primary=True)) for line in made.lines)
    assert from_grid(made._replace(lines=given)) == 0
    assert from_grid(result()) is None
    assert from_grid(made) != d("0")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_disclosure_tells_what_its_share_counts_an_older_one_by_its_results_engine(
    engine: str,
) -> None:
    told = disclosed().model_copy(update={"primary_share_rule": disclosed_rule(engine)})
    older = disclosed().model_copy(update={"primary_share_rule": None})
    rule = disclosed_rule(engine).model_dump(mode="json")
    assert [one["because"] for one in rule["readings"]] == [r.because for r in readings(engine)]
    kept = calculated(engine=engine)
    for one in (told, older):
        assert disclosure_shown(one, kept, BOOK)["primary_share_rule"] == rule
    without = older.model_copy(update={"primary_share": None})
    assert disclosure_shown(without, kept, BOOK)["primary_share_rule"] is None
