"""R-34: what goes in comes out, lies in stock or is lost. Pure."""

from collections.abc import Iterator

from services.ghg.activity.items import Family
from services.ghg.calculation.cell_carbon import burnt
from services.ghg.calculation.cells import tapped
from services.ghg.calculation.metal import TAPPED, Account, drawn_up
from services.ghg.calculation.supplies import supplies
from services.ghg.calculation.working import PERCENT

from .context import Context, Fault, shown
from .survey import Survey


def out_of_balance(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-34: metal that appears or vanishes; alumina or carbon that cannot have made the metal, or
    bauxite the alumina."""
    for account in drawn_up(seen.by_item):
        if account.entered_t > 0:
            yield from _difference(account, context)
        elif account.fed_t or TAPPED in seen.by_item or context.inventory.site.technology is None:
            yield _from_nothing(account)
    yield from _supplied(context, seen)
    yield from _carbon(context, seen)


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
    """Cells that tell only what was cast are not asked: what they tapped is taken from that."""
    sentence = (
        f"Metal of {account.where}: {shown(account.products_t)} t were made, and"
        f" {shown(account.entered_t)} t went in (what was sold before this step is taken off): the"
        " metal that they were made of, and what it gave off, is missing."
    )
    return Fault(sentence, account.data)


def _supplied(context: Context, seen: Survey) -> Iterator[Fault]:
    """What was bought and made, against what it made; what nobody tells of at all is R-08."""
    for of in supplies(seen.by_item, context.inventory.site):
        if not of.told or not of.whole:
            continue
        low = context.policy.decimal(f"finding.{of.figure}.low")
        high = context.policy.decimal(f"finding.{of.figure}.high")
        if not low <= of.per_t <= high:
            sentence = (
                f"{shown(of.per_t)} t of {of.title} per t of {of.product}, outside {shown(low)} to"
                f" {shown(high)}: a mass is wrong, or a stock is missing."
            )
            yield Fault(sentence, of.data)


def _carbon(context: Context, seen: Survey) -> Iterator[Fault]:
    """Anodes and paste, each against the metal of its own cells."""
    site, outputs = context.inventory.site, list(seen.family(Family.OUTPUT))
    metal, _ = tapped(outputs, site, [])
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
