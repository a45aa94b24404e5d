"""What the server looks up for commands of plans, claims, requests for data and portfolios."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from infra.decider import Command
from infra.reading import Among
from services.ghg import app
from services.ghg.aggregates.portfolio import DefinePortfolio, EntityOf
from services.ghg.claims.claim import Claim
from services.ghg.claims.commands import ApproveClaim, RequestClaim
from services.ghg.claims.standing import CertificateStanding, standing_of
from services.ghg.queries import CONSUMER, Queries
from services.ghg.rows import FacilityRow, YearRow, facility_evidence
from services.ghg.suppliers.commands import InputShare, RequestDatum
from services.ghg.suppliers.effect import share_of

from .commands import PlanCommand, SectorCurve
from .curves import sector_curves
from .figures import EntityEvidence, counted_to, entity_evidence

Body = Mapping[str, object]
Kind = Literal["member", "entity"]
PAGE = 1_000


@cache
def curves() -> tuple[SectorCurve, ...]:
    """The sector curves of the factor files."""
    return sector_curves(app.factors())


class PlansFilling:
    """Looks evidence up; every call may wait for the database."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._reader = queries.reader

    def fields(self, command: type[Command], sent: Body) -> dict[str, object]:
        """The evidence fields of a command; none when it is none of these."""
        found: dict[str, object] = {}
        if issubclass(command, PlanCommand):
            found["entity"] = self.entity(str(sent["entity_id"]))
            if "curves" in command.FILLED:
                found["curves"] = curves()
        elif command is RequestClaim:
            found["certificate"] = self.standing(sent.get("certificate_id"))
        elif command is ApproveClaim:
            state = self._reader.state(f"claim/{sent['claim_id']}")
            asked = state.requested if isinstance(state, Claim) else None
            found["certificate"] = self.standing(asked.certificate_id if asked else None)
        elif command is RequestDatum:
            lookup = self._reader.lookup(CONSUMER)
            found["facility"] = facility_evidence(str(sent["facility_id"]), lookup)
            found["share"] = self._share(sent)
        elif command is DefinePortfolio:
            found["entities"] = self._entities(sent["facilities"])
        return found

    def entity(self, entity_id: str) -> EntityEvidence | None:
        """An entity as its facilities and their results tell it."""
        where = {"entity_id": entity_id}
        facilities: list[FacilityRow] = self.every("facilities", where)
        rows, elsewhere = self._years_about("entity", entity_id)
        anothers = [(row.facility_id, row.year) for row in elsewhere]
        return entity_evidence(entity_id, facilities, rows, anothers)

    def years_of(self, kind: Kind, owner_id: str, year: int | None = None) -> list[YearRow]:
        """The facility-years that count for a member or an entity (`counted_to`), by id, each with
        whom it counts for."""
        return self._years_about(kind, owner_id, year)[0]

    def _years_about(
        self, kind: Kind, owner_id: str, year: int | None = None
    ) -> tuple[list[YearRow], list[YearRow]]:
        """The facility-years that count for an owner, and those of its facilities, or disclosed by
        it, that count for another."""
        has = Among("facilities", "facility_id", {f"{kind}_id": owner_id})
        found: dict[str, YearRow] = {}
        for where in ({"facility_id": has}, {f"disclosed_{kind}": owner_id}):
            for row in self.years({**where, "year": year}):
                found[row.facility_year] = row
        every = [found[one] for one in sorted(found)]
        ours = [row for row in every if getattr(row, f"{kind}_id") == owner_id]
        return ours, [row for row in every if getattr(row, f"{kind}_id") != owner_id]

    def years(self, where: Mapping[str, object]) -> list[YearRow]:
        """Facility-years in order of their ids, each with whom it counts for (`counted_to`)."""
        rows: list[YearRow] = self.every("years", where)
        names = list(dict.fromkeys(row.facility_id for row in rows))
        known = self._reader.rows(CONSUMER, "facilities", names)
        return [
            row._replace(**counted_to(row, known.get(row.facility_id))._asdict()) for row in rows
        ]

    def standing(self, certificate_id: object) -> CertificateStanding | None:
        """How a certificate stands; None where there is none."""
        if not isinstance(certificate_id, str):
            return None
        return standing_of(certificate_id, self._reader.lookup(CONSUMER))

    def every(self, projection: str, where: Mapping[str, object]) -> list[Any]:
        """All rows that have these values, in order of their keys."""
        rows: list[Any] = []
        after: str | None = None
        while True:
            page = self._reader.page(CONSUMER, projection, after, PAGE, where)
            rows += page[:PAGE]
            if len(page) <= PAGE:
                return rows
            after = str(page[PAGE - 1][0])

    def _share(self, sent: Body) -> InputShare | None:
        """What the input gives off in the latest result, if that is the member's."""
        year = sent["year"]
        assert isinstance(year, int)  # by the command's form
        row = self._queries.year(str(sent["facility_id"]), year)
        if row is None or not row.results or row.member_id != sent["member_id"]:
            return None
        result = self._queries.result(row.facility_id, year, row.stands)
        working = self._queries.working(result)
        item, supplier = str(sent["item"]), str(sent["supplier_id"])
        kind = sent.get("scrap_kind")
        told = str(kind) if kind else None
        return share_of(working, result.data_version, item, supplier, told)

    def _entities(self, facilities: object) -> Sequence[EntityOf]:
        assert isinstance(facilities, tuple)  # by the command's form
        rows = self._reader.rows(CONSUMER, "facilities", [str(one) for one in facilities])
        return tuple(
            EntityOf(facility_id=row.facility_id, entity_id=row.entity_id) for row in rows.values()
        )
