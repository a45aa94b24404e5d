"""What suppliers that were not looked at brought into a closed period, for its correction. Pure.

The findings of a correction are those of its books: a receipt that was taken back since, or of
whose supplier a look was recorded afterwards, is no finding of it any more (R-28). Rows know the
receipts, and the scope's stream what is recorded of suppliers. Rules: sources.md 5.5, 5.6 (6), 5.7.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from contracts.coc import MovementBooked
from infra.decider import Lookup
from infra.policy import Policies
from services.coc_ledger.evidence import Diligence, Unlooked
from services.coc_ledger.movements.kept import MovementRow, movement_key, movement_of
from services.coc_ledger.movements.unlooked import Brought, UnlookedRow, brought
from services.coc_ledger.scopes.diligence import without_record


class Receipts(NamedTuple):
    """Receipts of a pool as rows know them, and those that were taken back; `records` are those of
    the scope, as it tells them when this is decided."""

    rows: tuple[UnlookedRow, ...]
    gone: tuple[Brought, ...]
    records: Mapping[str, tuple[Diligence, ...]] = {}

    def fresh(self, scope_id: str, state: Callable[[str], Any]) -> "Receipts":
        """With what is recorded of suppliers by now."""
        return self._replace(records=state(f"coc_scope/{scope_id}").diligence)

    def unlooked(self, policies: Policies) -> tuple[Unlooked, ...]:
        """What of it no valid record covers."""
        return without_record(self.rows, self.gone, self.records, policies)


def receipts_of(pool: str, rows: Lookup, without: str = "") -> Receipts:
    """Of a pool; `without` one that is to be taken back."""
    kept: list[UnlookedRow] = rows("unlooked", {"pool": pool})
    back = {one.taken_back: None for one in kept if one.taken_back is not None}
    back |= {without: None} if without else {}
    found: list[MovementRow | None] = [rows("movements", movement_key(pool, one)) for one in back]
    told = (brought(MovementBooked.model_validate(movement_of(one))) for one in found if one)
    return Receipts(tuple(kept), tuple(one for one in told if one is not None))
