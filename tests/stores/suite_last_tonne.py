"""Two callers sell the last tonne at the same moment: through the real writer, one is refused."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest

from contracts.catalog import CATALOG
from contracts.coc import OutputDesignated
from contracts.custody import Account
from infra.decider import Command
from infra.errors import Refused
from infra.execute import Writer, request_of
from infra.store import Store
from infra.streams import Streams
from services.coc_ledger import domain
from services.coc_ledger.documents import issuing
from services.coc_ledger.documents.commands import DraftDocument, IssueDocument
from services.coc_ledger.documents.state import Document
from services.coc_ledger.pools.commands import DesignateOutput
from services.coc_ledger.pools.state import Pool
from tests.databases import Database
from tests.rules.coc.test_periods_and_orders import EVERY, document
from tests.rules.coc.world import FORMS, LEDGER, YEAR, World

TONNE = 1000
TODAY = date(2026, 6, 1)
NUMBERS = ("D-1", "D-2")
POOL = "pool/A:aluminium:2026-01-01"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Sale(NamedTuple):
    """What a caller asks to issue a document: words, then cover, then the document."""

    draft: DraftDocument
    cover: DesignateOutput
    document: IssueDocument


class Prepared(World):
    """Scope A with one tonne that may still be claimed, two that have left; and every command that
    made it so."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        super().__init__(TODAY)
        own = {"scope_id": "A", "member_id": "A"}
        looked = {"supplier_id": "YARD", "topics": EVERY, "performed_on": YEAR}
        self.send("record_due_diligence", **own, **looked)
        where = {**own, "stage": "aluminium", "day": YEAR}
        scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
        self.send("receive_material", movement_id="I-1", mass_kg=2 * TONNE, **where, **scrap)
        other = {"movement_id": "I-2", "mass_kg": 2 * TONNE, "origin": "non_coc"}
        self.send("receive_material", **where, **other)
        self.send("ship_material", movement_id="O-1", mass_kg=2 * TONNE, **where)
        self.settle()

    def _handle(self, command: Command) -> int:
        self.commands.append(command)
        return super()._handle(command)

    def sale(self, number: str) -> Sale:
        """The commands of a document over that tonne, as the server fills them in now."""
        fields: dict[str, Any] = document(number, TONNE)
        form = FORMS[fields.pop("command_name")]
        model = form.model.model_validate(fields)
        sent = {field: getattr(model, field) for field in form.model.model_fields}
        known = self.known()
        filled = domain.fill(IssueDocument, sent, known, TODAY)
        command = IssueDocument.model_validate({**sent, **filled, "on": TODAY, "claim": None})
        _, draft = issuing.drafting(command)
        seen = domain.checked(draft.draft.issuer_entity_id, command.day, known)
        rows = domain.pool_known(command.pool.key, sent, known)
        _, cover = issuing.covering(draft, command, seen, 0, rows)
        return Sale(draft, cover, command)


def ledger(database: Database) -> Store:
    """A store of the ledger's, as another process opens it."""
    database.create(LEDGER.name)
    return Store(database.open(), LEDGER.name, CATALOG.with_private(*LEDGER.private))


def writer(database: Database) -> Writer:
    """The writer of a process."""
    made = Writer(ledger(database), LEDGER.deciders, LEDGER.policies, lambda: NOON, b"k" * 32)
    return database.keep(made.start())


async def sell(by: Writer, sale: Sale, together: asyncio.Barrier) -> str:
    """Issue a document: why it is refused; nothing when it is not. Both callers stand before the
    ledger when either asks it."""
    number = sale.document.number
    await by.execute(request_of(f"{number}-draft", sale.draft, "clerk"))
    await together.wait()
    try:
        outcome = await by.execute(request_of(f"{number}-cover", sale.cover, "clerk"))
    except Refused as refused:
        return refused.slug
    (claim,) = [one.event for one in outcome.recorded if isinstance(one.event, OutputDesignated)]
    asked = sale.document.model_copy(update={"claim": claim})
    await by.execute(request_of(f"{number}-issue", asked, "clerk"))
    return ""


def issued(store: Store) -> Sequence[str]:
    """The documents that are issued."""
    streams = Streams(store, LEDGER.deciders)
    states: list[Document] = [streams.state(f"coc_document/{number}") for number in NUMBERS]
    return [state.number for state in states if state.issued is not None]


class LastTonneSuite:
    """Subclasses give the fixture `database`."""

    @pytest.mark.parametrize("processes", [1, 2])
    @pytest.mark.parametrize("first", NUMBERS)
    async def test_of_two_callers_who_sell_the_last_tonne_at_once_one_is_refused(
        self, database: Database, processes: int, first: str
    ) -> None:
        world = Prepared()
        writers = [writer(database) for _ in range(processes)]
        for at, command in enumerate(world.commands):
            await writers[0].execute(request_of(f"c{at}", command, "clerk"))
        order = (first, *(number for number in NUMBERS if number != first))
        together = asyncio.Barrier(len(order))
        calls = [
            sell(writers[at % processes], world.sale(number), together)
            for at, number in enumerate(order)
        ]
        answers = dict(zip(order, await asyncio.gather(*calls), strict=True))
        store = ledger(database)
        assert sorted(answers.values()) == ["", "claim-not-covered"]
        assert issued(store) == [number for number in NUMBERS if not answers[number]]
        pool: Pool = Streams(store, LEDGER.deciders).state(POOL)
        assert pool.books[Account.OUTPUT_COC].kg == TONNE
        assert pool.books[Account.OUTFLOW].kg == TONNE
        assert sum(one.kg for one in pool.books.values()) == 0
