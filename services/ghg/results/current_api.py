"""What an auditor would find in a result today, over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from contracts.values import ID_PATTERN
from infra.auth import Principal
from infra.errors import Refused
from infra.policy import Policies, Policy
from infra.service import Running
from infra.web import Api, Json, SignedIn
from services.ghg import app
from services.ghg.activity.inventory import Inventory
from services.ghg.findings import blocks
from services.ghg.plans.filling import PlansFilling
from services.ghg.power_certificates.cancelling import Cancelling
from services.ghg.power_certificates.power_certificate import Holding, certificates_of
from services.ghg.queries import Queries
from services.ghg.rows import YearRow
from services.ghg.seeing import Seen

from .current import Today, current_findings
from .population import Population, population
from .recalled import Recalled
from .state import FacilityYear

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Year = Annotated[int, Path(ge=1990, le=2199)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
Allowed = Callable[[Queries, Principal, str, int], Awaitable[Seen]]


class Current:
    """Gathers the state of a day; every call may wait for the database."""

    def __init__(
        self, queries: Queries, plans: PlansFilling, cancelling: Cancelling, policies: Policies
    ) -> None:
        self._queries = queries
        self._plans = plans
        self._cancelling = cancelling
        self._policies = policies
        self._recalled = Recalled(queries)

    def told(self, seen: Seen, number: int, on: date) -> dict[str, object]:
        """The findings of a result on a day. Refused `unknown-result`, `policy-unknown`,
        `working-differs`."""
        row, kept = seen.row, seen.result(number)
        working = self._queries.working(kept)
        policy = self._policies.named(kept.policy_id)
        if policy is None:
            raise Refused(
                "policy-unknown",
                f"this build has no policy {kept.policy_id}.",
                policy=kept.policy_id,
            )
        holding = Holding(
            facility_id=row.facility_id, year=row.year, data_version=kept.data_version
        )
        certificates = certificates_of(working.inventory)
        state = self._queries.reader.state
        year: FacilityYear = state(f"facility_year/{row.facility_year}")
        public = bool(year.disclosed) and year.disclosed[-1] == number
        asked = self._plans.every("datum_requests", {"facility_year": row.facility_year})
        around = self._population(row, working.inventory, policy)
        today = Today(
            on=on,
            book=app.factors(),
            held_elsewhere=self._cancelling.elsewhere(certificates, holding, row.member_id),
            requests=[one for one in asked if seen.former in (None, one.member_id)],
            reporting=state(f"reporting/{row.facility_id}"),
            verified=next((one for one in year.verified if one.result == number), None),
            published_on=row.disclosed_on if public else None,
            plan=state(f"reduction_plan/{row.entity_id}"),
            population=around,
        )
        found = current_findings(kept, working, policy, today)
        hidden = kept.findings_count - len(kept.findings)
        named = self._cancelling.named(certificates, holding, row.member_id)
        return {
            "result": number,
            "on": on,
            "items": found,
            "blocking": sorted({one.rule for one in found if blocks([one])}),
            "hidden": hidden,
            "named_elsewhere": named,
            "population": {"facilities": around.facilities, "known": around.known},
            "next": None,
        }

    def _population(self, row: YearRow, inventory: Inventory, policy: Policy) -> Population:
        """What others tell; their older results are read where a factor is held against theirs."""
        years = self._plans.years({"year": row.year})
        asks = any(one.factor is not None and not one.evidence for one in inventory.data)
        others = (one for one in years if one.facility_id != row.facility_id)
        return population(row, years, policy, self._recalled.factors(others) if asks else {})


def add_current(made: Api, running: Running, current: Current, allowed: Allowed) -> None:
    """The route of what is found today."""
    queries = Queries(running)

    @made.get(
        "/ghg/facilities/{facility_id}/years/{year}/results/{result}/findings", tags=["results"]
    )
    async def findings(
        principal: SignedIn, facility_id: Key, year: Year, result: Number
    ) -> Response:
        """What an auditor would find in a result today: what is stored with it, and what depends on
        today's state of announced grid factors, certificates for power, requests to suppliers,
        disclosures, the entity's plan and other facilities of the year. `blocking` are the rules
        of these that stop it today: where another year holds a certificate (R-12) the `blocking` of
        the stored result does not have it, and submission refuses it. `hidden` findings were
        too many to be kept; `named_elsewhere` are certificates for power that other data name as
        well, which nobody has submitted yet: "" stands for those of another member. Of the
        `facilities` of the year's `population` with a result, the own factors of `known` are
        looked at (R-17)."""
        seen = await allowed(queries, principal, facility_id, year)
        on = running.times.today()
        return Json(await asyncio.to_thread(current.told, seen, result, on))
