"""What ghg can tell: facility-years, results with their working, the data behind them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import orjson

from contracts.envelope import Record
from contracts.ghg import (
    ActivitySealed,
    DisclosurePublished,
    ResultCalculated,
    ResultReturned,
    ResultSubmitted,
)
from infra.errors import Refused
from infra.policy import Policy
from infra.reading import Among, Reader
from infra.service import Running

from . import app, auditors
from .activity import packing
from .activity.inventory import Inventory
from .activity.packing import Chunk
from .calculation.lines import Result
from .evidence import FacilityEvidence
from .results.reckoning import rework
from .results.state import ActivityRecorded, FacilityYear
from .rows import YearRow, facility_evidence

CONSUMER = "ghg"
MANY = 100_000


class Stored(NamedTuple):
    """A version of activity data as it lies in the stream, and the day on which it was sent in."""

    data_version: int
    data_hash: str
    chunks: tuple[Chunk, ...]
    submitted_on: date | None = None

    def inventory(self) -> Inventory:
        """What it says."""
        return packing.unpack(self.chunks)


class Queries:
    """Reads for the API and the worker; every call may wait for the database."""

    def __init__(self, running: Running) -> None:
        self.reader = Reader(running)
        self._running = running

    def year(self, facility_id: str, year: int) -> YearRow | None:
        """A facility-year as it stands, with the facility's present owner."""
        row: YearRow | None = self.reader.row(CONSUMER, "years", f"{facility_id}:{year}")
        return None if row is None else self._owned([row])[0]

    def years(self, where: Mapping[str, object], after: str | None, limit: int) -> list[YearRow]:
        """Facility-years in order of their ids, up to `limit + 1`, each with the facility's present
        owner. `member_id` asks for those of the facilities that a member has now."""
        wanted = dict(where)
        if (member_id := wanted.pop("member_id", None)) is not None:
            wanted["facility_id"] = Among("facilities", "facility_id", {"member_id": member_id})
        return self._owned(self.reader.page(CONSUMER, "years", after, limit, wanted))

    def given_away(
        self, member_id: str, year: int | None, after: str | None, limit: int
    ) -> list[YearRow]:
        """Facility-years of facilities that a member had and gave away, as `years` gives them;
        whether it sent anything of them is not asked."""
        gone = Among("formers", "facility_id", {"member_id": member_id})
        return self.years({"facility_id": gone, "year": year}, after, limit)

    def _owned(self, rows: Sequence[YearRow]) -> list[YearRow]:
        """Rows with who has the facility now in the place of whose the latest data are."""
        wanted = list(dict.fromkeys(row.facility_id for row in rows))
        known = self.reader.rows(CONSUMER, "facilities", wanted)
        return [
            row
            if (has := known.get(row.facility_id)) is None
            else row._replace(member_id=has.member_id, entity_id=has.entity_id)
            for row in rows
        ]

    def facilities(self, facility_ids: Sequence[str]) -> dict[str, FacilityEvidence]:
        """What membership has told of some facilities, by id; unknown ones are left out."""
        rows = self.reader.rows(CONSUMER, "facilities", facility_ids)
        found = {one: facility_evidence(one, lambda _, key: rows.get(str(key))) for one in rows}
        return {one: evidence for one, evidence in found.items() if evidence is not None}

    def audited(self, firms: Collection[str], member_id: str, facility_id: str) -> bool:
        """Whether an audit of one of these firms lets it read a facility that a member has."""
        return bool(self._audits({"firm": sorted(firms)}, member_id, facility_id))

    def facilities_audited(self, firms: Collection[str]) -> frozenset[str]:
        """The facilities that audits of some firms let them read, now."""
        if not firms:
            return frozenset()
        rows = self._audits_of({"firm": sorted(firms)})
        named = sorted({one for row in rows for one in row.facilities})
        known = self.reader.rows(CONSUMER, "facilities", named)
        policy = self._today()
        return frozenset(
            one
            for row in rows
            for one in row.facilities
            if one in known and auditors.reads(row, known[one].member_id, one, policy)
        )

    def facilities_once_audited(self, firms: Collection[str], year: int) -> frozenset[str]:
        """The facilities of audits of some firms, over ones too, by which they may have read
        figures of a year, whoever has the facilities by now."""
        if not firms:
            return frozenset()
        rows, policy = self._audits_of({"firm": sorted(firms)}), self._today()
        some = (row for row in rows if auditors.may_have_read(row, year, policy))
        return frozenset(one for row in some for one in row.facilities)

    def facilities_once_submitted(self, verifiers: Collection[str], year: int) -> frozenset[str]:
        """The facilities of which a result of a year lies or ever lay with one of some
        verifiers."""
        if not verifiers:
            return frozenset()
        where = {"verifier_id": sorted(verifiers), "year": year}
        rows = self.reader.page(CONSUMER, "submitted", None, MANY, where)
        return frozenset(row.facility_id for row in rows)

    def readers(self, member_id: str, facility_id: str) -> list[str]:
        """The audit firms that read a facility that a member has, now."""
        found = self._audits({"member_id": member_id}, member_id, facility_id)
        return sorted({one.firm for one in found})

    def _audits(
        self, where: Mapping[str, object], member_id: str, facility_id: str
    ) -> list[auditors.AuditRow]:
        policy = self._today()
        rows = self._audits_of(where)
        return [row for row in rows if auditors.reads(row, member_id, facility_id, policy)]

    def _audits_of(self, where: Mapping[str, object]) -> list[auditors.AuditRow]:
        return self.reader.page(auditors.CONSUMER, "audits", None, MANY, where)

    def _today(self) -> Policy:
        return self._running.definition.policies.on(self._running.times.today())

    def member_of(self, entity_id: str) -> str | None:
        """Whose entity that is; None where there is none of that id."""
        row = self.reader.row(CONSUMER, "entities", entity_id)
        return None if row is None else str(row.member_id)

    def waiting(self, limit: int) -> list[YearRow]:
        """Facility-years whose data have no result yet."""
        return self.years({"waits": True}, None, limit)[:limit]

    def results(self, facility_id: str, year: int) -> list[ResultCalculated]:
        """All results, in order of their numbers."""
        return [
            event
            for event in self._events(facility_id, year, ResultCalculated.TYPE)
            if isinstance(event, ResultCalculated)
        ]

    def result(self, facility_id: str, year: int, number: int) -> ResultCalculated:
        """A result; refused `unknown-result`."""
        found = self.results(facility_id, year)
        if not 1 <= number <= len(found):
            raise Refused(
                "unknown-result",
                f"{facility_id} has {len(found)} results for {year}, and no number {number}.",
                facility_id=facility_id,
                year=year,
                result=number,
            )
        return found[number - 1]

    def disclosures(self, facility_id: str, year: int) -> list[DisclosurePublished]:
        """All disclosures of a year, in order; the last one holds."""
        return [
            event
            for event in self._events(facility_id, year, DisclosurePublished.TYPE)
            if isinstance(event, DisclosurePublished)
        ]

    def returns(self, facility_id: str, year: int) -> list[ResultReturned]:
        """What verifiers gave back, with their points."""
        return [
            event
            for event in self._events(facility_id, year, ResultReturned.TYPE)
            if isinstance(event, ResultReturned)
        ]

    def submitted(self, facility_id: str, year: int) -> ResultSubmitted | None:
        """The result that lies with a verifier now, as stored: not as rows know it."""
        state: FacilityYear = self.reader.state(f"facility_year/{facility_id}:{year}")
        return state.submitted

    def latest(self, facility_id: str, year: int) -> Stored | None:
        """The latest version of the data, as stored now; None without any."""
        sealed = self.sealed(facility_id, year)
        return self._version(facility_id, year, sealed[-1].data_version) if sealed else None

    def sealed(self, facility_id: str, year: int) -> list[ActivitySealed]:
        """The seals over all versions of the data, in order."""
        return [
            event
            for event in self._events(facility_id, year, ActivitySealed.TYPE)
            if isinstance(event, ActivitySealed)
        ]

    def version(self, facility_id: str, year: int, data_version: int) -> Stored:
        """A version of a facility-year's data; refused `unknown-activity`."""
        return self._version(facility_id, year, data_version)

    def working(self, result: ResultCalculated) -> Result:
        """The working of a result, made anew from its data; refused `working-differs`."""
        stored = self._version(result.facility_id, result.year, result.data_version)
        if packing.data_hash(stored.chunks) != result.data_hash:
            raise Refused(
                "working-differs",
                f"the stored data of result {result.result} are not those it was made of.",
                result=result.result,
            )
        definition = self._running.definition
        return rework(result, stored.inventory(), app.factors(), definition.policies)

    def _version(self, facility_id: str, year: int, data_version: int) -> Stored:
        chunks: list[Chunk] = []
        for record in self._records(facility_id, year):
            if record.type == ActivityRecorded.TYPE:
                read = orjson.loads(record.data)
                if read["data_version"] == data_version:
                    chunks.append(Chunk(tuple(read["columns"]), read["rows"]))
            elif record.type == ActivitySealed.TYPE:
                read = orjson.loads(record.data)
                if read["data_version"] == data_version:
                    submitted_on = date.fromisoformat(read["submitted_on"])
                    return Stored(data_version, read["data_hash"], tuple(chunks), submitted_on)
        raise Refused(
            "unknown-activity",
            f"{facility_id} has no version {data_version} of activity data for {year}.",
            facility_id=facility_id,
            year=year,
            data_version=data_version,
        )

    def _events(self, facility_id: str, year: int, name: str) -> Sequence[object]:
        catalog = self._running.store.catalog
        return [
            catalog.recorded(record).event
            for record in self._records(facility_id, year)
            if record.type == name
        ]

    def _records(self, facility_id: str, year: int) -> list[Record]:
        return self._running.store.read_stream(f"facility_year/{facility_id}:{year}")
