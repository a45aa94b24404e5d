"""Files of activity data over HTTP: taken in, followed, answered row by row and year by year."""

from collections.abc import Mapping, Sequence
from datetime import date

from infra.importing.kinds import Asked, Fault, GroupBuilt, Grouped, KeyOf, Kind
from infra.importing.mapping import Binding
from infra.importing.run import Imports
from infra.importing.web import FILE_LIMIT, add_reads, add_receive
from infra.persons import Persons
from infra.policy import Policies
from infra.service import Running
from infra.web import Api
from services.ghg.plans.filling import PlansFilling
from services.ghg.power_certificates.cancelling import Cancelling
from services.ghg.power_certificates.naming import Naming
from services.ghg.queries import Queries
from services.ghg.suppliers.replaced import Replaced

from .rows import KEY_FIELDS
from .words import FIELDS
from .work import Prepared, ready, rows_of, work

LIMITS: Mapping[str, int] = {"/ghg/imports": FILE_LIMIT}
ABOUT = """Take in a file of activity data of any number of facilities and years, streamed; the rows
of one may stand anywhere in it. Each facility-year is taken whole and calculated, or refused with
every row that is the reason: see `/ghg/imports/{id}/rows`, and what was found in each at
`/ghg/imports/{id}/groups`. The same file again under its id is the same import."""
OTHERS = Fault(
    "",
    "with-its-facility-year",
    "another row of this facility and year is wrong: a year is taken whole or not at all",
)


def activity_kind(queries: Queries, policies: Policies) -> Kind:
    """Activity data as a kind of import: a facility-year is taken whole."""

    def key(asked: Asked, binding: Binding) -> KeyOf:
        # Which year a row belongs to needs neither a day nor facilities.
        return rows_of(Prepared(asked, binding, date(2100, 1, 1), {})).key

    def prepare(asked: Asked, binding: Binding, today: date, keys: Sequence[str]) -> Prepared:
        wanted = sorted({found.rpartition(":")[0] for found in keys if found})
        known = queries.facilities(wanted)
        own = {name: one for name, one in known.items() if one.member_id == asked.member_id}
        return Prepared(asked, binding, today, own)

    naming = Naming(Cancelling(queries, policies))
    replaced = Replaced(queries, PlansFilling(queries))

    def beside(asked: Asked, built: Sequence[GroupBuilt]) -> list[GroupBuilt]:
        return replaced.told(asked, naming.told(asked, built))

    grouped = Grouped(key, prepare, work, OTHERS, KEY_FIELDS, ready, beside)
    return Kind("activity", FIELDS, lambda _: None, grouped=grouped)


def add_imports(api: Api, running: Running, queries: Queries, persons: Persons) -> Imports:
    """Add `/ghg/imports` and the worker behind it."""
    kind = activity_kind(queries, running.definition.policies)
    imports = Imports(running, [kind])
    add_receive(api, running, imports, kind, persons, ABOUT)
    add_reads(api, running, imports)
    return imports
