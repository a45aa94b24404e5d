"""The claim of a document that is corrected, with where its books are by then, for the command that
corrects it. Pure."""

from collections.abc import Iterator
from datetime import date

from contracts.custody import PoolKey

from .accounting.balance import figures
from .documents.state import claim_of
from .evidence import ReplacedClaim, VentureShare
from .knowledge import Knowledge, scope_on, went_to
from .pools.state import Pool
from .scopes.entity_rules import of_same_share, stake_limit
from .taken import taken_of_closed


def replaced(
    number: str, customer: str | None, day: date, known: Knowledge
) -> ReplacedClaim | None:
    """The claim of a document that is corrected on a day, by one to a customer's scope."""
    old = claim_of(known.state(f"coc_document/{number or '-'}"))
    if old is None:
        return None
    error = known.state(old.pool.stream)
    update = {
        "went_to": went_to(old.pool.scope_id, day, known),
        "open": isinstance(error, Pool) and error.end is None,
    }
    found = old.model_copy(update=update)
    if customer is None or customer == old.customer_scope_id:
        return found
    return found.model_copy(update={"shares": tuple(_shares(found, customer, day, known))})


def _shares(
    old: ReplacedClaim, customer: str, on: date, known: Knowledge
) -> Iterator[VentureShare]:
    """What a customer that did not have the metal may take of the output of the closed periods in
    which it is claimed."""
    made = {one.pool: one.day or old.day for one in old.from_closed}
    where: dict[PoolKey, date] = {old.pool: old.day, **made}
    for key, day in where.items():
        state, scope = known.state(key.stream), scope_on(key.scope_id, day, known)
        if not isinstance(state, Pool) or state.end is None or state.ends_on is None:
            continue
        output_kg = figures(state.kgs).output_kg
        stakes = scope.stakes if scope else ()
        limit = stake_limit(stakes, customer, output_kg)
        if limit is not None:
            scopes = (key.scope_id, *went_to(key.scope_id, on, known))
            holders = of_same_share(stakes, customer)
            yield VentureShare(
                pool=key,
                ends_on=state.ends_on,
                limit_kg=limit,
                taken_kg=taken_of_closed(key, holders, scopes, on, known.state),
                scopes=scopes,
                holders=tuple(sorted(holders)),
            )
