"""Adding post-consumer scrap never raises mine to metal, in any year of any smelter: with furnaces
that cast metal themselves, run-around scrap, scrap in cells, stock, and masses that are off
(sources.md 4.8; decision 0017)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.totals import Intensity, mine_to_metal
from services.ghg.calculation.untold import SLUGS

from .given import decimals
from .made import NOWHERE, datum, inventory, pinned

ZERO, ONE = Decimal(0), Decimal(1)
CELLS, CAST, MELT = Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING
ROLL, SITE = Step.SEMI_FABRICATION, Step.SITE
INGOT, LIQUID = "output.cast_metal", "output.liquid_metal"
OLD = "post_consumer"
OTHERS = ("pre_consumer", "internal", "dross")
ROUNDING = Decimal("1e-9")
WORDS = ("", LIQUID, INGOT)
Tonnes = dict[Step, Decimal]


class Year(NamedTuple):
    """A smelter's year in t. `tapped` is told or not (`only_cast`); scrap by step and kind, that
    in cells with the word that tells where it is (`others_in`, `old_in`); losses of old scrap by
    step, where told. A furnace casts the part `own` of what it was charged with itself; what it
    gave to casting is told (`passed`) or not. Liquid metal that was bought gave off `liquid_kg` per
    t, or what the sets have. Metal left casting and the furnace in `dross`, and of cold metal that
    casting bought some was `lying` in stock on both days. Two lines of cells are told apart, of
    which one made the part `line`, and the other is named `rest` or not at all. All else that went
    in is cast, but for the part `off`."""

    tapped: Decimal
    only_cast: bool
    sold: Decimal
    bought: Tonnes
    liquid: Tonnes
    scrap: dict[tuple[Step, str], Decimal]
    others_in: str
    old_in: str
    old_lost: Tonnes
    own: Decimal
    passed: bool
    returned: Tonnes
    out: Tonnes
    off: Decimal
    off_passed: Decimal
    stock: tuple[Decimal, Decimal, Decimal, Decimal] | None
    rates: tuple[Decimal, Decimal, Decimal, Decimal, Decimal]
    liquid_kg: str | None = None
    line: Decimal | None = None
    rest: str = "2"
    dross: tuple[Decimal, Decimal] = (ZERO, ZERO)
    lying: tuple[Decimal, Decimal] = (ZERO, ZERO)

    @property
    def lines(self) -> dict[str, tuple[Decimal, Decimal]]:
        """The part of the metal and the anode effects of each line of cells that is told apart."""
        part, minutes = self.line, self.rates[1]
        if part is None or self.only_cast:
            return {"": (ONE, minutes)}
        return {"1": (part, minutes), self.rest: (ONE - part, minutes * 3)}


class Added(NamedTuple):
    """Post-consumer scrap: tonnes, the part of them that was lost, the step that melted it, the
    part of the rest that the furnace cast itself, where that was remelting, and whether the
    last line of cells melted it, where several are told apart, or the first. Of what was not lost
    the part `dross` left with that, and `kept` tonnes more were bought and put in stock."""

    tonnes: Decimal
    lost: Decimal
    step: Step
    own: Decimal
    last: bool = False
    dross: Decimal = ZERO
    kept: Decimal = ZERO


NOTHING = Added(ZERO, ZERO, CAST, ZERO)
T = st.one_of(st.just(ZERO), decimals("1", "40000", 0))
PART = decimals("0", "1", 2)
DROSS = decimals("0", "3000", 0)
IN_DROSS = st.one_of(st.just(ZERO), decimals("0", "0.1", 2), PART)
KEPT = st.one_of(st.just(ZERO), decimals("1", "60000", 0))
LYING = st.one_of(st.just(ZERO), decimals("0", "5000", 0))


def by_step(*steps: Step) -> st.SearchStrategy[Tonnes]:
    return st.fixed_dictionaries(dict.fromkeys(steps, T))


@st.composite
def years(draw: st.DrawFn, *, only_cast: bool | None = None) -> Year:
    """Any year; those where only the cast of tapped metal is told are one of five, but for who asks
    for them alone."""
    scrap = {
        (step, kind): draw(T)
        for step in (CELLS, CAST, MELT)
        for kind in (*OTHERS, OLD)
        if draw(st.booleans())
    }
    told = {
        step: scrap.get((step, OLD), ZERO) * draw(PART) / 2
        for step in (CELLS, CAST, MELT)
        if draw(st.booleans())
    }
    returned = draw(by_step(CAST, MELT, ROLL))
    if draw(st.booleans()):  # as much came off at the mill as went in again
        again = sum((t for (_, kind), t in scrap.items() if kind == "internal"), ZERO)
        returned = {CAST: ZERO, MELT: ZERO, ROLL: again}
    lots = st.tuples(*(decimals("0", "5000", 0) for _ in range(4)))
    return Year(
        tapped=draw(decimals("1000", "200000", 0)),
        only_cast=draw(st.integers(0, 4)) == 0 if only_cast is None else only_cast,
        sold=draw(st.one_of(st.just(ZERO), decimals("0", "0.5", 2))),
        bought=draw(by_step(CAST, MELT)),
        liquid=draw(by_step(CAST, MELT)),
        scrap=scrap,
        others_in=draw(st.sampled_from(WORDS)),
        old_in=draw(st.sampled_from((LIQUID, INGOT, LIQUID, INGOT, ""))),
        old_lost=told,
        own=draw(st.one_of(st.just(ZERO), st.just(ONE), PART)),
        passed=draw(st.booleans()),
        returned=returned,
        out=draw(by_step(CAST, MELT)),
        off=draw(st.one_of(st.just(ZERO), decimals("-0.2", "0.2", 3))),
        off_passed=draw(st.one_of(st.just(ONE), decimals("0.5", "1.5", 2))),
        stock=draw(st.one_of(st.none(), lots)),
        rates=(
            draw(st.one_of(st.none(), decimals("0.3", "0.6", 2))) or ZERO,
            draw(st.one_of(decimals("0", "3", 1), decimals("3", "10", 0))),
            draw(st.sampled_from([ZERO, Decimal(13600)])),
            draw(st.sampled_from([ZERO, Decimal(1500)])),
            draw(st.sampled_from([ZERO, Decimal(5_000_000)])),
        ),
        liquid_kg=draw(st.sampled_from([None, "2000", "4000", "9000"])),
        line=draw(st.one_of(st.none(), st.none(), decimals("0.1", "0.9", 1))),
        rest=draw(st.sampled_from(("2", ""))),
        dross=draw(st.one_of(st.just((ZERO, ZERO)), st.tuples(DROSS, DROSS))),
        lying=(draw(LYING), draw(LYING)),
    )


ADDED = st.builds(
    Added,
    decimals("1", "60000", 0),
    st.one_of(st.just(ZERO), decimals("0", "0.15", 3), PART),
    st.sampled_from((CELLS, CAST, MELT)),
    st.one_of(st.just(ZERO), st.just(ONE), PART),
    st.booleans(),
    IN_DROSS,
    KEPT,
)


def told(year: Year, added: Added = NOTHING) -> tuple[Datum, ...]:
    """Its activity data, with what is added."""
    kept = ("loss.metal", "output.to_casting", "stock.opening", "stock.closing")
    return tuple(one for one in _rows(year, added) if one.quantity or one.item in kept)


def _rows(year: Year, added: Added) -> Iterator[Datum]:
    melted = added.tonnes * (ONE - added.lost)
    came = melted * (ONE - added.dross)
    at = added.step
    within = melted if at is CELLS and year.old_in == LIQUID else ZERO
    anodes, _, power, gas, site = year.rates
    first, added_to = next(iter(year.lines)), list(year.lines)[-1 if added.last else 0]
    yield datum("pow", CELLS, "power.grid", str(year.tapped * power))
    yield datum("fluor", CELLS, "bought.alumina", str(year.tapped * 2))
    yield datum("anode", CELLS, "input.net_anode", str(year.tapped * anodes))
    yield datum("gas", CAST, "fuel.gas", str(year.tapped * gas))
    yield datum("gas-site", SITE, "fuel.gas", str(site))
    for line, (part, often) in year.lines.items():
        yield datum(f"aem-{line}", CELLS, "anode_effect.minutes", str(often), potline=line)
        if not year.only_cast:
            tapped = year.tapped * part + (within if line == added_to else ZERO)
            yield datum(f"tap-{line}", CELLS, LIQUID, str(tapped), potline=line)
    if not year.only_cast:
        yield datum("sold", CELLS, "output.sold", str(year.tapped * year.sold), of=LIQUID)
    for step in (CAST, MELT):
        yield datum(f"cold-{step}", step, "bought.primary_metal", str(year.bought[step]))
        bought = str(year.liquid[step])
        stated = {} if year.liquid_kg is None else {"factor": year.liquid_kg}
        yield datum(f"liq-{step}", step, "bought.liquid_metal", bought, **stated)
        yield datum(f"out-{step}", step, "output.scrap", str(year.out[step]))
    for step, tonnes in year.returned.items():
        yield datum(f"back-{step}", step, "output.scrap_returned", str(tonnes))
    for (step, kind), tonnes in year.scrap.items():
        word = {CELLS: year.old_in if kind == OLD else year.others_in}.get(step, "")
        more = {"factor": "100"} if kind != "internal" else {}
        more |= {"potline": first} if step is CELLS and kind == OLD else {}
        lot = str(tonnes)
        yield datum(f"{kind}-{step}", step, "scrap.in", lot, scrap_kind=kind, of=word, **more)
    cells = {"of": year.old_in, "potline": added_to} if at is CELLS else {}
    lot, put_by = str(added.tonnes), str(added.kept)
    yield datum("more", at, "scrap.in", lot, scrap_kind=OLD, factor="100", **cells)
    yield datum("kept", at, "scrap.in", put_by, scrap_kind=OLD, factor="0", **cells)
    if added.kept:
        for day, lies in (("opening", "0"), ("closing", put_by)):
            yield datum(f"kept-{day}", at, f"stock.{day}", lies, of="scrap.in", scrap_kind=OLD)
    dross = dict(zip((CAST, MELT), year.dross, strict=True))
    dross[MELT if at is MELT else CAST] += melted - came
    for step, tonnes in dross.items():
        yield datum(f"in-dross-{step}", step, "waste.dross_aluminium", str(tonnes))
    for day, held in zip(("opening", "closing"), year.lying, strict=True):
        yield datum(f"cold-{day}", CAST, f"stock.{day}", str(held), of="bought.primary_metal")
    for step, lost in year.old_lost.items():
        named = {"potline": first} if step is CELLS else {}
        yield datum(f"gone-{step}", step, "loss.metal", str(lost), scrap_kind=OLD, **named)
        if step is at and added.tonnes:
            gone = str(added.tonnes * added.lost)
            named = {"potline": added_to} if step is CELLS else {}
            yield datum("gone-more", step, "loss.metal", gone, scrap_kind=OLD, **named)
    yield from _cast(year, added, came)


def _cast(year: Year, added: Added, came: Decimal) -> Iterator[Datum]:
    """What casting and the furnace made."""
    into = sum((t for (step, _), t in year.scrap.items() if step is MELT), ZERO)
    into += year.bought[MELT] + year.liquid[MELT]
    own, given = into * year.own, into * (ONE - year.own)
    own_more = came * added.own if added.step is MELT else ZERO
    charged = sum((t for (step, _), t in year.scrap.items() if step is not MELT), ZERO)
    entered = year.tapped * (ONE - year.sold) + charged + year.bought[CAST] + year.liquid[CAST]
    lost = sum((t for step, t in year.old_lost.items() if step is not MELT), ZERO)
    opening, closing = year.lying
    if closing - opening <= year.bought[CAST]:
        entered -= closing - opening
    cast = (entered + given) * (ONE - year.off) - lost - year.out[CAST] - year.dross[0]
    yield datum("cast", CAST, INGOT, str(max(cast, ONE) + came - own_more))
    own = max(own - year.dross[1], ZERO)
    yield datum("own", MELT, INGOT, str(own + own_more))
    if year.passed:
        more = came - own_more if added.step is MELT else ZERO
        tonnes = str(given * year.off_passed + more)
        yield datum("given", MELT, "output.to_casting", tonnes)
    if year.stock is not None:
        for of, days in ((INGOT, year.stock[:2]), (LIQUID, year.stock[2:])):
            for day, held in zip(("opening", "closing"), days, strict=True):
                step = CAST if of == INGOT else CELLS
                yield datum(f"{day}-{of}", step, f"stock.{day}", str(held), of=of)


def figure(data: tuple[Datum, ...]) -> Intensity | None:
    """None where it is not known, or no primary metal was cast."""
    try:
        return mine_to_metal(calculate(inventory(*data, site=NOWHERE), pinned()))
    except Refused as refused:
        if refused.slug not in (*SLUGS.values(), "output-missing"):
            raise
        return None


def raised(year: Year, added: Added) -> bool:
    """Whether either side rose, beyond rounding."""
    before, after = figure(told(year)), figure(told(year, added))
    if before is None or after is None:
        return False
    most = ONE + ROUNDING
    return after.location > before.location * most or after.market > before.market * most


@given(years(), ADDED)
@settings(max_examples=300)
def test_adding_post_consumer_scrap_never_raises_mine_to_metal(year: Year, added: Added) -> None:
    """The metal that comes of it is in what was cast, in what was tapped where it is told to be
    there, and in what a furnace is told to have given; what was lost of it is told or not."""
    assert not raised(year, added)


@given(
    years(only_cast=True),
    st.builds(
        Added,
        decimals("1", "60000", 0),
        st.one_of(st.just(ZERO), PART),
        st.just(MELT),
        st.one_of(st.just(ZERO), st.just(ONE), PART),
        st.just(value=False),
        IN_DROSS,
        KEPT,
    ),
)
@settings(max_examples=300)
def test_adding_it_to_a_furnace_never_raises_where_only_the_cast_is_told(
    year: Year, added: Added
) -> None:
    """What the furnace gave is in what was cast, beside what cells are taken to have made: with
    anode effects that are above all else the more of it is theirs, the higher the figure is."""
    rates = (ZERO, year.rates[1] + 5, ZERO, ZERO, ZERO)
    lost = {step: ZERO for step in (CELLS, CAST, MELT) if year.scrap.get((step, OLD))} | {
        MELT: ZERO
    }
    known = year._replace(old_lost=lost | year.old_lost, rates=rates, liquid_kg="2000")
    assert not raised(known, added)
