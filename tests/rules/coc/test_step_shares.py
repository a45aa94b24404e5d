"""A scope's own emissions over all that leaves it: each once, by an oracle that follows the metal;
and what the result of a facility counts of them itself (sources.md 4.1, 4.8, 5.7)."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.custody import Material
from contracts.ghg import Amount
from contracts.inventory import Scope, Step
from services.coc_ledger.accounting.own_emissions import step_of
from services.coc_ledger.evidence import FacilityResult
from services.ghg.calculation.flows import flows_of
from services.ghg.calculation.totals import footprints
from tests.rules.ghg.made import NOWHERE, datum, result

from .given import DAY, POLICY
from .results import calculated, verified
from .test_own_emissions import seen

LIQUID, CAST, SEMI = "output.liquid_metal", "output.cast_metal", "output.semi"
INGOT, SHEET, SCRAP = Material.CASTHOUSE_PRODUCT, Material.SEMI, Material.PRE_CONSUMER_SCRAP
SIX_DIGITS = Decimal("0.000001")


def facility(
    off: Mapping[Step, int],
    made: Mapping[str, int],
    left: Mapping[str, int] | None = None,
    name: str = "F-1",
) -> FacilityResult:
    """A verified result: what its steps give off in t CO2e, what they made, and what no step there
    went on with, in t."""
    told = calculated(
        name,
        totals=tuple((step, Scope.DIRECT, str(t * 1000)) for step, t in off.items()),
        outputs=tuple((item, str(t)) for item, t in made.items()),
        along=(),
    )
    if left is not None:
        amounts = (
            Amount(item=item, quantity=Decimal(t), unit="t") for item, t in sorted(left.items())
        )
        told = told.model_copy(update={"products_left": tuple(amounts)})
    (found,) = seen(told, verified(name), facilities=(name,))
    return found


def per_t(material: Material, *works: FacilityResult) -> Decimal | None:
    """What a document adds to a tonne, in t CO2e."""
    return step_of(works, material, DAY, POLICY).kgco2e_per_kg


def told(sold: Mapping[Material, int], *works: FacilityResult) -> Decimal:
    """What the documents over all that leaves tell together, in t CO2e, to a gram in a tonne."""
    parts = ((per_t(material, *works), t) for material, t in sold.items() if t)
    return sum((each * t for each, t in parts if each is not None), Decimal(0)).quantize(SIX_DIGITS)


# --- what was told twice, or never ---


def test_run_around_scrap_takes_no_emissions_away_from_what_leaves() -> None:
    """65 kt tapped, 100 kt cast with 35 kt of own scrap, 65 kt rolled."""
    off = {Step.ELECTROLYSIS: 500_000, Step.CASTING: 8_000, Step.SEMI_FABRICATION: 50_000}
    made = {LIQUID: 65_000, CAST: 100_000, SEMI: 65_000, "output.scrap_returned": 35_000}
    works = facility(off, made, {LIQUID: 0, CAST: 0, SEMI: 65_000})
    assert told({SHEET: 65_000}, works) == pytest.approx(Decimal(558_000), abs=Decimal("0.001"))
    assert per_t(SHEET, facility(off, made)) == per_t(SHEET, works), "an older result as well"


def test_scrap_of_a_mill_bears_the_metal_that_it_was_cut_from_and_not_the_mill() -> None:
    mill = facility({Step.SEMI_FABRICATION: 400}, {SEMI: 4000, "output.scrap": 1000})
    assert told({SHEET: 4000, SCRAP: 1000}, mill) == 400
    assert per_t(SCRAP, mill) == 0
    off = {Step.CASTING: 500, Step.SEMI_FABRICATION: 400}
    both = facility(off, {CAST: 5000, SEMI: 4000, "output.scrap": 1000})
    assert per_t(SCRAP, both) == Decimal("0.1")
    assert told({SHEET: 4000, SCRAP: 1000}, both) == 900


def test_cells_are_on_cast_metal_only_for_what_was_not_sold_liquid() -> None:
    """100 t tapped, 40 of them sold liquid; 60 cast together with 40 t of bought scrap."""
    made = {LIQUID: 100, CAST: 100, "output.sold": 40}
    works = facility({Step.ELECTROLYSIS: 1000}, made, {LIQUID: 40, CAST: 100})
    assert [per_t(one, works) for one in (Material.LIQUID, INGOT)] == [10, 6]
    assert told({Material.LIQUID: 40, INGOT: 100}, works) == 1000


@pytest.mark.parametrize("more", [{}, {Step.CASTING: 10}])
def test_liquid_metal_of_a_furnace_is_not_known_and_never_zero(more: dict[Step, int]) -> None:
    works = facility({Step.REMELTING: 400} | more, {CAST: 500, "output.to_casting": 500})
    found = step_of([works], Material.LIQUID, DAY, POLICY)
    assert (found.how, found.reason) == ("unknown", "no-output-of-stage")
    cells = facility({Step.ELECTROLYSIS: 5, Step.REMELTING: 4}, {LIQUID: 5, CAST: 10})
    assert per_t(Material.LIQUID, cells) is None, "it may be of either"


def test_anodes_that_a_smelter_sells_take_along_what_they_gave_off() -> None:
    off = {Step.ANODE_PRODUCTION: 100, Step.ELECTROLYSIS: 900}
    made = {"output.anode": 50, LIQUID: 100, CAST: 100}
    left = {"output.anode": 20, LIQUID: 0, CAST: 100}
    assert told({INGOT: 100}, facility(off, made, left)) == 960


def test_what_one_works_of_a_scope_taps_goes_on_to_the_casthouse_of_another() -> None:
    cells = facility({Step.ELECTROLYSIS: 1000}, {LIQUID: 100}, {LIQUID: 100})
    house = facility({Step.CASTING: 50}, {CAST: 60}, {CAST: 60}, "F-2")
    assert told({Material.LIQUID: 40, INGOT: 60}, cells, house) == 1050
    mill = facility({Step.SEMI_FABRICATION: 30}, {SEMI: 60}, {SEMI: 60}, "F-3")
    assert per_t(SHEET, cells, house, mill) == Decimal("11.333333333")
    assert told({Material.LIQUID: 40, SHEET: 60}, cells, house, mill) == Decimal("1080.000000")


# --- whatever flows: an oracle that follows the metal ---


class Plant(NamedTuple):
    """What happened in a works, in t: tapped, of it sold liquid, what else was cast, lost in the
    melt, sold as ingot; of what was rolled the shares in percent that left as scrap and that were
    melted again; and t CO2e of cells, casthouse, mill."""

    tapped: int
    liquid: int
    other: int
    lost: int
    ingot: int
    scrap: int
    again: int
    cells: int
    house: int
    mill: int

    @property
    def whole(self) -> int:
        """Metal into the furnaces but what is melted again."""
        return self.tapped - self.liquid + self.other - self.lost


@st.composite
def plants(draw: st.DrawFn) -> Plant:
    def up_to(most: int) -> int:
        return draw(st.integers(0, most))

    tapped = up_to(1000)
    liquid = up_to(tapped)
    other = draw(st.integers(10, 1000))
    whole = tapped - liquid + other
    lost = up_to(whole // 20)
    ingot = draw(st.sampled_from((0, whole - lost, (whole - lost) // 3)))
    cells = up_to(10_000) if tapped else 0
    rolls = ingot < whole - lost
    shares = (up_to(40), up_to(40)) if rolls else (0, 0)
    mill = up_to(500) if rolls else 0
    return Plant(tapped, liquid, other, lost, ingot, *shares, cells, up_to(500), mill)


def of_plant(plant: Plant) -> tuple[FacilityResult, dict[Material, Fraction]]:
    """Its result, and the tonnes that leave. What is melted again is cast again."""
    through = Fraction(plant.whole - plant.ingot) / (1 - Fraction(plant.again, 100))
    again, scrap = (through * share / 100 for share in (plant.again, plant.scrap))
    rolled = through - again - scrap
    cast = Fraction(plant.whole) + again
    made: dict[str, Fraction | int] = {LIQUID: plant.tapped, CAST: cast, SEMI: rolled}
    made |= {"output.scrap": scrap, "output.scrap_returned": again}
    left: dict[str, Fraction | int] = {LIQUID: plant.liquid, CAST: plant.ingot, SEMI: rolled}
    off = {
        Step.ELECTROLYSIS: plant.cells,
        Step.REMELTING: plant.house,
        Step.SEMI_FABRICATION: plant.mill,
    }
    found = facility(off, {}, {}).model_copy(
        update={"outputs": _amounts(made), "products_left": _amounts(left)}
    )
    leaves = {Material.LIQUID: Fraction(plant.liquid), INGOT: Fraction(plant.ingot)}
    return found, leaves | {SHEET: rolled, SCRAP: scrap}


def _amounts(tonnes: Mapping[str, Fraction | int]) -> tuple[Amount, ...]:
    exact = {item: Decimal(t.numerator) / t.denominator for item, t in tonnes.items()}
    return tuple(Amount(item=item, quantity=t, unit="t") for item, t in exact.items() if t)


def followed(plant: Plant) -> dict[Material, Fraction]:
    """By hand, for each material what all of it bears: along the metal, step by step."""
    liquid = Fraction(plant.cells * plant.liquid, plant.tapped) if plant.tapped else Fraction(0)
    molten = plant.cells - liquid + plant.house
    through = Fraction(plant.whole - plant.ingot) / (1 - Fraction(plant.again, 100))
    sold = molten * plant.ingot / (plant.ingot + through)
    onward = molten - sold
    scrap = onward * plant.scrap / (100 - plant.again)
    return {
        Material.LIQUID: liquid,
        INGOT: sold,
        SHEET: onward - scrap + plant.mill,
        SCRAP: scrap,
    }


@given(plants())
@settings(max_examples=200, deadline=None)
def test_all_that_leaves_bears_all_that_was_given_off_each_once(plant: Plant) -> None:
    works, leaves = of_plant(plant)
    bears = followed(plant)
    whole = Fraction(0)
    for material, tonnes in leaves.items():
        if tonnes:
            each = Fraction(per_t(material, works) or 0)
            assert abs(each * tonnes - bears[material]) <= tonnes / 10**8, material
            whole += each * tonnes
    given_off = plant.cells + plant.house + plant.mill
    assert abs(whole - given_off) <= sum(leaves.values()) / 10**8


# --- what the facility's own result counts ---


@pytest.mark.parametrize(("sold", "gone"), [(0, 0), (30, 0), (0, 40), (30, 40)])
def test_a_document_tells_what_the_verified_result_counts_for_the_product(
    sold: int, gone: int
) -> None:
    """Cells, casthouse and mill that burn coal; of what is tapped and cast some is sold."""
    cells, house, mill = Step.ELECTROLYSIS, Step.CASTING, Step.SEMI_FABRICATION
    data = [
        *(
            datum(f"coal-{step}", step, "fuel.coal_hard", energy)
            for step, energy in ((cells, "900000"), (house, "30000"), (mill, "200000"))
        ),
        datum("tapped", cells, LIQUID, "100"),
        datum("cast", house, CAST, "96"),
        datum("sheet", mill, SEMI, "50"),
        datum("back", mill, "output.scrap_returned", "6"),
    ]
    if sold:
        data.append(datum("liquid", cells, "output.sold", str(sold), of=LIQUID))
    if gone:
        data.append(datum("ingot", house, "output.sold", str(gone), of=CAST))
    counted = result(*data, site=NOWHERE)
    left = flows_of(counted.inventory, counted.engine).products_left
    own: dict[Step, Decimal] = {}
    for line in counted.lines:
        own[line.step] = own.get(line.step, Decimal(0)) + line.kg / 1000
    works = facility({}, {LIQUID: 100, CAST: 96, SEMI: 50, "output.scrap_returned": 6})
    works = works.model_copy(
        update={
            "totals": calculated(
                totals=tuple((s, Scope.DIRECT, str(t * 1000)) for s, t in own.items())
            ).totals,
            "products_left": _amounts({item: Fraction(t) for item, t in left.items()}),
        }
    )
    materials = {cells: Material.LIQUID, house: INGOT, mill: SHEET}
    for one in footprints(counted):
        added = per_t(materials[one.step], works)
        assert added is not None
        assert abs(added - one.market) <= Decimal("0.00000001"), one.step
