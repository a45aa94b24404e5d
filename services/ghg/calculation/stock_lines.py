"""What was used from stock, or bought and put there, as lines (3.1). Pure.

Source: sources.md 4.1: an intensity is of what went in, not of what was paid for. Stocks of
purchased goods on the first and the last day correct the purchases by the mean factor of the year's
own; a stock that fell is a line above zero, one that grew a line below. Stocks of a facility's own
products make no line, because what it makes is counted where it is made; what of it goes on to the
next step is less by what was put there (`flows`).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from contracts.inventory import DataKind, Scope
from services.ghg.activity.inventory import Datum
from services.ghg.factors.tables import Tables

from .anode_lines import worst
from .lines import Applied, Line
from .working import Doubt

ZERO = Decimal(0)
OPENING = "stock.opening"
RULE = "purchased: change of stock at the mean of the year's purchases"
SOURCE = "sources.md 4.1"


def stock_lines(
    data: Sequence[Datum], bought: Sequence[Line], table: Tables, doubts: list[Doubt]
) -> list[Line]:
    """A line for each purchased good whose stock is told on both days, in t; `doubts` takes those
    that are told on one day only."""
    lines: list[Line] = []
    for item, found in _by_item(data, table).items():
        opening = [one for one in found if one.item == OPENING]
        closing = [one for one in found if one.item != OPENING]
        if not opening or not closing:
            sentence = f"The stock of {item} is told on one day of the year only: it was not used."
            doubts.append(Doubt("stock_incomplete", sentence, SOURCE))
            continue
        fell_t = sum((one.quantity for one in opening), ZERO)
        fell_t -= sum((one.quantity for one in closing), ZERO)
        purchases = [line for line in bought if line.item == item]
        factor, kind = _mean(item, purchases, table)
        lines.append(
            Line(
                data=tuple(one.datum_id for one in found),
                step=purchases[0].step if purchases else found[0].step,
                scope=Scope.PURCHASED,
                item=item,
                activity=fell_t,
                unit="t",
                factor=factor,
                rule=RULE,
                kg=fell_t * factor.value,
                kind=kind or worst(found),
            )
        )
    return lines


def _by_item(data: Sequence[Datum], table: Tables) -> Mapping[str, list[Datum]]:
    """Stocks of purchased goods, by good; no others."""
    found: dict[str, list[Datum]] = {}
    for datum in data:
        if datum.of in table.bought:
            found.setdefault(datum.of, []).append(datum)
    return found


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
