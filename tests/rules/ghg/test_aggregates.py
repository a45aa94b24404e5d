"""Tables, curve and portfolios of many facilities, and that no single one can be read off: not
from a cell, not from a total less what is shown, not by asking twice."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Scope, Step
from infra.errors import Refused
from infra.policy import Policy
from services.ghg.aggregates import emission_curve as curves
from services.ghg.aggregates import portfolio as portfolios
from services.ghg.aggregates import public as publics
from services.ghg.aggregates.emission_curve import CurveStep, PortfolioView
from services.ghg.aggregates.portfolio import (
    DefinePortfolio,
    EntityOf,
    PortfolioDefined,
    PortfolioRemoved,
    RemovePortfolio,
)
from services.ghg.aggregates.sums import Cell, Entry, own_table, regions_of
from services.ghg.factors.curve import Curve
from services.ghg.plans.figures import Metal, Sums
from tests.rules.spec import Spec, policies_of

from .given import POLICY

ON = date(2026, 6, 1)
CURVE = Curve("flat", "A curve", "t CO2/t Al", ((2020, Decimal(10)), (2050, Decimal(10))))


def entry(
    name: str,
    *,
    country: str = "NO",
    intensity: str = "10",
    output: str = "1000",
    certified: bool = False,
    entity: str = "",
) -> Entry:
    """A smelter: half of what it gives off is power, a tenth is bought."""
    made = Decimal(output)
    kg = made * Decimal(intensity) * 1000
    sums = Sums(
        {
            (Step.ELECTROLYSIS, Scope.DIRECT): kg * 4 / 10,
            (Step.ELECTROLYSIS, Scope.POWER_MARKET): kg * 5 / 10,
            (Step.ELECTROLYSIS, Scope.POWER_LOCATION): kg * 8 / 10,
            (Step.CASTING, Scope.PURCHASED): kg / 10,
        },
        {"output.cast_metal": made},
        True,
        Metal(made, kg / 1000, kg / 2000),
    )
    region = regions_of(POLICY).get(country, "other")
    return Entry(name, entity or f"E-{name}", "M-1", country, region, 2025, certified, sums)


def some(count: int, country: str = "NO") -> list[Entry]:
    """Alike smelters of different entities."""
    return [entry(f"{country}{number}", country=country) for number in range(count)]


def some_apart(count: int) -> list[Entry]:
    """Smelters of different entities, each a little worse than the one before."""
    return [entry(f"F{at:02}", intensity=str(10 + at)) for at in range(count)]


def by_key(cells: Sequence[Cell]) -> Mapping[tuple[str, ...], Cell]:
    """Cells by the values of their key."""
    return {tuple(cell.key.values()): cell for cell in cells}


def table(entries: Sequence[Entry], by: Sequence[str], policy: Policy) -> tuple[Cell, ...]:
    """A table as everybody is shown it."""
    return publics.table(entries, by, publics.public(entries, policy))


def emission_curve(entries: Sequence[Entry], policy: Policy) -> tuple[CurveStep, ...]:
    """The curve as everybody is shown it."""
    return curves.emission_curve(publics.public(entries, policy))


def portfolio(
    year: int,
    wanted: frozenset[str],
    entries: Sequence[Entry],
    earlier: Sequence[frozenset[str]],
    curve: Curve,
    policy: Policy,
) -> PortfolioView:
    """A set as somebody is shown it who defined others before."""
    sets = [*earlier, wanted]
    may = publics.verdicts(publics.public(entries, policy), sets, entries)
    return curves.portfolio(year, wanted, entries, may[wanted], curve)


# --- tables ---


def test_a_cell_tells_its_sums_by_scope_and_its_intensity() -> None:
    (cell,) = table(some(3), ["region"], POLICY)
    assert cell.key == {"region": "western_and_central_europe"}
    assert (cell.entities, cell.facilities) == (3, 3)
    assert cell.intensity == 10, "power is counted as it was bought, once"
    assert cell.by_scope_t is not None
    assert cell.by_scope_t["2_location"] == 24_000
    assert cell.emission_t == 30_000


def test_an_intensity_is_of_the_primary_metal_alone() -> None:
    """What else a facility gives off (a remelter beside the cells, alumina sold) is in its sums."""
    some_more = [
        one._replace(
            sums=one.sums._replace(
                kg={**one.sums.kg, (Step.REMELTING, Scope.DIRECT): Decimal(5_000_000)},
                outputs={"output.cast_metal": Decimal(3_000)},
            )
        )
        for one in some(3)
    ]
    (cell,) = table(some_more, ["region"], POLICY)
    assert cell.intensity == 10
    assert cell.output_t == 3_000
    assert cell.emission_t == 45_000
    assert [step.intensity for step in emission_curve(some_more, POLICY)] == [10]


def test_all_emissions_are_those_of_every_step() -> None:
    """The mill beside the cells too: its emissions are told by scope, by step and in all, and the
    intensity is of the metal still."""
    rolled = {
        (Step.SEMI_FABRICATION, Scope.PURCHASED): Decimal(9_000_000),
        (Step.SEMI_FABRICATION, Scope.POWER_MARKET): Decimal(800_000),
        (Step.SEMI_FABRICATION, Scope.POWER_LOCATION): Decimal(900_000),
    }
    mills = [one._replace(sums=one.sums._replace(kg={**one.sums.kg, **rolled})) for one in some(3)]
    for (cell,), steps in (
        (own_table(mills, ["member"]), own_table(mills, ["step"])),
        (table(mills, ["region"], POLICY), table(mills, ["step"], POLICY)),
    ):
        told = {name: t or Decimal(0) for name, t in (cell.by_scope_t or {}).items()}
        assert cell.emission_t == 3 * (10_000 + 9_800)
        assert cell.emission_t == sum(told.values()) - told["2_location"]
        assert cell.emission_t == sum(step.emission_t or Decimal(0) for step in steps)
        assert cell.intensity == 10


def test_a_step_is_told_without_an_intensity() -> None:
    cells = by_key(table(some(3), ["step"], POLICY))
    assert cells["casting",].emission_t == 3_000
    assert cells["electrolysis",].intensity is None


@pytest.mark.parametrize("count", [1, 2])
def test_a_cell_of_too_few_entities_is_not_told(count: int) -> None:
    (cell,) = table(some(count), ["region"], POLICY)
    assert cell == Cell({"region": "western_and_central_europe"}, True)


def test_many_facilities_of_one_entity_are_one() -> None:
    mine = [entry(f"F{number}", entity="E") for number in range(9)]
    assert table(mine, ["region"], POLICY)[0].suppressed


def test_a_cell_of_which_one_entity_has_nearly_all_is_not_told() -> None:
    giants = [*some(3), entry("giant", output="100000")]
    assert table(giants, ["region"], POLICY)[0].suppressed


def test_what_a_table_leaves_out_cannot_be_had_from_its_total() -> None:
    cells = by_key(
        table([*some(4, "NO"), *some(5, "FR"), entry("IS0", country="IS")], ["country"], POLICY)
    )
    europe = "western_and_central_europe"
    assert cells[europe, "IS"].suppressed
    assert cells[europe, "NO"].suppressed, "or the total less France and Norway would be Iceland"
    assert not cells[europe, "FR"].suppressed


def test_a_country_is_guarded_against_the_total_of_its_region() -> None:
    lone = [entry("NZ0", country="NZ"), entry("KW0", country="KW"), entry("JM0", country="JM")]
    cells = by_key(table([*some(4, "AU"), *lone], ["country"], POLICY))
    assert cells["oceania", "AU"].suppressed, "the world leaves out three, Oceania one"


def test_a_filter_is_guarded_by_what_it_leaves_out() -> None:
    entries = [*some(5), entry("C", certified=True)]
    cells = by_key(table(entries, ["certified"], POLICY))
    assert cells["yes",].suppressed
    assert cells["no",].suppressed


def test_a_member_sees_all_of_its_own() -> None:
    cells = own_table([entry("A"), entry("B", entity="E-A", intensity="5")], ["entity", "facility"])
    assert [cell.suppressed for cell in cells] == [False, False]
    assert [cell.intensity for cell in cells] == [10, 5]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["NO", "FR", "AU", "NZ", "CN"]), st.integers(0, 9), st.booleans()
        ),
        max_size=24,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_total_less_what_is_shown_is_of_few(drawn: list[tuple[str, int, bool]]) -> None:
    """Whatever dimension is summed over, what is left out is of none or of enough entities."""
    entries = [
        entry(str(number), country=country, entity=f"E{who}", certified=certified)
        for number, (country, who, certified) in enumerate(drawn)
    ]
    names = ("region", "country", "certified")
    cells = table(entries, names, POLICY)
    for size in range(len(names)):
        for kept in combinations(names, size):
            for total in {tuple(cell.key[name] for name in kept) for cell in cells}:
                hidden = [
                    cell.key
                    for cell in cells
                    if cell.suppressed and tuple(cell.key[name] for name in kept) == total
                ]
                left = {
                    one.entity_id
                    for one in entries
                    if {
                        "region": one.region,
                        "country": one.country,
                        "certified": "yes" if one.certified else "no",
                    }
                    in hidden
                }
                every = all(
                    cell.suppressed
                    for cell in cells
                    if tuple(cell.key[name] for name in kept) == total
                )
                assert not left or len(left) >= 3 or every


# --- the curve ---


def test_the_curve_rises_in_steps_of_enough_entities() -> None:
    entries = [entry(str(number), intensity=str(20 - number)) for number in range(8)]
    steps = emission_curve(entries, POLICY)
    assert [step.entities for step in steps] == [3, 5], "what is left over joins its neighbours"
    assert [step.intensity for step in steps] == sorted(step.intensity for step in steps)
    assert steps[-1].cumulative_t == 8_000
    assert sum(step.output_t * step.intensity for step in steps) == sum(
        one.emission_t for one in entries
    )


def test_too_few_make_no_curve() -> None:
    assert emission_curve(some(2), POLICY) == ()


def test_the_certified_part_of_a_step_is_told_where_both_parts_are_enough() -> None:
    alone = [entry(str(n), certified=n == 0) for n in range(3)]
    assert emission_curve(alone, POLICY)[0].certified_t is None
    every = [entry(str(n), certified=True) for n in range(3)]
    assert emission_curve(every, POLICY)[0].certified_t == 3_000
    assert emission_curve(some(3), POLICY)[0].certified_t == 0


# --- portfolios ---


def names_of(entries: Sequence[Entry]) -> frozenset[str]:
    """A set of them."""
    return frozenset(one.facility_id for one in entries)


def test_a_set_is_weighed_by_output_against_the_sectors_pathway() -> None:
    entries = [entry("A", intensity="5", output="3000"), entry("B", intensity="20"), entry("C")]
    view = portfolio(2025, names_of(entries) | {"X"}, entries, (), CURVE, POLICY)
    assert view.intensity == 9
    assert view.smelting == Decimal("8.1")
    assert (view.gap, view.gap_percent) == (Decimal("-1.9"), Decimal("-19"))
    assert (view.facilities, view.without_figures) == (3, 1)
    assert view.doubts[0].about == "boundary_of_the_curve"


def test_a_set_of_too_few_with_figures_is_not_told() -> None:
    entries = some(2)
    view = portfolio(2025, names_of(entries), entries, (), CURVE, POLICY)
    assert view.suppressed
    assert view.intensity is None


def test_asking_twice_isolates_nobody() -> None:
    entries = some_apart(12)
    whole, less_one, half = names_of(entries), names_of(entries[1:]), names_of(entries[6:])
    twice = portfolio(2025, less_one, entries, (whole,), CURVE, POLICY)
    assert twice.suppressed
    assert not portfolio(2025, half, entries, (whole,), CURVE, POLICY).suppressed
    assert not portfolio(2025, whole, entries, (whole,), CURVE, POLICY).suppressed


def test_sets_that_differ_by_many_of_which_one_has_figures_isolate_it() -> None:
    entries = some_apart(12)
    earlier = names_of(entries[3:9])
    more = names_of(entries[3:10]) | {"X1", "X2", "X3"}
    assert not portfolio(2025, earlier, entries, (), CURVE, POLICY).suppressed
    assert portfolio(2025, more, entries, (earlier,), CURVE, POLICY).suppressed


SETS = Spec(portfolios, policies_of("ghg"))


def define(name: str = "P-1", *facilities: str, entities: int = 3) -> DefinePortfolio:
    """A set of facilities of so many entities."""
    wanted = facilities or ("F0", "F1", "F2")
    known = tuple(
        EntityOf(facility_id=one, entity_id=f"E{at % entities}") for at, one in enumerate(wanted)
    )
    return DefinePortfolio(
        on=ON, subscriber_id="S-1", portfolio_id=name, facilities=wanted, entities=known
    )


def test_a_set_is_defined_once_and_never_changed() -> None:
    defined = SETS.when(define())
    defined.then(
        PortfolioDefined(
            subscriber_id="S-1", portfolio_id="P-1", facilities=("F0", "F1", "F2"), defined_on=ON
        )
    )
    defined.and_when(define("P-1", "F2", "F1", "F0", "F0")).nothing()
    defined.and_when(define("P-1", "F0", "F1", "F3")).refused("portfolio-differs")


def test_a_set_is_of_enough_entities_all_known() -> None:
    SETS.when(define(entities=2)).refused("portfolio-too-small")
    SETS.when(define().model_copy(update={"entities": ()})).refused("unknown-facility")


def test_sets_are_limited() -> None:
    most = POLICY.integer("aggregate.sets_max")
    full = SETS.when(*(define(f"P-{number}") for number in range(most)))
    full.and_when(define("P-more")).refused("too-many-portfolios")


def remove(name: str = "P-1") -> RemovePortfolio:
    """A set that is not looked at any more."""
    return RemovePortfolio(on=ON, subscriber_id="S-1", portfolio_id=name)


def test_a_removed_set_is_not_shown_but_still_counts_first() -> None:
    removed = SETS.when(define("P-1"), define("P-2", "F3", "F4", "F5"), remove("P-1"))
    removed.then(PortfolioRemoved(subscriber_id="S-1", portfolio_id="P-1", removed_on=ON))
    assert list(removed.state.sets) == ["P-1", "P-2"], "what it told was told"
    with pytest.raises(Refused, match="unknown-portfolio"):
        removed.state.shown("P-1")
    removed.and_when(remove("P-1")).nothing()
    removed.and_when(remove("P-9")).refused("unknown-portfolio")


def test_a_removed_set_comes_back_as_it_was_and_no_other_under_its_id() -> None:
    removed = SETS.when(define("P-1"), define("P-2", "F3", "F4", "F5"), remove("P-1"))
    removed.and_when(define("P-1", "F0", "F1", "F4")).refused("portfolio-differs")
    back = removed.and_when(define("P-1"))
    assert back.state.shown("P-1") == {"F0", "F1", "F2"}
    assert list(back.state.sets) == ["P-1", "P-2"], "in its first place"


def test_removed_sets_make_room_up_to_a_limit_of_their_own() -> None:
    most, ever = (
        POLICY.integer("aggregate.sets_max"),
        POLICY.integer("aggregate.sets_ever_max"),
    )
    full = SETS.when(*(define(f"P-{number}") for number in range(most)))
    assert full.and_when(remove("P-0"), define("P-more")).refusal is None
    turned = SETS.when(
        *(one for number in range(ever) for one in (define(f"P-{number}"), remove(f"P-{number}")))
    )
    turned.and_when(define("P-more")).refused("too-many-portfolios")
