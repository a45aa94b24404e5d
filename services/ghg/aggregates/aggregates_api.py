"""The HTTP side of aggregates: tables, the emissions curve, a member's own, a lender's sets.

Whoever is signed in may see tables and curve: what could tell of a single facility is left out
(`public`). A member sees all of its own, as it is now; operations, who see every facility, all
others as they are now as well. Everybody else is told editions (`editions`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple, TypeVar

from fastapi import Path, Query
from starlette.responses import Response

from contracts.values import ID_PATTERN, Standard
from infra.auth import Principal
from infra.errors import Refused
from infra.keeping import Keeping
from infra.policy import Policy
from infra.service import Running
from infra.web import Api, Day, Json, SignedIn
from services.ghg import app
from services.ghg.calculation.circularity import Circularity, added, circularity
from services.ghg.claims.standing import StandingRow, from_row
from services.ghg.factors.curve import FAMILY, Curve, curve_of
from services.ghg.plans.figures import KG_PER_T, counted
from services.ghg.plans.filling import PlansFilling
from services.ghg.queries import CONSUMER, Queries
from services.ghg.reports.asked import circularity_shown
from services.ghg.results.biogenic import of_biomass
from services.ghg.rows import YearRow

from .editions import Asker, Stage, curve_told, set_told, table_of
from .emission_curve import PortfolioView, portfolio, steps_of
from .jobs import KeepingEditions
from .kept import Awaited, FacilityKept, kept_of
from .portfolio import Portfolios
from .public import Public, Verdict, public, table, verdicts
from .queries import AskedEditions, Present, is_public
from .sums import DIMENSIONS, OWN, Cell, Entry, own_table, regions_of

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Year = Annotated[int, Query(ge=1990, le=2199)]
Answer = TypeVar("Answer")
AsOf = Day | None
Sets = tuple[frozenset[str], ...]
ANSWERS_KEPT = 128
PUBLICS_KEPT = 16
By = Annotated[str, Query(pattern=r"^[a-z]{1,20}(,[a-z]{1,20}){0,3}$")]


def add_aggregates(made: Api, running: Running, queries: Queries, filling: PlansFilling) -> None:
    """Add the routes of aggregates."""
    asked = Asked(running, queries, filling)
    told = AskedEditions(running, queries)
    keeping = KeepingEditions(running, queries, asked.to_keep, told.reckon)
    running.spawn("editions", keeping.run)
    _of_members(made, asked)
    _of_everybody(made, asked, _finds(running, told))


def _finds(running: Running, told: AskedEditions) -> "Finds":
    async def found(principal: Principal, year: int, as_of: AsOf) -> Found:
        """The editions by which somebody is answered, or figures as they are now."""
        today = running.times.today()
        if principal.is_ops and as_of is None:
            return Found(None)

        def looked() -> Found:
            asker = told.asker(principal, year)
            on = min(as_of or today, today)
            stages = told.stages(year, on, asker)
            return Found(asker, stages, on == today, told.awaited(year, on))

        return await asyncio.to_thread(looked)

    return found


def _of_everybody(made: Api, asked: "Asked", found: "Finds") -> None:
    @made.get("/ghg/aggregates", tags=["aggregates"])
    async def tables(
        principal: SignedIn, year: Year, by: By = "region", as_of: AsOf = None
    ) -> Response:
        """Verified figures of a year by `region`, `country`, `step`, `certified`, separated by
        commas. `emission_t` is that of every step, power as it was bought; `intensity` is of
        primary metal, from mine to metal, for `output_t`. A row about too few entities, or that
        would give one away beside anything else that is told of the year, is `suppressed`; of
        others, numbers that would are `withheld`. Who knows figures of single facilities is told
        what is of enough others than those: a member of its own and of what it gave away, a
        verifier, an audit firm, also once its audit is over. Figures are those of the edition named
        in `edition`, the last that may tell the row: as of a day, of those in force on it, of which
        `last_edition` is the last; `because` says why where there is none, `next_edition_on` from
        when a further one can be told, and `outlook` on what that waits, or that none comes.
        Operations are told the present ones."""
        names = _names(by, [*DIMENSIONS, "step"])
        seen = await found(principal, year, as_of)
        return Json(await asyncio.to_thread(asked.table, year, names, seen))

    @made.get("/ghg/emission-curve", tags=["aggregates"])
    async def curve(principal: SignedIn, year: Year, as_of: AsOf = None) -> Response:
        """Cumulative production against intensity, in steps of enough entities each; of each step
        the part that is certified, where that tells of nobody. `edition` and `last_edition`,
        `as_of`, `because`, `next_edition_on` and `outlook` are as in `/ghg/aggregates`: a curve
        goes on as the last edition that may tell it had it."""
        seen = await found(principal, year, as_of)
        return Json(await asyncio.to_thread(asked.curve, year, seen))

    @made.get("/ghg/portfolios/{subscriber_id}/{portfolio_id}", tags=["aggregates"])
    async def view(
        principal: SignedIn,
        subscriber_id: Key,
        portfolio_id: Key,
        year: Year,
        as_of: AsOf = None,
    ) -> Response:
        """A set of facilities in a year, weighed by output, against the sector's pathway. Sets that
        were defined before it, removed ones too, stay told: it is `suppressed` where few could be
        found with them, tables or the curve. What was disclosed of a facility is no secret: a set
        of such facilities alone is told. `edition`, `last_edition`, `as_of`, `next_edition_on`
        and `outlook` are as in `/ghg/aggregates`."""
        principal.require_subscriber(subscriber_id)
        seen = await found(principal, year, as_of)
        view = await asyncio.to_thread(asked.portfolio, subscriber_id, portfolio_id, year, seen)
        return Json(view._asdict())


def _of_members(made: Api, asked: "Asked") -> None:
    @made.get("/ghg/members/{member_id}/aggregates", tags=["aggregates"])
    async def own(principal: SignedIn, member_id: Key, year: Year, by: By = "entity") -> Response:
        """A member's own verified figures of a year, by `member`, `entity`, `facility`, `region`,
        `country`, `step`, `certified`; nothing of them is left out. `emission_t` and `intensity`
        are what they are in `/ghg/aggregates`. `biogenic_t` is the CO2 of biomass that was burnt,
        beside the scopes and in none of their sums; null by `step`."""
        principal.require_member(member_id)
        names = _names(by, [*OWN, "step"])
        return Json(await asyncio.to_thread(asked.own_table, member_id, year, names))

    @made.get("/ghg/members/{member_id}/circularity", tags=["aggregates"])
    async def circular(principal: SignedIn, member_id: Key, year: Year) -> Response:
        """Recycled content, scrap, yield, dross, linings and waste of a member's year: of all its
        facilities together and of each entity, from the latest data of each. Masses are added, so
        who does not tell one is counted as silent."""
        principal.require_member(member_id)
        return Json(await asyncio.to_thread(asked.circularity, member_id, year))


class Found(NamedTuple):
    """What somebody is answered by: what editions tell them, `now` where no day is asked about,
    and what is to come; or the figures as they are now, where there is no asker."""

    asker: Asker | None
    stages: tuple[Stage, ...] = ()
    now: bool = True
    awaited: Awaited = Awaited()

    @property
    def edition(self) -> date | None:
        """The day of the last edition."""
        return self.stages[-1].edition.kept_on if self.stages else None

    def told(self, year: int, edition: date | None) -> dict[str, object]:
        """What every answer says of editions."""
        coming, because, outlook = self.awaited
        return {
            "year": year,
            "edition": edition,
            "last_edition": self.edition,
            "next_edition_on": coming,
            "because": because,
            "outlook": outlook,
        }


Finds = Callable[[Principal, int, AsOf], Awaitable[Found]]


class Asked:
    """Gathers what aggregates are made of; every call may wait for the database. An answer is
    kept until rows move on, or the day does."""

    def __init__(self, running: Running, queries: Queries, filling: PlansFilling) -> None:
        self._running, self._queries, self._filling = running, queries, filling
        self._keeping = Keeping(ANSWERS_KEPT)
        self._publics = Keeping(PUBLICS_KEPT)

    def table(self, year: int, by: Sequence[str], seen: Found) -> dict[str, object]:
        """A guarded table of all facilities."""

        def made() -> dict[str, object]:
            policy = self._policy()
            present = self._present(year) if seen.now else Present()
            if seen.asker is None:
                cells = table(present.entries, by, self._public(year, present, policy))
            else:
                cells = table_of(seen.stages, by, present.entries)
            least = policy.figure("aggregate.entities_min")
            told = seen.told(year, seen.edition)
            return {**told, "entities_min": least, "rows": _rows(cells)}

        return self._kept(("table", year, tuple(by), *_of(seen)), made)

    def to_keep(self, year: int) -> list[FacilityKept]:
        """What an edition of a year is made of, if it is kept now."""
        entries, public_ones = self._present(year)
        return [kept_of(one, disclosed=one.facility_id in public_ones) for one in entries]

    def own_table(self, member_id: str, year: int, by: Sequence[str]) -> dict[str, object]:
        """A table of a member's own facilities."""

        def made() -> dict[str, object]:
            entries = self._entries(self._filling.years_of("member", member_id, year))
            today, book = self._running.times.today(), app.factors()

            def biogenic_t(entry: Entry) -> Decimal:
                return of_biomass(entry.sums.biomass, today, book).kg / KG_PER_T

            return {"year": year, "rows": _rows(own_table(entries, by, biogenic_t))}

        return self._kept(("own", member_id, year, tuple(by)), made)

    def circularity(self, member_id: str, year: int) -> dict[str, object]:
        """The indicators of a member's facilities, together and by entity."""

        def made() -> dict[str, object]:
            of: dict[str, list[Circularity]] = {}
            for row in self._filling.years_of("member", member_id, year):
                version = self._version(row)
                stored = self._queries.version(row.facility_id, row.year, version)
                of.setdefault(row.entity_id, []).append(circularity(stored.inventory()))
            every = [one for found in of.values() for one in found]
            return {
                "year": year,
                "facilities": len(every),
                "whole": circularity_shown(added(every)),
                "entities": [
                    {
                        "entity_id": entity_id,
                        "facilities": len(found),
                        **circularity_shown(added(found)),
                    }
                    for entity_id, found in sorted(of.items())
                ],
            }

        return self._kept(("circularity", member_id, year), made)

    def _version(self, row: YearRow) -> int:
        """The latest data of a facility-year that are those of whom it counts for: what a new
        owner sent of a year that another disclosed is not the other's."""
        if row.disclosed_member is None:
            return row.data_version
        told = self._queries.result(row.facility_id, row.year, row.disclosed["result"])
        sealed = self._queries.sealed(row.facility_id, row.year)
        own = [one.data_version for one in sealed if one.member_id == row.disclosed_member]
        return max(told.data_version, *own)

    def curve(self, year: int, seen: Found) -> dict[str, object]:
        """The steps of the emissions curve."""

        def made() -> dict[str, object]:
            edition, pools = curve_told(seen.stages)
            if seen.asker is None:
                pools = self._public(year, self._present(year), self._policy()).pools
            steps = [step._asdict() for step in steps_of(pools)]
            return {**seen.told(year, edition), "steps": steps}

        return self._kept(("curve", year, *_of(seen)), made)

    def portfolio(
        self, subscriber_id: str, portfolio_id: str, year: int, seen: Found
    ) -> PortfolioView:
        """A set as it is now; refused `unknown-portfolio`."""
        state = self._queries.reader.state(f"portfolio/{subscriber_id}")
        assert isinstance(state, Portfolios)  # the stream's own kind
        wanted = state.shown(portfolio_id)
        sets = tuple(state.sets.values())

        def made() -> PortfolioView:
            policy = self._policy()
            if seen.asker is None:
                present = self._present(year)
                may = self._verdicts(year, present, policy, sets)[wanted]
                return portfolio(year, wanted, present.entries, may, _sector(policy))
            edition, may = set_told(seen.stages, wanted)
            told = edition.entries if edition else ()
            view = portfolio(year, wanted, told, may, _sector(policy))
            return view._replace(
                because=seen.awaited.because or view.because,
                edition=edition and edition.kept_on,
                last_edition=seen.edition,
                next_edition_on=seen.awaited.next_on,
                outlook=seen.awaited.outlook,
            )

        # a set of a name is never changed
        return self._kept(("portfolio", subscriber_id, portfolio_id, year, sets, *_of(seen)), made)

    def _public(self, year: int, present: Present, policy: Policy) -> Public:
        """What may be told of a year as it is now; kept for as long as the figures that it rests on
        stand, whatever else happens."""
        entries, disclosed = present
        mark = (policy.policy_id, *present)
        found: Public = self._publics.get(
            year, mark, lambda: public(entries, policy, known=disclosed)
        )
        return found

    def _verdicts(
        self, year: int, present: Present, policy: Policy, sets: Sets
    ) -> dict[frozenset[str], Verdict]:
        """Of all sets of a subscriber at once, in the order in which they were defined."""
        mark = (policy.policy_id, *present)
        found: dict[frozenset[str], Verdict] = self._publics.get(
            ("verdicts", year, sets),
            mark,
            lambda: verdicts(self._public(year, present, policy), sets, present.entries),
        )
        return found

    def _present(self, year: int) -> Present:
        """The figures of a year as they are now."""
        rows = [row for row in self._filling.years({"year": year}) if row.verified or row.disclosed]
        entries = tuple(self._entries(rows)) if rows else ()
        public_ones = {row.facility_id for row in rows if is_public(row)}
        return Present(
            entries, frozenset(one.facility_id for one in entries if one.facility_id in public_ones)
        )

    def _kept(self, asked: Hashable, made: Callable[[], Answer]) -> Answer:
        mark = (self._running.times.today(), self._queries.reader.mark(CONSUMER))
        answer: Answer = self._keeping.get(asked, mark, made)
        return answer

    def _policy(self) -> Policy:
        return self._running.definition.policies.on(self._running.times.today())

    def _entries(self, rows: Sequence[YearRow]) -> list[Entry]:
        """Of facility-years those with verified figures."""
        certified = self._certified(self._running.times.today())
        regions = regions_of(self._policy())
        return [
            Entry(
                facility_id=row.facility_id,
                entity_id=row.entity_id,
                member_id=row.member_id,
                country=row.country,
                region=regions.get(row.country, "other"),
                year=row.year,
                certified=row.facility_id in certified,
                sums=sums,
            )
            for row in rows
            if (sums := counted(row)) is not None and sums.verified
        ]

    def _certified(self, on: date) -> frozenset[str]:
        """The facilities that a Performance Standard certificate covers today."""
        rows: list[StandingRow] = self._filling.every("standings", {})
        return frozenset(
            facility_id
            for row in rows
            if row.standard == Standard.PERFORMANCE and from_row(row).holds(on)
            for facility_id in row.facilities
        )


def _of(seen: Found) -> tuple[Hashable, ...]:
    """What an answer rests on beside rows."""
    days = tuple(one.edition.kept_on for one in seen.stages)
    return seen.asker, days, seen.now, seen.awaited


def _sector(policy: Policy) -> Curve:
    return curve_of(app.factors().named(policy.text("aggregate.curve"), FAMILY))


def _names(by: str, known: Sequence[str]) -> list[str]:
    names = by.split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Refused(
            "invalid-dimension",
            f"nothing is told by {unknown[0]}: there are {', '.join(known)}.",
            known=known,
        )
    return names


def _rows(cells: Sequence[Cell]) -> list[dict[str, object]]:
    return [cell._asdict() for cell in cells]
