"""What was used from stock, or bought and put there, as lines (3.1). Pure.

Source: sources.md 4.1: an intensity is of what went in, not of what was paid for. Stocks of
purchased goods on the first and the last day correct the purchases by the mean factor of the year's
own; a stock that fell is a line above zero, one that grew a line below, at each step that bought of
it (`stored.fell_at`), at the mean of what that step bought. Stocks of a facility's own
products make no line, because what it makes is counted where it is made; what of it goes on to the
next step is less by what was put there (`flows`).

More cannot lie in stock than was there and was bought: such a stock is not used, and found (R-34).
The first three engines took it, so that a closing stock in the wrong unit lowered a footprint.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from contracts.inventory import DataKind, Scope, Step
from contracts.values import plain
from services.ghg.activity.inventory import Datum
from services.ghg.factors.pinned import BEFORE_FOURTH, BEFORE_NINTH
from services.ghg.factors.tables import Tables

from .anode_lines import worst
from .lines import Applied, Line
from .stored import Held, fell_at, held
from .working import Doubt

ZERO = Decimal(0)
RULE = "purchased: change of stock at the mean of the year's purchases"
SOURCE = "sources.md 4.1"


def stock_lines(
    data: Sequence[Datum], bought: Sequence[Line], table: Tables, doubts: list[Doubt]
) -> list[Line]:
    """A line for each purchased good whose stock is told on both days, in t; `doubts` takes those
    that are told on one day only, or hold more than ever came."""
    lines: list[Line] = []
    for item, stock in held(one for one in data if one.of in table.bought).items():
        fell_t = stock.fell_t
        if fell_t is None:
            sentence = f"The stock of {item} is told on one day of the year only: it was not used."
            doubts.append(Doubt("stock_incomplete", sentence, SOURCE))
            continue
        purchases = [line for line in bought if line.item == item]
        bought_t = sum((line.activity for line in purchases), ZERO)
        if bought_t + fell_t < 0 and table.pinned.engine not in BEFORE_FOURTH:
            doubts.append(_beyond(item, bought_t, fell_t))
            continue
        for step, fell in _by_step(stock, purchases, table).items():
            at = [line for line in purchases if line.step is step]
            one_step = table.pinned.engine in BEFORE_NINTH
            lines.append(_line(item, stock, (step, fell), purchases if one_step else at, table))
    return lines


def _by_step(stock: Held, purchases: Sequence[Line], table: Tables) -> Mapping[Step, Decimal]:
    """Tonnes that fell, by the step that used them. The first eight engines gave all to the step of
    the first purchase, so that a sum by step followed the order of rows."""
    fell_t = stock.fell_t or ZERO
    first = purchases[0].step if purchases else stock.data[0].step
    if table.pinned.engine in BEFORE_NINTH:
        return {first: fell_t}
    bought: dict[Step, Decimal] = {}
    for line in purchases:
        bought[line.step] = bought.get(line.step, ZERO) + line.activity
    found = {step: fell for step, fell in fell_at(stock, bought).items() if fell}
    return found or {first: fell_t}


def _line(
    item: str, stock: Held, fell: tuple[Step, Decimal], purchases: Sequence[Line], table: Tables
) -> Line:
    step, tonnes = fell
    factor, kind = _mean(item, purchases, table)
    return Line(
        data=tuple(one.datum_id for one in stock.data),
        step=step,
        scope=Scope.PURCHASED,
        item=item,
        activity=tonnes,
        unit="t",
        factor=factor,
        rule=RULE,
        kg=tonnes * factor.value,
        kind=kind or worst(stock.data),
    )


def _beyond(item: str, bought_t: Decimal, fell_t: Decimal) -> Doubt:
    """The doubt about a stock that grew by more than was bought."""
    sentence = (
        f"The stock of {item} grew by {plain(-fell_t)} t in a year in which {plain(bought_t)} t"
        f" were bought: {plain(bought_t + fell_t)} t would have been used. The stock was not"
        " counted; look at its mass and unit."
    )
    return Doubt("stock_beyond_purchases", sentence, f"{SOURCE}, R-34")


def _mean(item: str, purchases: Sequence[Line], table: Tables) -> tuple[Applied, DataKind | None]:
    """The mean factor of the year's purchases, or the default where nothing was bought, and the
    kind of data that this is: that of the stock itself where every purchase had its own factor."""
    tonnes = sum((line.activity for line in purchases), ZERO)
    if tonnes <= 0:
        return table.bought[item], DataKind.DEFAULT
    mean = sum((line.kg for line in purchases), ZERO) / tonnes
    told = all(line.factor.primary for line in purchases)
    factor = purchases[0].factor
    if len({line.factor.value for line in purchases}) > 1:
        factor = factor._replace(value=mean, name="mean of purchases", source=RULE, primary=told)
    return factor, None if told else DataKind.DEFAULT
