"""R-34: what goes in comes out, lies in stock or is lost. Pure."""

from collections.abc import Iterator

from services.ghg.activity.items import Family
from services.ghg.calculation.cell_carbon import burnt
from services.ghg.calculation.cells import tapped
from services.ghg.calculation.metal import accounts, alumina_used
from services.ghg.calculation.working import PERCENT

from .context import Context, Fault, shown
from .survey import Survey


def out_of_balance(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-34: metal that appears or vanishes; alumina or carbon that cannot have made the metal."""
    tolerance = context.policy.decimal("finding.balance_percent")
    for account in accounts(seen.by_item):
        off = account.difference_t * PERCENT / account.entered_t
        if abs(off) > tolerance:
            sentence = (
                f"Metal of {account.where}: {shown(account.entered_t)} t in,"
                f" {shown(account.left_t)} t out, {shown(account.lost_t)} t lost,"
                f" {shown(account.stored_t)} t put in stock; {shown(abs(off))} % are"
                f" {'missing' if off > 0 else 'too many'}, above {shown(tolerance)} %."
            )
            yield Fault(sentence, account.data)
    yield from _alumina(context, seen)
    yield from _carbon(context, seen)


def _alumina(context: Context, seen: Survey) -> Iterator[Fault]:
    used = alumina_used(seen.by_item)
    if used is None:
        return
    low = context.policy.decimal("finding.alumina_per_metal.low")
    high = context.policy.decimal("finding.alumina_per_metal.high")
    per_t = used.alumina_t / used.metal_t
    if not low <= per_t <= high:
        sentence = (
            f"{shown(per_t)} t of alumina per t of liquid metal, outside {shown(low)} to"
            f" {shown(high)}: a mass is wrong, or a stock is missing."
        )
        yield Fault(sentence, used.data)


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
