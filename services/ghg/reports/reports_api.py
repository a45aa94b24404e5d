"""What follows from a result over HTTP: reports of the regimes, how sure it is, criterion 5.2, the
facility's pathway, the events behind it; and the facility-years that somebody may see."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from contracts.ghg import Finding
from contracts.inventory import Regime, Step
from contracts.values import ID_PATTERN
from infra.auth import Principal, RoleKind
from infra.service import Running
from infra.web import Api, Json, Paged, SignedIn, listed
from services.ghg import app
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import Side
from services.ghg.plans.roadmap import roadmap
from services.ghg.queries import Queries
from services.ghg.rows import YearRow
from services.ghg.seeing import Seen, years_of

from .report import report as report_of
from .reported import (
    Asked,
    Known,
    known_year,
    pathway_shown,
    pinned_of,
    policy_of,
    report_shown,
    threshold_shown,
    uncertainty_shown,
)
from .threshold import exit_rate_of

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Year = Annotated[int, Path(ge=1990, le=2199)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
Allowed = Callable[[Queries, Principal, str, int], Awaitable[Seen]]
"""Gives a facility-year as somebody may read it, and refuses everybody else."""
RESULT = "/ghg/facilities/{facility_id}/years/{year}/results/{result}"
SEED = 20_240_501
YEARS_MAX = 60


def add_reports(made: Api, running: Running, queries: Queries, allowed: Allowed) -> None:
    """Add the routes; `allowed` decides who sees a facility-year."""
    _seen(made, queries)
    _reports(made, running, queries, allowed)
    _results(made, running, queries, allowed)
    _facility(made, running, queries, allowed)


def _seen(made: Api, queries: Queries) -> None:
    @made.get("/ghg/years", tags=["facility-years"])
    async def seen(
        principal: SignedIn,
        wanted: Paged,
        year: Annotated[int | None, Query(ge=1990, le=2199)] = None,
        member_id: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    ) -> Response:
        """The facility-years that you may see, by id: your members' (what one sent of a facility
        that it gave away as it left it), those that were submitted to you as a verifier, all of
        them for operations. `blocking` of each is that of its stored result: what follows from its
        own data. What others bring about (R-12, a certificate that another year holds) is in
        `.../results/{result}/findings`."""
        principal.require(RoleKind.OPS, RoleKind.MEMBER, RoleKind.VERIFIER)

        def found() -> list[YearRow]:
            own = _members(principal, member_id)
            every = years_of(queries, own, year, wanted.after, wanted.limit)
            for where in _wheres(principal, year, member_id):
                every += queries.years(where, wanted.after, wanted.limit)
            rows = {row.facility_year: row for row in every}
            return [rows[one] for one in sorted(rows)][: wanted.limit + 1]

        rows = await asyncio.to_thread(found)
        answer = listed(rows, wanted, lambda row: str(row.facility_year))
        return Json({**answer, "items": [_shown(row) for row in rows[: wanted.limit]]})


def _members(principal: Principal, member_id: str | None) -> frozenset[str]:
    """The members whose years somebody sees as theirs; operations see all without that."""
    own = frozenset() if principal.is_ops else principal.ids(RoleKind.MEMBER)
    return own if member_id is None else own & {member_id}


def _wheres(
    principal: Principal, year: int | None, member_id: str | None
) -> list[dict[str, object]]:
    """The conditions under which somebody sees whole facility-years beside their own."""
    narrow: dict[str, object] = {"year": year, "member_id": member_id}
    if principal.is_ops:
        return [narrow]
    return [{**narrow, "verifier_id": one} for one in sorted(principal.ids(RoleKind.VERIFIER))]


def _shown(row: YearRow) -> dict[str, object]:
    hidden = ("versions", "pins", "latest", "disclosed")
    return {name: value for name, value in row._asdict().items() if name not in hidden}


def _reports(made: Api, running: Running, queries: Queries, allowed: Allowed) -> None:
    policies = running.definition.policies

    @made.get(f"{RESULT}/reports/{{regime}}", tags=["results"])
    async def report(
        principal: SignedIn,
        facility_id: Key,
        year: Year,
        result: Number,
        regime: Regime,
        scrap_method: Method | None = None,
        against: Regime | None = None,
        against_scrap_method: Method | None = None,
        product: Step | None = None,
    ) -> Response:
        """A result's data reported under a regime, every line with the share that counts and why;
        with `against`, line by line why that regime tells something else (or the same regime by
        `against_scrap_method`). Without `scrap_method` scrap bears what the first method of the
        regime gives it; `scrap_methods` of the answer are all that it takes. A report speaks of the
        product of one step: the regime's first that was made, unless `product` names another of
        `products` of the answer. `biogenic_co2` is the CO2 of biomass that this product carries,
        beside the total and not in it; null where the regime does not ask for it. `findings` are
        what R-18 finds in the report: a regime may lay down other warming potentials than those of
        the result. `blocking` names the rules of those that block: a report with any is not to be
        handed to a verifier or published as one of its regime. Nothing here hands out a report as
        such; what `submit_for_verification` and `publish_disclosure` take is the result, which
        findings of the result alone stop."""
        seen = await allowed(queries, principal, facility_id, year)

        def found() -> dict[str, object]:
            kept = seen.result(result)
            inventory = seen.stored(kept.data_version).inventory()
            pinned = pinned_of(kept, app.factors(), policies)
            other = None if against is None else Asked(against, against_scrap_method)
            return report_shown(inventory, pinned, Asked(regime, scrap_method, product), other)

        return Json(await asyncio.to_thread(found))


def _results(made: Api, running: Running, queries: Queries, allowed: Allowed) -> None:
    policies = running.definition.policies

    @made.get(f"{RESULT}/uncertainty", tags=["results"])
    async def uncertainty(
        principal: SignedIn,
        facility_id: Key,
        year: Year,
        result: Number,
        side: Side = Side.MARKET,
        seed: Annotated[int, Query(ge=0, le=2**31)] = SEED,
    ) -> Response:
        """How sure a result is: by error propagation and by 10,000 draws that the seed repeats."""
        seen = await allowed(queries, principal, facility_id, year)

        def found() -> dict[str, object]:
            kept = seen.result(result)
            policy = policy_of(policies, kept.policy_id)
            return uncertainty_shown(queries.working(kept), policy, side, seed)

        return Json(await asyncio.to_thread(found))

    @made.get(f"{RESULT}/threshold", tags=["results"])
    async def threshold(
        principal: SignedIn,
        facility_id: Key,
        year: Year,
        result: Number,
        regime: Regime | None = None,
    ) -> Response:
        """Criterion 5.2 for this result: which way applies, each limit, and the gap to it, with the
        roadmap of the facility in its entity's plan as it stands today: values of this facility, or
        of the entity where it has no other smelter; `roadmap_lacks` says why it is not accepted.
        `doubted_by` are the grave findings by which the intensity may be too low: those of the
        result, and with `regime` what R-18 finds in its report under that regime, whose warming
        potentials may be others."""
        seen = await allowed(queries, principal, facility_id, year)

        def found() -> object:
            kept = seen.result(result)
            inventory = seen.stored(kept.data_version).inventory()
            plan = queries.reader.state(f"reduction_plan/{seen.row.entity_id}")
            policy = policy_of(policies, kept.policy_id)
            started, ended = inventory.site.started, exit_rate_of(inventory.data)
            mixes: Sequence[Finding] = ()
            if regime is not None:
                pinned = pinned_of(kept, app.factors(), policies)
                mixes = report_of(inventory, pinned, regime).findings
            planned = roadmap(plan, facility_id, kept.year, policy)
            return threshold_shown(kept, started, planned, policy, ended, mixes)

        return Json(await asyncio.to_thread(found))


def _facility(made: Api, running: Running, queries: Queries, allowed: Allowed) -> None:
    policies = running.definition.policies

    @made.get("/ghg/facilities/{facility_id}/years/{year}/pathway", tags=["facility-years"])
    async def pathway(principal: SignedIn, facility_id: Key, year: Year) -> Response:
        """The facility's years against the 1.5 °C curve of its sector, under the policy of its
        latest result of this year."""
        seen = await allowed(queries, principal, facility_id, year)

        def found() -> dict[str, object]:
            kept = seen.result(max(seen.row.stands, 1))
            every = sorted(seen.years(YEARS_MAX), key=lambda one: one.row.year)
            known = (_known(one) for one in every)
            years = [one for one in known if one is not None]
            policy = policy_of(policies, kept.policy_id)
            return pathway_shown(facility_id, years, app.factors(), policy)

        return Json(await asyncio.to_thread(found))

    @made.get("/ghg/facilities/{facility_id}/years/{year}/events", tags=["facility-years"])
    async def events(principal: SignedIn, facility_id: Key, year: Year) -> Response:
        """What happened to a facility's year, in order: the events that its figures rest on."""
        seen = await allowed(queries, principal, facility_id, year)

        def found() -> list[dict[str, object]]:
            return [
                {
                    "event_id": one.envelope.event_id,
                    "source": one.envelope.source,
                    "position": one.envelope.position,
                    "version": one.envelope.version,
                    "recorded_at": one.envelope.recorded_at,
                    "type": one.event.TYPE,
                    "result": getattr(one.event, "result", None),
                    "data_version": getattr(one.event, "data_version", None),
                }
                for one in seen.history()
            ]

        return Json({"items": await asyncio.to_thread(found), "next": None})


def _known(seen: Seen) -> Known | None:
    verified = max(seen.row.verified, default=None)
    return known_year(seen.row.year, seen.results(), verified)
