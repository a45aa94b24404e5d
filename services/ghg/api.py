"""The HTTP side of ghg: its commands; facility-years, results with their working, disclosures."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from contracts.ghg import ResultSubmitted
from contracts.values import ID_PATTERN
from infra.auth import Principal
from infra.decider import Command, own_id
from infra.errors import Refused
from infra.execute import request_of
from infra.importing.problems import PROBLEMS as IMPORT_PROBLEMS
from infra.operations import add_operations, readiness_of
from infra.people import add_people
from infra.persons import Persons
from infra.policy import Policies
from infra.service import Running
from infra.web import Api, Json, Paged, Readiness, Shared, SignedIn, build_api, listed
from infra.webcommands import command_routes

from .activity.imports import LIMITS as FILE_LIMITS
from .activity.imports import add_imports
from .activity.items import ITEMS
from .activity.packing import unpack
from .aggregates.aggregates_api import add_aggregates
from .calculation.circularity import circularity
from .calculation.totals import OTHER_SIDE, Side
from .domain import COMMANDS, ROLES, fill
from .factors.books import factors
from .filling import BY_PERSON, Filling, persons_behind
from .jobs import Calculating
from .plans.filling import PlansFilling
from .plans.plans_api import add_plans
from .plans.problems import PLANS_PROBLEMS
from .power_certificates.cancelling import Cancelling
from .problems import PROBLEMS
from .queries import CONSUMER, Queries
from .reports.asked import asked, circularity_shown
from .reports.reports_api import add_reports
from .results.comparing import Difference, compared, intensities_compared
from .results.current_api import Current, add_current
from .results.primary_told import from_grid, share_rule
from .results.problems import YEAR_PROBLEMS
from .results.shown import disclosure_shown, line_shown, result_shown
from .rows import YearRow
from .seeing import Seen, see, years_of
from .suppliers.suppliers_api import add_suppliers

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Year = Annotated[int, Path(ge=1990, le=2199)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
Better = Annotated[Decimal | None, Query(ge=0, le=1_000_000, max_digits=20, decimal_places=10)]
SUBMIT = "/ghg/commands/submit_activity"
LIMITS: Mapping[str, int] = {SUBMIT: 16 << 20, **FILE_LIMITS}
"""A facility's year may have 16 MB, a file of many as much as files have."""
PUBLIC = frozenset({"disclosures", "disclosed_result", "disclosed_on", "disclosed"})
WHERE = frozenset({"facility_year", "facility_id", "entity_id", "country", "subdivision", "year"})


def api(running: Running, shared: Shared) -> Api:
    """All routes under `/ghg`, and the worker that calculates what was submitted."""
    queries = Queries(running)
    persons = Persons(running.engine)
    filling = Filling(running.definition.policies, queries)
    plans_filling = PlansFilling(queries)
    cancelling = Cancelling(queries, running.definition.policies)

    async def ready() -> Readiness:
        return readiness_of(running)

    async def filled(
        command: type[Command], principal: Principal, sent: Mapping[str, object]
    ) -> Mapping[str, object]:
        today = running.times.today()
        person_ref = await persons.actor(principal) if command in BY_PERSON else ""

        def found() -> dict[str, object]:
            lookup, state = queries.reader.lookup(CONSUMER), queries.reader.state
            people = persons_behind(command, principal, person_ref, sent, lookup, state)
            evidence = {**fill(command, sent, lookup, state), **people}
            plans = plans_filling.fields(command, sent)
            return {**evidence, **filling.computed(command, sent, evidence, today), **plans}

        fields = await asyncio.to_thread(found)
        claims = await asyncio.to_thread(cancelling.claims, command, {**sent, **fields}, today)
        if claims is None:
            fields["unclaimed"] = True
        elif claims:
            actor = await persons.actor(principal)
            for claim in claims:
                command_id = own_id("claim", claim.model_dump_json())
                await running.writer.execute(request_of(command_id, claim, actor))
        return {"on": today, **fields}

    problems = (*PROBLEMS, *YEAR_PROBLEMS, *PLANS_PROBLEMS, *IMPORT_PROBLEMS)
    made = build_api(running.name, "/ghg", "Greenhouse gases", shared, ready, problems, LIMITS)
    command_routes(made, COMMANDS, ROLES, running.writer, filled, persons.actor)
    add_operations(made, running)
    add_people(made, persons)
    add_imports(made, running, queries, persons)
    _years(made, queries)
    _year(made, queries)
    _results(made, queries)
    _differences(made, queries)
    add_reports(made, running, queries, _seen)
    _questions(made, queries, running.definition.policies)
    current = Current(queries, plans_filling, cancelling, running.definition.policies)
    add_current(made, running, current, _seen)
    _disclosures(made, queries)
    add_plans(made, running, queries, plans_filling)
    add_suppliers(made, running, queries, plans_filling, persons)
    add_aggregates(made, running, queries, plans_filling)
    running.spawn("calculating", Calculating(running, queries).run)
    return made


async def _seen(queries: Queries, principal: Principal, facility_id: str, year: int) -> Seen:
    """The facility-year as they may read it (`seeing`)."""
    return await asyncio.to_thread(see, queries, principal, facility_id, year)


def _years(made: Api, queries: Queries) -> None:
    @made.get("/ghg/members/{member_id}/years", tags=["facility-years"])
    async def of_member(
        principal: SignedIn,
        member_id: Key,
        wanted: Paged,
        year: Annotated[int | None, Query(ge=1990, le=2199)] = None,
    ) -> Response:
        """The years of the facilities that a member has now, by id, and those that it sent of
        facilities that it gave away: these as it left them. `blocking` is as in `/ghg/years`."""
        principal.require_member(member_id)
        found = (queries, [member_id], year, wanted.after, wanted.limit)
        rows = await asyncio.to_thread(years_of, *found)
        answer = listed(rows, wanted, lambda row: str(row.facility_year))
        return Json({**answer, "items": [shown(row) for row in rows[: wanted.limit]]})

    @made.get("/ghg/verifiers/{verifier_id}/years", tags=["facility-years"])
    async def of_verifier(principal: SignedIn, verifier_id: Key, wanted: Paged) -> Response:
        """The facility-years that were submitted to a verifier, by id. `blocking` is as in
        `/ghg/years`."""
        principal.require_verifier(verifier_id)
        where = {"verifier_id": verifier_id}
        rows = await asyncio.to_thread(queries.years, where, wanted.after, wanted.limit)
        answer = listed(rows, wanted, lambda row: str(row.facility_year))
        return Json({**answer, "items": [shown(row) for row in rows[: wanted.limit]]})

    @made.get("/ghg/verifiers/{verifier_id}/waiting", tags=["facility-years"])
    async def waiting(principal: SignedIn, verifier_id: Key, wanted: Paged) -> Response:
        """The facility-years of which a result lies with a verifier and waits for its answer, by
        id, each with what was `submitted` and when. A page may be short: what was answered a moment
        ago is left out."""
        principal.require_verifier(verifier_id)

        def found() -> dict[str, object]:
            where = {"verifier_id": verifier_id, "state": "with_verifier"}
            rows = queries.years(where, wanted.after, wanted.limit)
            lie = [(row, queries.submitted(row.facility_id, row.year)) for row in rows]
            items = [
                {**shown(row), "submitted": _submission(one)}
                for row, one in lie[: wanted.limit]
                if one is not None and one.verifier_id == verifier_id
            ]
            return {**listed(rows, wanted, lambda row: str(row.facility_year)), "items": items}

        return Json(await asyncio.to_thread(found))


def _year(made: Api, queries: Queries) -> None:
    @made.get("/ghg/facilities/{facility_id}/years/{year}", tags=["facility-years"])
    async def one(principal: SignedIn, facility_id: Key, year: Year) -> Response:
        """A facility's year as it stands, with the result that lies with a verifier now, and what
        verifiers gave back. `blocking` is as in `/ghg/years`. `read_by` are the audit firms that
        read it now, as long as their audit of the facility is open."""
        seen = await _seen(queries, principal, facility_id, year)
        returns = await asyncio.to_thread(seen.returns)
        lies = await asyncio.to_thread(seen.submitted)
        member_id = seen.row.member_id
        read_by = await asyncio.to_thread(queries.readers, member_id, facility_id)
        told = {
            "returns": returns,
            "submitted": lies and _submission(lies),
            "read_by": read_by if seen.former is None else [],
        }
        return Json({**shown(seen.row), **told})

    @made.get("/ghg/facilities/{facility_id}/years/{year}/data/{version}", tags=["facility-years"])
    async def data(principal: SignedIn, facility_id: Key, year: Year, version: Number) -> Response:
        """A version of the activity data, in the items' own units; each says its `unit`."""
        seen = await _seen(queries, principal, facility_id, year)
        stored = await asyncio.to_thread(seen.stored, version)
        inventory = unpack(stored.chunks)
        return Json(
            {
                "facility_id": facility_id,
                "year": year,
                "data_version": version,
                "data_hash": stored.data_hash,
                "site": inventory.site._asdict(),
                "data": [
                    {**datum._asdict(), "unit": ITEMS[datum.item].unit} for datum in inventory.data
                ],
            }
        )


def _results(made: Api, queries: Queries) -> None:
    path = "/ghg/facilities/{facility_id}/years/{year}/results"

    @made.get(path, tags=["results"])
    async def every(principal: SignedIn, facility_id: Key, year: Year) -> Response:
        """All results of a facility's year, in order: each with what it was pinned to, its sums
        and findings, by which rule its share of primary data is counted, and the CO2 of biomass
        beside the scopes (`biogenic_co2`). Findings and `blocking` are those that follow from its
        own data; today's are in its `/findings`."""
        seen = await _seen(queries, principal, facility_id, year)
        found = await asyncio.to_thread(seen.results)
        return Json({"items": [result_shown(one, factors()) for one in found], "next": None})

    @made.get(f"{path}/{{result}}", tags=["results"])
    async def one(principal: SignedIn, facility_id: Key, year: Year, result: Number) -> Response:
        """A result, by which rule its share of primary data is counted, and the CO2 of biomass
        beside the scopes (`biogenic_co2`). Findings and `blocking` are those that follow from its
        own data; today's are in its `/findings`."""
        seen = await _seen(queries, principal, facility_id, year)
        found = await asyncio.to_thread(seen.result, result)
        return Json(result_shown(found, factors()))

    @made.get(f"{path}/{{result}}/working", tags=["results"])
    async def working(
        principal: SignedIn, facility_id: Key, year: Year, result: Number
    ) -> Response:
        """How a result comes about, line by line, worked out anew; refused `working-differs` when
        that is not what was recorded."""
        seen = await _seen(queries, principal, facility_id, year)
        found = await asyncio.to_thread(seen.result, result)
        again = await asyncio.to_thread(queries.working, found)
        return Json(
            {
                "result": result,
                "working_hash": found.working_hash,
                "primary_share_rule": share_rule(again.engine),
                "primary_share_from_grid": from_grid(again),
                "lines": [line_shown(line, again.engine) for line in again.lines],
                "doubts": [doubt._asdict() for doubt in again.doubts],
            }
        )


def _differences(made: Api, queries: Queries) -> None:
    path = "/ghg/facilities/{facility_id}/years/{year}/results"

    @made.get(f"{path}/{{result}}/differences", tags=["results"])
    async def differences(
        principal: SignedIn,
        facility_id: Key,
        year: Year,
        result: Number,
        of: Annotated[int, Query(ge=1, le=1_000_000)],
    ) -> Response:
        """What changed between result `of` and this one, line by line, with the reason, and each
        intensity before and after: it changes with what a tonne is of too, while no line does."""
        seen = await _seen(queries, principal, facility_id, year)

        def found() -> dict[str, object]:
            before = seen.result(of)
            after = seen.result(result)
            lines = compared(
                queries.working(before).lines,
                queries.working(after).lines,
                other_engine=before.engine != after.engine,
            )
            return {
                "of": of,
                "result": result,
                "engines": [before.engine, after.engine],
                "location_kg": _changed_by(lines, Side.LOCATION),
                "market_kg": _changed_by(lines, Side.MARKET),
                "intensities": [
                    one._asdict()
                    for one in intensities_compared(before.intensities, after.intensities)
                ],
                "lines": [one._asdict() for one in lines],
            }

        return Json(await asyncio.to_thread(found))


def _changed_by(lines: Sequence[Difference], side: Side) -> Decimal:
    """What differences come to with one way of telling Scope 2: the two are never added."""
    return sum((one.kg for one in lines if one.scope != OTHER_SIDE[side]), Decimal(0))


def _questions(made: Api, queries: Queries, policies: Policies) -> None:
    base = "/ghg/facilities/{facility_id}/years/{year}"

    @made.get(f"{base}/results/{{result}}/what-if", tags=["results"])
    async def levers(
        principal: SignedIn,
        facility_id: Key,
        year: Year,
        result: Number,
        side: Side = Side.MARKET,
        power: Better = None,
        pfc: Better = None,
        anode: Better = None,
        alumina: Better = None,
    ) -> Response:
        """Which lever closes the gap of criterion 5.2 by how much: clean power (kg CO2e/kWh, with
        what lies upstream of its plant; grid losses are added), few anode effects (kg CO2e/t Al),
        low anode consumption (t/t Al), better alumina (kg CO2e/t). Values that are not given are
        the policy's."""
        seen = await _seen(queries, principal, facility_id, year)
        better = {"power": power, "pfc": pfc, "anode": anode, "alumina": alumina}

        def found() -> Mapping[str, object]:
            again = queries.working(seen.result(result))
            return asked(again, policies, side, better)

        return Json(await asyncio.to_thread(found))

    @made.get(f"{base}/data/{{version}}/circularity", tags=["facility-years"])
    async def circular(
        principal: SignedIn, facility_id: Key, year: Year, version: Number
    ) -> Response:
        """Recycled content, scrap, yield, dross, linings and waste of a version of the data."""
        seen = await _seen(queries, principal, facility_id, year)
        stored = await asyncio.to_thread(seen.stored, version)
        return Json(circularity_shown(circularity(stored.inventory())))


def _disclosures(made: Api, queries: Queries) -> None:
    @made.get("/ghg/disclosures/{facility_id}/{year}", tags=["disclosures"])
    async def disclosed(facility_id: Key, year: Year) -> Response:
        """Public: what was disclosed of a facility's year, every version of it; the last one holds
        and says which one it corrects. `primary_share_rule` says what `primary_share` counts and
        why; `biogenic_co2` is the CO2 of biomass, outside the totals. Needs no token."""

        def told() -> list[dict[str, object]]:
            return [
                disclosure_shown(one, queries.result(facility_id, year, one.result), factors())
                for one in queries.disclosures(facility_id, year)
            ]

        found = await asyncio.to_thread(told)
        if not found:
            raise Refused("unknown-disclosure", f"nothing is disclosed of {facility_id} for {year}")
        return Json({"items": found, "next": None})

    @made.get("/ghg/disclosures", tags=["disclosures"])
    async def every(wanted: Paged, year: Annotated[int, Query(ge=1990, le=2199)]) -> Response:
        """Public: the disclosures of a year, by facility. Needs no token. A page may be short."""
        rows = await asyncio.to_thread(queries.years, {"year": year}, wanted.after, wanted.limit)
        answer = listed(rows, wanted, lambda row: str(row.facility_year))
        page = [row for row in rows[: wanted.limit] if row.disclosures]
        return Json({**answer, "items": [_public(row) for row in page]})


def _submission(event: ResultSubmitted) -> dict[str, object]:
    """What lies with a verifier, since when, and what newer announcements made of it by then."""
    told = {"result", "verifier_id", "submitted_on", "findings"}
    return event.model_dump(mode="json", include=told)


def shown(row: YearRow) -> dict[str, object]:
    """A facility-year as its member and its verifier see it."""
    hidden = ("versions", "pins")
    return {name: value for name, value in row._asdict().items() if name not in hidden}


def _public(row: YearRow) -> dict[str, object]:
    """What everybody may know of a facility-year, of the entity that disclosed it."""
    told = {name: value for name, value in row._asdict().items() if name in PUBLIC | WHERE}
    return {**told, "entity_id": row.disclosed_entity}
