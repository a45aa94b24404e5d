"""Whose a facility-year is, and who may read what of it, when a facility went to another member.

Whose a facility is says its own row, as membership tells it: nothing that lies in a facility-year
has to be written again. So

- the present owner reads all of it, the years before it came too: it answers for them from now on,
  submits them and discloses them;
- a former owner reads, and finds in its lists, the versions of the data that it sealed itself, the
  results of these (also later ones, of newer factors), and what happened to them while it was the
  one that answered for them. Of what others sealed it learns nothing, not that it is there;
- the firm of an open audit against the Performance Standard reads what the present owner does, of
  the facilities that the audit is of (`auditors`);
- a verifier reads what was submitted to it, until the facility's next owner sends data;
- figures count for whom the public disclosure of that year names; without one, for the present
  owner (`figures.counted_to`). What a new owner has verified of a year that another disclosed
  counts once it is disclosed: no sum gives away what is not published (`figures.counted`);
- a request to a supplier ends when its facility goes (`plans.reactions`): who asked keeps request
  and answer, but no proposal, which would show them in the new owner's data.

Source: sources.md 3.3 (criterion 5.1: the Entity discloses), design.md 7. Decisions stay with the
writer: it refuses whoever is not the present owner (`evidence.owned`).
"""

from collections.abc import Collection

from contracts.envelope import Recorded
from contracts.ghg import ResultCalculated, ResultReturned, ResultSubmitted
from infra.auth import Principal, RoleKind
from infra.errors import Refused

from .queries import Queries, Stored
from .rows import YEAR_EVENTS, YearRow, year_of


class Seen:
    """A facility-year as somebody may read it. Every call may wait for the database.

    `row` is as they may know it; `former` the former owner that reads it (None: who reads it may
    read all of it). What a former owner may not read is refused in the words of what is not there.
    """

    def __init__(self, queries: Queries, row: YearRow, former: str | None = None) -> None:
        self.row = row
        self.former = former
        self._queries = queries
        self._versions = {one[0] for one in row.versions}

    def results(self) -> list[ResultCalculated]:
        """The results, in order of their numbers."""
        every = self._queries.results(self.row.facility_id, self.row.year)
        return [one for one in every if self._shows(one.data_version)]

    def result(self, number: int) -> ResultCalculated:
        """A result; refused `unknown-result`."""
        facility_id, year = self.row.facility_id, self.row.year
        found = self._queries.result(facility_id, year, number)
        if not self._shows(found.data_version):
            raise Refused(
                "unknown-result",
                f"{facility_id} has no result {number} for {year} of your data.",
                facility_id=facility_id,
                year=year,
                result=number,
            )
        return found

    def stored(self, data_version: int) -> Stored:
        """A version of the data; refused `unknown-activity`."""
        facility_id, year = self.row.facility_id, self.row.year
        if not self._shows(data_version):
            raise Refused(
                "unknown-activity",
                f"{facility_id} has no version {data_version} of your activity data for {year}.",
                facility_id=facility_id,
                year=year,
                data_version=data_version,
            )
        return self._queries.version(facility_id, year, data_version)

    def returns(self) -> list[ResultReturned]:
        """What verifiers gave back, with their points."""
        every = self._queries.returns(self.row.facility_id, self.row.year)
        return [one for one in every if self._concerns(one.member_id)]

    def submitted(self) -> ResultSubmitted | None:
        """The result that lies with a verifier now."""
        lies = self._queries.submitted(self.row.facility_id, self.row.year)
        return lies if lies is not None and self._concerns(lies.member_id) else None

    def history(self) -> list[Recorded]:
        """What happened, in order, as others know it."""
        return _history(self._queries, self.row.facility_id, self.row.year, self.former)

    def years(self, limit: int) -> list["Seen"]:
        """All years of the facility that they may read, up to a number of them."""
        rows = self._queries.years({"facility_id": self.row.facility_id}, None, limit)
        if self.former is None:
            return [Seen(self._queries, row) for row in rows]
        parts = (part_of(self._queries, row, self.former) for row in rows)
        return [part for part in parts if part is not None]

    def _shows(self, data_version: int) -> bool:
        return self.former is None or data_version in self._versions

    def _concerns(self, member_id: str) -> bool:
        return self.former is None or self.former == member_id


def see(queries: Queries, principal: Principal, facility_id: str, year: int) -> Seen:
    """The facility-year, for its present owner, its verifier, its auditor, operations and, in part,
    a former owner; everybody else is refused in the same words whether or not there is such a
    thing. Of a facility of its own a member hears that nothing was submitted
    (`unknown-activity`)."""
    row = queries.year(facility_id, year)
    if row is not None:
        members = principal.ids(RoleKind.MEMBER)
        verifies = row.verifier_id in principal.ids(RoleKind.VERIFIER)
        if verifies or principal.is_ops or row.member_id in members:
            return Seen(queries, row)
        for member_id in sorted(members):
            if (part := part_of(queries, row, member_id)) is not None:
                return part
        firms = principal.ids(RoleKind.AUDITOR)
        if firms and queries.audited(firms, row.member_id, facility_id):
            return Seen(queries, row)
    _refuse_auditors(principal, f"{facility_id}:{year}")
    known = queries.facilities([facility_id]).get(facility_id) if row is None else None
    principal.require_owner(known.member_id if known else None, f"{facility_id}:{year}")
    raise Refused("unknown-activity", f"nothing was submitted of {facility_id} for {year}")


def _refuse_auditors(principal: Principal, what: str) -> None:
    """Refuse (`not-your-audit`) who is an auditor, and nobody else of whom this could be."""
    others = principal.ids(RoleKind.MEMBER) | principal.ids(RoleKind.VERIFIER)
    if firms := principal.ids(RoleKind.AUDITOR):
        if not others and not principal.is_ops:
            raise Refused(
                "not-your-audit",
                f"your token is for audit firm {', '.join(sorted(firms))}, and no Performance"
                f" Standard audit of theirs that is open is of {what}",
                asked=what,
            )


def years_of(
    queries: Queries, members: Collection[str], year: int | None, after: str | None, limit: int
) -> list[YearRow]:
    """What lists of members hold: the years of the facilities that they have now, and those that
    they sent of facilities that they gave away, as they left them; of whoever is both, the whole.
    By id, up to `limit + 1`."""
    wheres = [{"member_id": one, "year": year} for one in sorted(members)]
    left = [row for one in sorted(members) for row in _left(queries, one, year, after, limit)]
    whole = [row for where in wheres for row in queries.years(where, after, limit)]
    rows = {row.facility_year: row for row in (*left, *whole)}
    return [rows[one] for one in sorted(rows)][: limit + 1]


def _left(
    queries: Queries, member_id: str, year: int | None, after: str | None, limit: int
) -> list[YearRow]:
    """The years that a former owner sent. Of those that others sent after it none is counted, so
    that a page is full while more follow."""
    found: list[YearRow] = []
    while len(found) <= limit:
        rows = queries.given_away(member_id, year, after, limit)
        others = [row for row in rows if row.member_id != member_id]
        parts = (part_of(queries, row, member_id) for row in others)
        found += [part.row for part in parts if part is not None]
        if len(rows) <= limit:
            break
        after = rows[-1].facility_year
    return found[: limit + 1]


def part_of(queries: Queries, row: YearRow, member_id: str) -> Seen | None:
    """What a former owner may read of a facility-year; None where it sealed nothing."""
    history = _history(queries, row.facility_id, row.year, member_id)
    part = year_of(row.facility_year, history)
    return None if part is None else Seen(queries, part, member_id)


def _history(
    queries: Queries, facility_id: str, year: int, member_id: str | None
) -> list[Recorded]:
    """The events that rows are made of; of a former owner those that name it."""
    every = [
        one
        for one in queries.reader.history(f"facility_year/{facility_id}:{year}")
        if type(one.event) in YEAR_EVENTS
    ]
    if member_id is None:
        return every
    return [one for one in every if getattr(one.event, "member_id", None) == member_id]
