"""R-34: what goes in comes out, lies in stock or is lost. Pure."""

from collections.abc import Iterator
from decimal import Decimal

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import ITEMS, STOCKED, Family
from services.ghg.calculation.cell_carbon import burnt
from services.ghg.calculation.cells import made
from services.ghg.calculation.furnace_stock import with_stock
from services.ghg.calculation.melts import CHARGED, sum_t
from services.ghg.calculation.metal import (
    AT_CASTHOUSE,
    LOST,
    SCRAP_IN,
    TAPPED,
    Account,
    drawn_up,
    furnace,
    lies_cast,
    without_product,
)
from services.ghg.calculation.scrap import Kind
from services.ghg.calculation.shared_cast import UNKNOWN, UNUSUAL
from services.ghg.calculation.stored import held, held_scrap
from services.ghg.calculation.supplies import supplies_of, unmade
from services.ghg.calculation.untold import UNPASSED, UNREAD, UNSHARED, UNSTOCKED, UNSTORED
from services.ghg.calculation.working import PERCENT

from .context import Context, Fault, listed, shown
from .survey import Survey

ZERO = Decimal(0)
SMELTING = frozenset({Step.ANODE_PRODUCTION, Step.ELECTROLYSIS, Step.CASTING, Step.SITE})
"""Where nothing else is made, all power told of the site is that of cells and of what melts metal,
next to nothing apart."""
MELTING = frozenset({Step.CASTING, Step.SITE})
ANODES_MADE = (
    ("output.anode", "output.paste"),
    ("input.green_anode",),
    ("bought.coke", "bought.green_coke", "bought.pitch"),
)
"""What tells how much an anode plant made, each at least as well as those after it."""


def out_of_balance(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-34: metal that appears or vanishes, all of it where an output of zero is told; alumina or
    carbon that cannot have made the metal, or bauxite the alumina; more power than any cells take
    (less than they can do with is R-08); a furnace that gave casting what it never had; more in
    stock than ever came, or lost than was charged; a loss that nobody tells whose it was."""
    only_cast = context.inventory.site.technology is not None and TAPPED not in seen.by_item
    for account in drawn_up(seen.by_item):
        untold = only_cast and account.where == AT_CASTHOUSE
        if untold and (account.entered_t <= 0 or account.difference_t < 0):
            continue  # what cells tapped went in, and nobody tells how much that was
        if account.entered_t > 0:
            yield from _difference(account, context)
        else:
            yield _from_nothing(account)
    alone = furnace(seen.by_item)
    if alone is not None:
        alone = with_stock(alone, seen.by_item)
        if alone.entered_t > 0:
            yield from _difference(alone, context)
        elif alone.products_t > 0:
            yield _from_nothing(alone)
    for account in vanished(context, seen):
        yield _into_nothing(account)
    yield from _supplied(context, seen)
    yield from _carbon(context, seen)
    yield from _power(context, seen)
    yield from _stocks(seen)
    yield from _scrap_stocks(context)
    yield from _lost(seen)
    yield from _of_old_scrap(seen)


def _difference(account: Account, context: Context) -> Iterator[Fault]:
    tolerance = context.policy.decimal("finding.balance_percent")
    off = account.difference_t * PERCENT / account.entered_t
    if abs(off) > tolerance:
        sentence = (
            f"Metal of {account.where}: {shown(account.entered_t)} t in,"
            f" {shown(account.left_t)} t out, {shown(account.lost_t)} t lost,"
            f" {shown(account.stored_t)} t put in stock; {shown(abs(off))} % are"
            f" {'missing' if off > 0 else 'too many'}, above {shown(tolerance)} %."
        )
        yield Fault(sentence, account.data)


def _from_nothing(account: Account) -> Fault:
    sentence = (
        f"Metal of {account.where}: {shown(account.products_t)} t were made, and"
        f" {shown(account.entered_t)} t went in (what was sold before this step is taken off): the"
        " metal that they were made of, and what it gave off, is missing."
    )
    return Fault(sentence, account.data)


def vanished(context: Context, seen: Survey) -> list[Account]:
    """Accounts that metal entered and of which an output of zero is told, with more missing than
    is tolerated: neither left, nor lost, nor put in stock."""
    tolerance = context.policy.decimal("finding.balance_percent")
    return [
        one
        for one in without_product(seen.by_item)
        if one.difference_t * PERCENT > tolerance * one.entered_t
    ]


def _into_nothing(account: Account) -> Fault:
    sentence = (
        f"Metal of {account.where}: {shown(account.entered_t)} t in, and an output of zero;"
        f" {shown(account.difference_t)} t neither left, nor were lost, nor put in stock. Tell what"
        " was made, or as output.sold what left before; where it is not known, leave the output"
        " out."
    )
    return Fault(sentence, account.data)


def _supplied(context: Context, seen: Survey) -> Iterator[Fault]:
    """What was bought and made, against what it made; what nobody tells of at all is R-08."""
    made_by = context.result
    for of in supplies_of(context.inventory, seen.by_item, made_by.engine, made_by.melt_loss):
        if not of.told or not of.whole:
            continue
        low = context.policy.decimal(f"finding.{of.figure}.low")
        high = context.policy.decimal(f"finding.{of.figure}.high")
        if of.per_t < low or of.least_per_t > high:
            sentence = (
                f"{shown(of.per_t)} t of {of.title} per t of {of.product}, outside {shown(low)} to"
                f" {shown(high)}: a mass is wrong, or a stock is missing."
            )
            yield Fault(sentence, of.data)
    for of in unmade(seen.by_item, context.inventory.site):
        sentence = (
            f"{shown(of.used_t)} t of {of.title} went in, and an output of zero {of.product} is"
            " told: what was made, sold or put in stock is missing."
        )
        yield Fault(sentence, of.data)


def _lost(seen: Survey) -> Iterator[Fault]:
    """Losses of a kind of scrap that was not there to be lost."""
    told = [one for one in seen.data(LOST) if one.scrap_kind]
    for step, kind in dict.fromkeys((one.step, one.scrap_kind) for one in told):
        here, charged = (
            [one for one in every if (one.step, one.scrap_kind) == (step, kind)]
            for every in (told, seen.data(SCRAP_IN))
        )
        lost_t = sum((one.quantity for one in here), ZERO)
        charged_t = sum((one.quantity for one in charged), ZERO)
        if lost_t > charged_t:
            sentence = (
                f"{shown(lost_t)} t of {kind} scrap are told lost at {step}, where"
                f" {shown(charged_t)} t of it were charged: tell them at the step and of the kind"
                " that they are of."
            )
            yield Fault(sentence, [one.datum_id for one in (*here, *charged)])


def _of_old_scrap(seen: Survey) -> Iterator[Fault]:
    """Post-consumer scrap that is taken to have lost more than a melt usually takes, or without
    whose loss mine to metal is not known; stock, scrap in cells and in a furnace of which something
    else must be told."""
    for one in seen.raised(UNUSUAL, UNKNOWN):
        lots = [of for of in seen.data(SCRAP_IN) if of.scrap_kind == Kind.POST_CONSUMER]
        yield Fault(one.doubt.sentence, [of.datum_id for of in lots])
    for one in seen.raised(UNSTOCKED):
        lots = [of for of in seen.family(Family.STOCK) if lies_cast(of)]
        yield Fault(one.doubt.sentence, [of.datum_id for of in lots])
    for one in seen.raised(UNSTORED):
        lots = [of for of in seen.family(Family.STOCK) if of.of == SCRAP_IN]
        yield Fault(one.doubt.sentence, [of.datum_id for of in lots])
    for about, step in (
        (UNREAD, Step.ELECTROLYSIS),
        (UNPASSED, Step.REMELTING),
        (UNSHARED, Step.REMELTING),
    ):
        for one in seen.raised(about):
            lots = [of for of in seen.data(*sorted(CHARGED)) if of.step is step]
            yield Fault(one.doubt.sentence, [of.datum_id for of in lots])


def _stocks(seen: Survey) -> Iterator[Fault]:
    """Stocks that changed nothing: of more than was bought, or of nothing that counts."""
    told = list(seen.family(Family.STOCK))
    for item, stock in held(told).items():
        bought_t = sum((one.quantity for one in seen.data(item)), ZERO)
        if item.startswith("bought.") and stock.fell_t is not None and bought_t + stock.fell_t < 0:
            sentence = (
                f"The stock of {ITEMS[item].title} grew by {shown(-stock.fell_t)} t in a year in"
                f" which {shown(bought_t)} t were bought: {shown(bought_t + stock.fell_t)} t would"
                " have been used. It was not counted; look at its mass and unit."
            )
            yield Fault(sentence, [one.datum_id for one in stock.data])
    nothing = [one for one in told if one.of not in STOCKED]
    if nothing:
        sentence = (
            "Stocks that do not say of what, or of what is told as it was used up, were not"
            f" counted: {listed(one.datum_id for one in nothing)}. Name in `of` what was bought or"
            " made."
        )
        yield Fault(sentence, [one.datum_id for one in nothing])


def _scrap_stocks(context: Context) -> Iterator[Fault]:
    """Stocks of scrap that grew by more than was melted of that kind where they are told."""
    for of in held_scrap(context.inventory.data):
        if of.beyond:
            named = f"scrap ({of.kind})" if of.kind else "scrap"
            sentence = (
                f"The stock of {named} grew by {shown(-(of.stock.fell_t or ZERO))} t in a year in"
                f" which {shown(sum_t(of.lots))} t of it came in. It was not counted; look at its"
                " mass and unit, and at the step and kind that it is told of."
            )
            yield Fault(sentence, [one.datum_id for one in of.stock.data])


def _carbon(context: Context, seen: Survey) -> Iterator[Fault]:
    """Anodes and paste, each against the metal that its own cells made: not what came of scrap."""
    site, outputs = context.inventory.site, list(seen.family(Family.OUTPUT))
    metal = made(outputs, context.inventory, context.result.engine, [])
    for of in burnt(seen.family(Family.INPUT), metal, site):
        if not of.carbon_t or not of.metal_t:
            continue
        what = "net_anode" if of.stud is None else "paste"
        low = context.policy.decimal(f"finding.{what}_per_metal.low")
        high = context.policy.decimal(f"finding.{what}_per_metal.high")
        per_t = of.carbon_t / of.metal_t
        if not low <= per_t <= high:
            name = "net anode" if of.stud is None else "paste"
            sentence = (
                f"{shown(per_t)} t of {name} per t of liquid metal, outside {shown(low)} to"
                f" {shown(high)}: a mass or its unit is wrong."
            )
            yield Fault(sentence, [one.datum_id for one in (*of.carbon, *of.metal)])


def _power(context: Context, seen: Survey) -> Iterator[Fault]:
    """Power of the cells, beyond what any take for the metal that they made: that which is told of
    them; or that of a whole site that makes nothing but metal and anodes, beyond what any cells
    take for all that it tapped and melted, and any anode plant for what that made. What is told of
    another step, such as casting, is not the cells'."""
    outputs = list(seen.family(Family.OUTPUT))
    metal = made(outputs, context.inventory, context.result.engine, [])
    if not sum((one.quantity for one in metal), ZERO):
        return
    power = list(seen.family(Family.POWER))
    alone = {one.step for one in context.inventory.data} <= SMELTING
    melted = [one for one in seen.data(*sorted(CHARGED)) if one.step in MELTING and one.quantity]
    of_cells = [one for one in power if one.step is Step.ELECTROLYSIS]
    of_site = [one for one in power if alone and one.step is Step.SITE]
    anodes_t = _anodes_t(seen, context)
    fault = None
    if of_site and anodes_t is not None:
        fault = _too_much([*of_cells, *of_site], [*metal, *melted], context, anodes_t)
    fault = fault or _too_much(of_cells, metal, context)
    if fault is not None:
        yield fault


def _anodes_t(seen: Survey, context: Context) -> Decimal | None:
    """The tonnes of anodes and paste for which the site's power may have been used: none where the
    anode plant's power is told apart, or there is no plant. None where nobody tells what it made:
    then nobody knows what else the power was used for."""
    of_plant = [one for one in context.inventory.data if one.step is Step.ANODE_PRODUCTION]
    power_of_plant = [one for one in seen.family(Family.POWER) if one.step is Step.ANODE_PRODUCTION]
    if not of_plant or any(one.quantity for one in power_of_plant):
        return ZERO
    for items in ANODES_MADE:
        if made_t := sum((one.quantity for one in of_plant if one.item in items), ZERO):
            return made_t
    return None


def _too_much(
    power: list[Datum], metal: list[Datum], context: Context, anodes_t: Decimal = ZERO
) -> Fault | None:
    """Power beyond what any cells take for so much metal, some of which may have been charged, and
    any plant for so many anodes."""
    most = context.policy.decimal("finding.cell_power_kwh_per_t.high")
    of_anodes = context.policy.decimal("finding.anode_power_kwh_per_t.high")
    metal_t = sum((one.quantity for one in metal), ZERO)
    kwh = sum((one.quantity for one in power), ZERO) - anodes_t * of_anodes
    kwh_per_t = kwh / metal_t
    if kwh_per_t <= most:
        return None
    charged = any(one.item in CHARGED for one in metal)
    less = f", less {shown(of_anodes)} kWh per t for {shown(anodes_t)} t of anodes or paste"
    sentence = (
        f"{shown(kwh_per_t)} kWh of power per t of {'tapped or melted' if charged else 'liquid'}"
        f" metal{less if anodes_t else ''}, where no cells take more than {shown(most)} kWh: a"
        " quantity or its unit is wrong, or metal or another user of the power is missing."
    )
    return Fault(sentence, [one.datum_id for one in (*power, *metal)])
