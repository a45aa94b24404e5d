"""Facility-years of a file become commands: read, calculated and looked through. Pure.

This runs in processes of its own. Everything that it needs to know comes along; factors and policy
are those of this build. A facility-year that cannot be calculated is refused like one with a wrong
row, at the rows that are the reason where it is known.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import orjson

from contracts.ghg import Finding
from contracts.inventory import Severity
from infra.errors import Refused
from infra.importing.kinds import Asked, Fault, GroupBuilt, Groups
from infra.importing.mapping import Binding
from infra.importing.places import places
from services.ghg.evidence import Calculated, FacilityEvidence
from services.ghg.factors import books
from services.ghg.factors.pinned import OTHER_FUELS
from services.ghg.results.commands import StoreActivity
from services.ghg.results.reckoning import Version, packed_of, reckon, usual

from .inventory import Inventory, Site
from .items import ITEMS
from .rows import Assembled, Rows
from .sites import SiteReader
from .units import FAMILY, Units

FINDINGS_TOLD = 20
BY_WEIGHT = {severity: place for place, severity in enumerate(Severity)}


class Prepared(NamedTuple):
    """What a chunk of facility-years needs to know: whose they are, how the columns are bound, the
    day, and the member's facilities among them."""

    asked: Asked
    binding: Binding
    today: date
    facilities: Mapping[str, FacilityEvidence]


@lru_cache(maxsize=4)
def units_on(day: date) -> Units:
    """Conversions under the calorific values that were public on a day."""
    book = books.factors()
    return Units(book.latest(FAMILY, day), book.latest(OTHER_FUELS, day))


def site_known(facility: FacilityEvidence | None) -> Site | None:
    """What membership knows of a site."""
    if facility is None:
        return None
    where = facility.location
    return Site(facility.facility_id, where.country, where.subdivision, started=facility.start_year)


def rows_of(prepared: Prepared) -> Rows:
    """What reads the rows of a member's file."""
    known = prepared.facilities
    sites = SiteReader(
        places(), lambda facility_id: site_known(known.get(facility_id)), only_known=True
    )
    policy = books.policies().on(prepared.today)
    prefix = f"{prepared.asked.member_id}."
    return Rows(prepared.binding, units_on(prepared.today), sites, policy, prefix)


def ready() -> None:
    """Load what the work on every facility-year needs: factors, policies, places, units."""
    books.policies()
    places()
    units_on(date.max).of("t", ITEMS["bought.alumina"])


def work(prepared: Prepared, groups: Groups) -> list[GroupBuilt]:
    """A command for each facility-year, or the faults of its rows."""
    rows = rows_of(prepared)
    return [_built(rows, cells, prepared) if cells else GroupBuilt(None) for _, cells in groups]


def _built(rows: Rows, cells: Sequence[Sequence[str]], prepared: Prepared) -> GroupBuilt:
    found = rows.assemble(cells)
    if found.inventory is None:
        return GroupBuilt(None, found.faults)
    try:
        command = command_of(found.inventory, prepared)
    except Refused as refused:
        return GroupBuilt(None, at_rows(refused, found))
    made = command.calculated
    notes = (*found.notes, *_notes(made.findings)) if made is not None else found.notes
    return GroupBuilt(command, (), notes, _told(found.inventory, made))


def command_of(inventory: Inventory, prepared: Prepared) -> StoreActivity:
    """The data with their result; refused as `reckon` is."""
    site, day, policies = inventory.site, prepared.today, books.policies()
    packed = packed_of(inventory)
    # The version that it becomes is known where it is decided.
    version = Version(1, packed.data_hash, inventory)
    wanted = usual(policies.on(day), day)
    return StoreActivity(
        on=day,
        facility_id=site.facility_id,
        year=inventory.year,
        member_id=prepared.asked.member_id,
        facility=prepared.facilities.get(site.facility_id),
        packed=packed,
        calculated=reckon(version, wanted, books.factors(), policies),
    )


def at_rows(refused: Refused, found: Assembled) -> list[tuple[Fault, ...]]:
    """A refusal of the calculation, at the rows of the data that it names; else at the first."""
    assert found.inventory is not None
    facts = dict(refused.facts)
    fault = Fault(str(facts.pop("field", "")), refused.slug, refused.sentence)
    named: set[object] = set()
    for fact in facts.values():
        named.update(fact if isinstance(fact, list) else [fact])
    faults: list[tuple[Fault, ...]] = [
        (fault,) if datum.datum_id in named else () for datum in found.inventory.data
    ]
    return faults if any(faults) else [(fault,), *faults[1:]]


def _notes(findings: Sequence[Finding]) -> list[str]:
    """Findings by rule, once for each facility-year."""
    counts = Counter(f"finding {one.rule} ({one.severity})" for one in findings)
    return list(counts)


def _told(inventory: Inventory, made: Calculated | None) -> bytes:
    if made is None:
        return b""
    gravest = sorted(made.findings, key=lambda one: BY_WEIGHT[one.severity])
    return orjson.dumps(
        {
            "facility_id": inventory.site.facility_id,
            "year": inventory.year,
            "lines": made.lines,
            "intensities": [one.model_dump(mode="json") for one in made.intensities],
            "blocking": made.blocking,
            "findings_count": made.findings_count,
            "findings": [one.model_dump(mode="json") for one in gravest[:FINDINGS_TOLD]],
        }
    )
