"""What holds of scrap in any year of any casthouse, under every regime and every method that the
policy gives it (sources.md 4.8, R-03)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Regime, Step
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import Side, footprints, mine_to_metal
from services.ghg.factors.pinned import BEFORE_FIFTH, Pinned
from services.ghg.findings import Context, findings
from services.ghg.reports.report import report

from .given import POLICY, TODAY, decimals
from .made import NOWHERE, datum, inventory, kg, pinned

ZERO, ONE = Decimal(0), Decimal(1)
CELLS, CAST, ROLL = Step.ELECTROLYSIS, Step.CASTING, Step.SEMI_FABRICATION
LEAST_OF_CELLS = Decimal("1.5")
"""What cells give off per tonne at the least, in t CO2e: that of their anodes."""
MOST_COLLECTED = Decimal(1)
"""Collecting and sorting old scrap, in t CO2e/t: a tenth of it is usual."""
MOST_LOST = "0.15"
"""Of scrap that is melted; a melt yield is usually above 98 % (sources.md 6 [B15])."""
TOLERANCE = POLICY.decimal("finding.balance_percent") / 100
"""By so much more may come out of a melt than went in, or less, before R-34 finds it."""
METHODS = [
    (regime, Method(method))
    for regime in Regime
    for method in POLICY.words(f"scrap.methods.{regime}")
]
CREDITING = frozenset(Method) - {Method.CO_PRODUCT}
EARLIER = sorted(BEFORE_FIFTH)
FREE = POLICY.words("scrap.pre_consumer_zero_regimes")
ROUNDING = Decimal("1e-15")
"""Kilograms that the last of 28 digits may move a sum by."""
TONNES = decimals("0", "5000", 0)
STOCKED = decimals("0", "600", 0)
DROSS = st.one_of(st.just(ZERO), decimals("0", "0.05", 3))


class Year(NamedTuple):
    """A casthouse and perhaps its mill: tonnes tapped, bought cold, and of scrap by kind; the
    factors of what was bought (kg CO2e/t); parts of what was made that left as scrap or were
    sold; the step `at` which all is charged, but for what is added; the part of all that is
    `lost` (below zero: came out beyond what went in), and of old scrap (`old_lost`); where `told`,
    the latter is told by its kind; where `milled`, run-around scrap came off at the mill; MJ of
    `gas` per tonne charged; tonnes of cast metal in `stock` at the casthouse on both days, of which
    those that were not `waiting` to be cast are told (None: nobody tells); the part of what was
    melted that left with `dross`; tonnes of cold metal `lying` in stock on both days; and of scrap
    that is added `kept` tonnes more are bought and put in stock."""

    tapped: Decimal
    bought: Decimal
    bought_factor: Decimal
    pre: Decimal
    pre_factor: Decimal | None
    post: Decimal
    collected: Decimal
    round_t: Decimal
    to_scrap: Decimal
    sold: Decimal
    mill_to_scrap: Decimal | None
    at: Step
    more_at: Step
    lost: Decimal = ZERO
    old_lost: Decimal = ZERO
    told: bool = False
    milled: bool = False
    gas: Decimal = Decimal(1500)
    stock: tuple[Decimal, Decimal] | None = None
    waiting: tuple[Decimal, Decimal] | None = None
    dross: Decimal = ZERO
    lying: tuple[Decimal, Decimal] | None = None
    kept: Decimal = ZERO

    @property
    def entered(self) -> Decimal:
        opening, closing = self.lying or (ZERO, ZERO)
        return self.tapped + self.bought - (closing - opening) + self.pre + self.post

    @property
    def melted(self) -> Decimal:
        """What of it was not put by to be cast later."""
        opening, closing = self.waiting or (ZERO, ZERO)
        return self.entered - (closing - opening)

    def data(
        self,
        added: Decimal = ZERO,
        displaced: Decimal = ZERO,
        traded: Decimal = ZERO,
        *,
        rolled: bool = False,
        trimmed: bool = False,
    ) -> tuple[Datum, ...]:
        """Its activity data; with `added` tonnes of old scrap whose metal is sold (or `rolled`),
        `displaced` tonnes in the place of bought metal, or `traded` ones that leave as scrap."""
        trim = added * (self.mill_to_scrap or ZERO) if rolled and trimmed else ZERO
        told = self._told(
            added, displaced, traded, rolled, trim * (ONE - self.old_lost) * (ONE - self.dross)
        )
        kept = ("loss.metal", "stock.opening", "stock.closing")
        return tuple(one for one in told if one.quantity or one.item in kept)

    def _kept(self) -> Iterator[Datum]:
        """Old scrap that is bought and put in stock."""
        old, at = "post_consumer", self.more_at
        if self.kept:
            yield datum("kept", at, "scrap.in", str(self.kept), scrap_kind=old, factor="0")
            for day, held in (("opening", ZERO), ("closing", self.kept)):
                of = {"of": "scrap.in", "scrap_kind": old}
                yield datum(f"kept-{day}", at, f"stock.{day}", str(held), **of)

    def _told(
        self, added: Decimal, displaced: Decimal, traded: Decimal, rolled: bool, trim: Decimal
    ) -> Iterator[Datum]:
        left = self.melted * (ONE - self.to_scrap)
        cast = left * (ONE - self.lost) - self.post * self.old_lost * (ONE - self.to_scrap)
        cast += self.round_t if self.milled else ZERO
        came = added * (ONE - self.old_lost)
        dross = {self.at: cast * self.dross, self.more_at: ZERO}
        dross[self.more_at] += came * self.dross
        cast, more = cast * (ONE - self.dross), came * (ONE - self.dross)
        for step, tonnes in dross.items():
            yield datum(f"in-dross-{step}", step, "waste.dross_aluminium", str(tonnes))
        for day, held in zip(("opening", "closing"), self.lying or (), strict=False):
            yield datum(
                f"cold-{day}", self.at, f"stock.{day}", str(held), of="bought.primary_metal"
            )
        if added:
            yield from self._kept()
        yield datum("tapped", CELLS, "output.liquid_metal", str(self.tapped))
        yield datum("anode", CELLS, "input.net_anode", str(self.tapped * Decimal("0.42")))
        yield datum("aem", CELLS, "anode_effect.minutes", "0.2")
        yield datum("power", CELLS, "power.grid", str(self.tapped * 13600))
        yield datum("gas", self.at, "fuel.gas", str(self.entered * self.gas))
        bought = str(self.bought - displaced)
        yield datum("cold", self.at, "bought.primary_metal", bought, factor=str(self.bought_factor))
        of_pre = {} if self.pre_factor is None else {"factor": str(self.pre_factor)}
        yield datum("pre", self.at, "scrap.in", str(self.pre), scrap_kind="pre_consumer", **of_pre)
        old = {"scrap_kind": "post_consumer", "factor": str(self.collected)}
        yield datum("post", self.at, "scrap.in", str(self.post), **old)
        yield datum("more", self.more_at, "scrap.in", str(added + displaced + traded), **old)
        yield datum("round", self.at, "scrap.in", str(self.round_t), scrap_kind="internal")
        off = ROLL if self.milled else self.at
        yield datum("again", off, "output.scrap_returned", str(self.round_t))
        out = self.melted * self.to_scrap + traded
        yield datum("out", self.at, "output.scrap", str(out))
        yield datum("cast", self.at, "output.cast_metal", str(cast + more))
        for day, held in zip(("opening", "closing"), self.stock or (), strict=False):
            yield datum(day, self.at, f"stock.{day}", str(held), of="output.cast_metal")
        for day, held in zip(("opening", "closing"), self.waiting or (), strict=False):
            liquid = f"liquid-{day}", self.at, f"stock.{day}", str(held)
            yield datum(*liquid, of="output.liquid_metal")
        if self.told:
            old_t = {self.at: self.post, self.more_at: ZERO}
            old_t[self.more_at] += added + displaced + traded
            for step, tonnes in old_t.items():
                gone = {"scrap_kind": "post_consumer"}
                yield datum(f"gone-{step}", step, "loss.metal", str(tonnes * self.old_lost), **gone)
        if self.mill_to_scrap is None:
            return
        sold = cast * self.sold
        opening, closing = self.stock or (ZERO, ZERO)
        gone_on = max(cast - sold - (closing - opening), ZERO)
        sheet = gone_on * (ONE - self.mill_to_scrap)
        left = sold + (ZERO if rolled else more)
        yield datum("sold", self.at, "output.sold", str(left), of="output.cast_metal")
        yield datum("sheet", ROLL, "output.semi", str(sheet + (more - trim if rolled else ZERO)))
        yield datum("trim", ROLL, "output.scrap", str(gone_on * self.mill_to_scrap + trim))


@st.composite
def waiting(draw: st.DrawFn, tapped: Decimal) -> tuple[Decimal, Decimal]:
    """Tonnes that waited to be cast on both days: no more than half of what was tapped came to
    them."""
    opening = draw(STOCKED)
    return opening, (opening + tapped / 2) * draw(decimals("0", "1", 2))


@st.composite
def years(draw: st.DrawFn) -> Year:
    """Any year in which something was charged. Old scrap is collected for no more than what the
    rest of the melt gives off per tonne, pre-consumer scrap counted at nothing: an average falls
    only by what lies below it. All loses some, or gains within what R-34 tolerates; old scrap
    loses of its own up to far more than a melt usually takes, whether that is told or not. What
    lies in stock, and whether it was cast, is anything."""
    tapped, bought, pre, post = (draw(TONNES) for _ in range(4))
    at = CAST if tapped else draw(st.sampled_from([CAST, Step.REMELTING]))
    bought_factor = draw(decimals("3200", "20000", 0))
    lying = draw(st.one_of(st.none(), st.tuples(STOCKED, decimals("0", "1", 2))))
    if lying:
        lying = lying[0], (lying[0] + bought) * lying[1]
        melted = bought - (lying[1] - lying[0])
    else:
        melted = bought
    entered = tapped + melted + pre + post + 1
    rest = (tapped * LEAST_OF_CELLS + melted * bought_factor / 1000) / entered
    old_lost, dross = draw(decimals("0", MOST_LOST, 3)), draw(DROSS)
    left = (ONE - old_lost) * (ONE - dross)
    collected = draw(decimals("0", "1", 3)) * min(rest, MOST_COLLECTED) * 1000 * left
    round_t, mill = draw(TONNES), draw(st.one_of(st.none(), decimals("0", "0.6", 2)))
    milled = mill is not None and draw(st.booleans())
    more_cast = (entered * (ONE + TOLERANCE) + (round_t if milled else ZERO)) / entered
    return Year(
        tapped,
        bought + 1,
        bought_factor,
        pre,
        draw(st.one_of(st.none(), decimals("160", "20000", 0))),
        post,
        collected / more_cast,
        round_t,
        draw(decimals("0", "0.6", 2)),
        draw(decimals("0", "0.9", 2)),
        mill,
        at,
        draw(st.sampled_from([at, Step.REMELTING])),
        draw(decimals(str(-TOLERANCE), "0.05", 3)),
        old_lost,
        draw(st.booleans()),
        milled,
        draw(st.sampled_from([ZERO, Decimal(1500)])),
        draw(st.one_of(st.none(), st.tuples(STOCKED, STOCKED))),
        draw(st.one_of(st.none(), st.just((ZERO, ZERO)), waiting(tapped))),
        dross,
        lying,
        draw(st.one_of(st.just(ZERO), TONNES)),
    )


def told(
    data: tuple[Datum, ...], regime: Regime, method: Method, sets: Pinned | None = None
) -> dict[str, Decimal]:
    """The intensity at the casthouse, the footprint of every product, and what the report says of
    its product, by that: a mill that rolls for the first time has another; in t CO2e/t."""
    tapped = any(one.item == "output.liquid_metal" for one in data)
    year = inventory(*data, site=NOWHERE if tapped else NOWHERE._replace(technology=None))
    sets = sets or pinned()
    made = calculate(year, sets, regime=regime, scrap_method=method)
    found = {f"{one.step}.{side}": getattr(one, side) for one in footprints(made) for side in Side}
    if tapped:
        found |= {f"metal.{side}": mine_to_metal(made).on(side) for side in Side}
    said = report(year, sets, regime, scrap_method=method)
    return found if said.intensity is None else {**found, f"report.{said.product}": said.intensity}


def scrap_kg(data: tuple[Datum, ...], regime: Regime, method: Method) -> Decimal:
    """What all scrap brings in, less what that which leaves is credited, in kg CO2e."""
    made = calculate(inventory(*data), pinned(), regime=regime, scrap_method=method)
    return kg(one for one in made.lines if one.item in ("scrap.in", "output.scrap"))


def higher(before: dict[str, Decimal], after: dict[str, Decimal]) -> list[str]:
    """The figures of both that rose, by more than the last of 28 digits."""
    both = before.keys() & after.keys()
    assert both
    return [name for name in both if after[name] > before[name] * (ONE + Decimal("1e-20"))]


@pytest.mark.parametrize(("regime", "method"), METHODS)
@given(years(), decimals("1", "5000", 0), st.booleans())
@settings(max_examples=40)
def test_adding_post_consumer_scrap_never_raises(
    regime: Regime, method: Method, year: Year, added: Decimal, rolled: bool
) -> None:
    """The metal that comes of it is added to what was cast, and sold or rolled; the energy of
    melting it is not added. It is collected for at most what the rest of the melt gives off, per
    tonne that comes of it, and loses what `years` says, told or not. Where scrap that leaves is
    credited it is trimmed as the rest: sheet without trim would lower the credit, whatever it is
    of."""
    before = told(year.data(), regime, method)
    trimmed = method is Method.SUBSTITUTION
    more = year.data(added, rolled=rolled, trimmed=trimmed)
    assert higher(before, told(more, regime, method)) == []


@pytest.mark.parametrize(("regime", "method"), METHODS)
@given(years(), decimals("0.01", "1", 2))
@settings(max_examples=40)
def test_post_consumer_scrap_in_the_place_of_primary_metal_never_raises(
    regime: Regime, method: Method, year: Year, part: Decimal
) -> None:
    """Bought metal gives way to it tonne for tonne, and all else stays: it is collected for less
    than any primary metal gives off. Without stock of bought metal, which would be more than was
    bought."""
    year = year._replace(lying=None)
    before = told(year.data(), regime, method)
    after = told(year.data(displaced=year.bought * part), regime, method)
    assert higher(before, after) == []


@pytest.mark.parametrize("engine", EARLIER)
def test_post_consumer_scrap_raised_a_footprint_under_substitution_by_earlier_engines(
    engine: str,
) -> None:
    """What the two properties above are there for, seen once."""
    none, t, factor = ZERO, Decimal(100), Decimal(4000)
    old = Year(none, t, factor, none, none, none, t, none, none, none, None, CAST, CAST)
    before, after = (
        told(data, Regime.IAI, Method.SUBSTITUTION, pinned(engine=engine))
        for data in (old.data(), old.data(Decimal(100)))
    )
    assert "report.casting" in higher(before, after)


@pytest.mark.parametrize(("regime", "method"), [one for one in METHODS if one[1] in CREDITING])
@given(years(), decimals("1", "5000", 0))
@settings(max_examples=40)
def test_post_consumer_scrap_bought_and_sold_again_lowers_nothing(
    regime: Regime, method: Method, year: Year, traded: Decimal
) -> None:
    """It comes in at its collection and as much leaves as scrap of a kind that nobody tells. What
    leaves may be the pre-consumer scrap of a melt that has any: then no more is lost than what that
    brought in. Under `co_product` scrap that leaves is a product, with its share by mass. Without
    stock of which nobody tells whether it was cast: what a mill rolled of it follows how masses
    balance, and these move."""
    year = year if year.waiting else year._replace(stock=None)
    before = told(year._replace(pre=ZERO).data(), regime, method)
    after = told(year._replace(pre=ZERO).data(traded=traded), regime, method)
    assert higher(after, before) == []
    floor = scrap_kg(year._replace(pre=ZERO).data(), regime, method)
    assert scrap_kg(year.data(traded=traded), regime, method) >= floor - ROUNDING


@pytest.mark.parametrize(("regime", "method"), [one for one in METHODS if one[0] not in FREE])
@given(years(), st.sampled_from(["0", "0.001", "159"]), decimals("1", "5000", 0))
@settings(max_examples=25)
def test_zeroing_pre_consumer_scrap_always_finds_r_03(
    regime: Regime, method: Method, year: Year, factor: str, t: Decimal
) -> None:
    """Or all but zeroing it: less than it took to melt it once. The border mechanism, whose own
    rule gives scrap nothing, is left out."""
    data = year._replace(pre=t, pre_factor=Decimal(factor)).data()
    made = calculate(inventory(*data), pinned(), regime=regime, scrap_method=method)
    found = findings(Context(made.inventory, made, POLICY, TODAY))
    assert any(one.rule == "R-03" and "pre" in one.data for one in found)


def test_every_regime_has_its_methods_here() -> None:
    assert {regime for regime, _ in METHODS} == set(Regime)
    assert len(METHODS) > len(Regime), "and one has several"
