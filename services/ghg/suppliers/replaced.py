"""What data that come in are told of suppliers' answers that were taken before and do not stand in
them: data of the facility's own put the default back. Of a file also in a dry run; of data sent
over HTTP in the answer.

They are taken as they are: what they say is the facility's to say. Nothing is lost: the answer
stays with its request, and can be taken again. Source: sources.md 4.10, R-01.
"""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from contracts.ghg_claims import DatumAnswered, DatumTaken
from contracts.values import plain
from infra.importing.kinds import Asked as ImportAsked
from infra.importing.kinds import GroupBuilt
from services.ghg.activity.inventory import PRIMARY, Datum
from services.ghg.activity.packing import Chunk, unpack
from services.ghg.evidence import AnswerReplaced, Packed
from services.ghg.plans.filling import PlansFilling
from services.ghg.plans.rows import DatumRequestRow
from services.ghg.queries import Queries
from services.ghg.results.commands import StoreActivity

from .supplier import Asked

NOTE = "supplier-datum-replaced"
DATA_TOLD = 20


def gone(data: Iterable[Datum], answered: DatumAnswered, taken: DatumTaken) -> list[Datum] | None:
    """The data in whose place the answer was taken and that say something else now; none where all
    have it; None where nothing of that supplier is left. Of an answer that took the place of the
    one that was taken only the kind is known: what is measured or verified holds."""
    alike = [
        one
        for one in data
        if (one.item, one.supplier_id) == (answered.item, answered.supplier_id)
        and answered.scrap_kind in (None, one.scrap_kind)
    ]
    if not alike:
        return None
    if taken.answer != answered.answer:
        kept = PRIMARY | {answered.kind}
        return [one for one in alike if one.factor is None or one.kind not in kept]
    return [one for one in alike if (one.factor, one.kind) != (answered.factor, answered.kind)]


class Replaced:
    """Looks up what was taken; a call may wait for the database."""

    def __init__(self, queries: Queries, filling: PlansFilling) -> None:
        self._queries = queries
        self._filling = filling

    def told(self, asked: ImportAsked, built: Sequence[GroupBuilt]) -> list[GroupBuilt]:
        """Facility-years of a file, each with what is to be said of its suppliers' answers."""
        years = {
            f"{one.command.facility_id}:{one.command.year}"
            for one in built
            if isinstance(one.command, StoreActivity)
        }
        if not years:
            return list(built)
        requests = self._requests(sorted(years), asked.member_id)
        return [self._one(one, requests) for one in built]

    def _one(
        self, built: GroupBuilt, requests: Mapping[str, Sequence[DatumRequestRow]]
    ) -> GroupBuilt:
        command = built.command
        if not isinstance(command, StoreActivity):
            return built
        rows = requests.get(f"{command.facility_id}:{command.year}", ())
        told = [_told(*one) for one in self._gone(rows, command.packed)]
        if not told:
            return built
        about = orjson.loads(built.told) if built.told else {}
        notes = (*built.notes, *(NOTE,) * len(told))
        return built._replace(notes=notes, told=orjson.dumps({**about, "supplier_data": told}))

    def of_year(
        self, member_id: str, facility_id: str, year: int, packed: Packed
    ) -> tuple[AnswerReplaced, ...]:
        """The answers of suppliers that do not stand in a member's data of a facility-year."""
        key = f"{facility_id}:{year}"
        rows = self._requests([key], member_id).get(key, ())
        return tuple(
            AnswerReplaced(
                request_id=answered.request_id,
                supplier_id=answered.supplier_id,
                item=answered.item,
                scrap_kind=answered.scrap_kind,
                sentence=_sentence(answered, now),
            )
            for answered, now in self._gone(rows, packed)
        )

    def _requests(
        self, years: Sequence[str], member_id: str
    ) -> Mapping[str, Sequence[DatumRequestRow]]:
        """A member's requests by facility-year."""
        where = {"facility_year": years, "member_id": member_id}
        requests: dict[str, list[DatumRequestRow]] = {}
        for row in self._filling.every("datum_requests", where):
            requests.setdefault(row.facility_year, []).append(row)
        return requests

    def _gone(
        self, rows: Iterable[DatumRequestRow], packed: Packed
    ) -> list[tuple[DatumAnswered, Sequence[Datum] | None]]:
        """The answers that were taken and do not stand in these data, each with the data that say
        something else (`gone`)."""
        taken = [found for row in rows for found in self._taken(row)]
        if not taken:
            return []
        data = unpack([Chunk(one.columns, one.rows) for one in packed.chunks]).data
        found = [(answered, gone(data, answered, one)) for answered, one in taken]
        return [(answered, now) for answered, now in found if now is None or now]

    def _taken(self, row: DatumRequestRow) -> Iterable[tuple[DatumAnswered, DatumTaken]]:
        state = self._queries.reader.state(f"datum_request/{row.request_id}")
        assert isinstance(state, Asked)  # the stream's own kind
        if state.answered is not None and state.taken is not None:
            yield state.answered, state.taken


def _sentence(answered: DatumAnswered, now: Sequence[Datum] | None) -> str:
    scrap = f" ({answered.scrap_kind})" if answered.scrap_kind else ""
    what = f"{answered.item}{scrap} of {answered.supplier_id}"
    stands = f"these data say something else of {what}"
    if now is None:
        stands = f"these data have no {what}"
    return (
        f"The supplier's answer to request {answered.request_id} was taken, and {stands}: its"
        " factor does not stand any more. Take the answer again if it holds."
    )


def _told(answered: DatumAnswered, now: Sequence[Datum] | None) -> Mapping[str, object]:
    return {
        "request_id": answered.request_id,
        "supplier_id": answered.supplier_id,
        "item": answered.item,
        "scrap_kind": answered.scrap_kind,
        "answer": {"factor": plain(answered.factor), "kind": answered.kind, "of": answered.answer},
        "data": [
            {
                "datum_id": one.datum_id,
                "factor": None if one.factor is None else plain(one.factor),
                "kind": one.kind,
            }
            for one in (now or ())[:DATA_TOLD]
        ],
        "sentence": _sentence(answered, now),
    }
