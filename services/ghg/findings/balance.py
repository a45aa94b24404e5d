"""R-34: what goes in comes out, lies in stock or is lost. Pure."""

from collections.abc import Iterator

from services.ghg.calculation.metal import accounts, alumina_used
from services.ghg.calculation.working import PERCENT

from .context import Context, Fault, shown
from .survey import Survey


def out_of_balance(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-34: metal that appears or vanishes, or alumina that cannot have made the metal."""
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
