"""From activity data to lines: `calculate(inventory, pinned)`. Pure.

Each family of items has a module of its own that knows its equations; here data are checked,
grouped and handed out. The order of the lines follows from the order of the data and from nothing
else, so that the same data give the same working to the last digit. Sources: sources.md 4.1.
"""

from collections.abc import Sequence

from contracts.inventory import Regime, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.activity.items import ITEMS, Family
from services.ghg.factors.pinned import BEFORE_FIFTH, BEFORE_FOURTH, Pinned
from services.ghg.factors.tables import tables

from .anode_lines import anode_lines
from .flow_doubts import flow_doubts
from .fuel_lines import fuel_lines
from .lines import Line, Result
from .melts import ONE, ZERO
from .pfc_lines import pfc_lines
from .power_lines import power_lines
from .purchase_lines import process_lines, purchase_lines
from .scrap import Method
from .scrap_lines import scrap_lines
from .stock_lines import stock_lines
from .transport_lines import transport_lines
from .working import Doubt

ByFamily = dict[Family, list[Datum]]
_FAMILY = {item.slug: item.family for item in ITEMS.values()}
_STEPS = {item.slug: frozenset(item.steps or Step) for item in ITEMS.values()}


def calculate(
    inventory: Inventory,
    pinned: Pinned,
    *,
    regime: Regime = Regime.ASI_MINE_TO_METAL,
    scrap_method: Method | None = None,
) -> Result:
    """All lines of a facility's year, both sides of Scope 2, in kg CO2e. Scrap bears what the
    regime gives it, by the first of its methods unless another is named.

    Refused: `unknown-item`, `item-at-wrong-step`, `quantity-negative`, `datum-twice`, and whatever
    the equations refuse. What can be calculated is, with a doubt where a verifier would ask.
    """
    table = tables(pinned)
    data = grouped(inventory.data)
    method = scrap_method or Method(pinned.policy.words(f"scrap.methods.{regime}")[0])
    doubts: list[Doubt] = []
    lines: list[Line] = []
    lines += fuel_lines(data[Family.FUEL], table)
    lines += power_lines(data[Family.POWER], inventory.site, table)
    lines += anode_lines(data, inventory, table, doubts)
    lines += process_lines(data[Family.INPUT], table)
    lines += pfc_lines(data, inventory, table, doubts)
    bought = purchase_lines(data[Family.BOUGHT], table)
    lines += bought
    lines += stock_lines(data[Family.STOCK], bought, table, doubts)
    lines += scrap_lines(data, inventory, regime, method, table)
    lines += transport_lines(data[Family.TRANSPORT], table)
    melt_loss = ZERO if pinned.engine in BEFORE_FIFTH else ONE - table.reference.melt_yield
    if pinned.engine not in BEFORE_FOURTH:
        outputs, stocks = data[Family.OUTPUT], data[Family.STOCK]
        doubts += flow_doubts(inventory, outputs, stocks, pinned.engine, melt_loss)
    return Result(
        inventory=inventory,
        lines=tuple(lines),
        gwp_set=pinned.gwp.factor_set,
        factor_sets=pinned.names(),
        policy_id=pinned.policy.policy_id,
        engine=pinned.engine,
        doubts=tuple(doubts),
        scrap_method=method,
        melt_loss=melt_loss,
    )


def grouped(data: Sequence[Datum]) -> ByFamily:
    """Data by family, each family in the order given; all families are there. Refused as
    `calculate` says."""
    found: ByFamily = {family: [] for family in Family}
    places = {item: (_STEPS[item], found[family].append) for item, family in _FAMILY.items()}
    for datum in data:
        place = places.get(datum.item)
        if place is None or datum.step not in place[0] or datum.quantity < ZERO:
            raise _fault(datum)
        place[1](datum)
    if len({datum.datum_id for datum in data}) != len(data):
        raise _twice(data)
    return found


def _fault(datum: Datum) -> Refused:
    item = ITEMS.get(datum.item)
    if item is None:
        return Refused(
            "unknown-item",
            f"{datum.datum_id}: no item is called {datum.item}.",
            datum_id=datum.datum_id,
            item=datum.item,
        )
    if datum.quantity < ZERO:
        return Refused(
            "quantity-negative",
            f"{datum.datum_id} is {datum.quantity} {item.unit}: a quantity is zero or more.",
            quantity=datum.datum_id,
            value=datum.quantity,
        )
    steps = [step.value for step in item.steps]
    return Refused(
        "item-at-wrong-step",
        f"{datum.datum_id}: {datum.item} belongs to {', '.join(steps)}, not to {datum.step}.",
        datum_id=datum.datum_id,
        item=datum.item,
        step=datum.step,
        steps=steps,
    )


def _twice(data: Sequence[Datum]) -> Refused:
    seen: set[str] = set()
    again: list[str] = []
    for datum in data:
        if datum.datum_id in seen:
            again.append(datum.datum_id)
        seen.add(datum.datum_id)
    return Refused("datum-twice", f"given twice: {', '.join(again[:20])}.", data=again[:20])
