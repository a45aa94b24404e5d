"""A result calculated again with a supplier's answer in its data: by the same engine, sets and
policy, so that the answer is all that differs."""

from typing import NamedTuple

from contracts.ghg import ResultCalculated
from infra.errors import Refused
from services.ghg import app
from services.ghg.activity.inventory import Inventory
from services.ghg.calculation.lines import Result
from services.ghg.factors.pinned import pin
from services.ghg.results.engines import engine_of

from .effect import Difference

TOLD = {
    *("request_id", "member_id", "facility_id", "year"),
    *("supplier_id", "item", "unit", "scrap_kind"),
}
"""What of a request its supplier is told."""


class Proposed(NamedTuple):
    """The data with an answer in them, the result that it is compared with, and what changes."""

    inventory: Inventory
    result: ResultCalculated
    difference: Difference
    prepared_by: str | None


def recalculated(kept: ResultCalculated, inventory: Inventory) -> Result:
    """A result as `kept` was made, of other data; refused `policy-unknown` and
    `engine-unknown`."""
    policy = app.policies().named(kept.policy_id)
    if policy is None:
        raise Refused(
            "policy-unknown", f"this build has no policy {kept.policy_id}.", policy=kept.policy_id
        )
    made = engine_of(kept.engine)
    pinned = pin(app.factors(), policy, kept.as_of, kept.gwp_set, kept.pfc_set, kept.engine)
    return made(inventory, pinned)
