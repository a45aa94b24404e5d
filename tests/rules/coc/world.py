"""The ledger in memory with its reactions: scopes, certificates, deliveries, as late as one likes.

Commands are filled in as over HTTP (`domain.fill`, `issuing`); events wait in a log until `settle`
lets the rows and the reactions see them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from contracts import certification
from contracts.coc import OutputDesignated
from contracts.coc_documents import DocumentIssued
from contracts.custody import PoolKey
from contracts.envelope import Envelope, Event, Recorded
from contracts.facilities import EntityRegistered, FacilityRegistered
from contracts.values import (
    Activity,
    CertificateType,
    CertificationStatus,
    Control,
    Instant,
    Location,
    Standard,
)
from infra.commandforms import Form
from infra.decider import Command, Tick, derived_id, issued
from infra.errors import Refused
from services.coc_ledger import app, domain
from services.coc_ledger.accounting import booking
from services.coc_ledger.accounting.together import PLAIN, BookMovements, Ground, Line, Plain
from services.coc_ledger.documents import issuing
from services.coc_ledger.documents.commands import IssueDocument
from services.coc_ledger.documents.state import Document
from services.coc_ledger.pools.commands import CountStock, ReceiveMaterial, ShipMaterial
from services.coc_ledger.pools.ending import PERIOD_OVER
from services.coc_ledger.pools.state import Pool
from services.coc_ledger.scopes.certificates import CertificateRow
from services.coc_ledger.scopes.commands import OpenScope
from services.coc_ledger.scopes.entity_scopes import naming
from tests.simulation.inmemory import Desk

FORMS = {command.NAME: Form(command) for command in domain.COMMANDS}
LEDGER = app.definition()
YEAR = date(2026, 1, 1)
FAR = date(9999, 12, 31)
SCOPES = ("A", "B")


def no_fill(*_: object) -> Mapping[str, object]:
    return {}


def line(command: Plain) -> Line:
    """A row as the reader of a file makes it."""
    kg = command.counted_kg if isinstance(command, CountStock) else command.mass_kg
    proof = command.origin_ref if isinstance(command, ReceiveMaterial) else None
    party = command.customer_id if isinstance(command, ShipMaterial) else None
    like = command.model_copy(update={"movement_id": "first"})
    return Line(command.movement_id, booking.digest_of(command), kg, proof, party, Ground(like))


class World:
    """Scopes, each of a certified member of its own: A and B, with entity EA and EB."""

    def __init__(self, today: date, members: Sequence[str] = SCOPES) -> None:
        self.today = today
        self.desk = Desk(LEDGER, (), no_fill)
        self.reader = self.desk.readers[0]
        self.read = 0
        self.public: list[Recorded] = []
        self.public_read = 0
        self.behind_s = 0
        """How old what is known of certificates is said to be."""
        self.count = 0
        for name in members:
            entity = EntityRegistered(
                entity_id=f"E{name}",
                member_id=name,
                name=name,
                country="DE",
                registered_on=YEAR,
            )
            self.tell(entity, "membership")
            self.tell(registered(facility_of(name), name), "membership")
            for standard in Standard:
                self.tell(granted(name, standard))
        self.settle()
        for name in SCOPES:
            self.open(name, name)  # any other member opens its own

    # --- in ---

    def open(
        self, scope_id: str, member_id: str, activities: tuple[str, ...] = ("casthouse",)
    ) -> None:
        """A scope of a member's entity, with a facility of its own."""
        facility_id = facility_of(scope_id)
        if scope_id != member_id:
            self.certify(facility_id, member_id)
        self.send(
            "open_scope",
            scope_id=scope_id,
            member_id=member_id,
            entity_id=f"E{member_id}",
            name=f"Works {scope_id}",
            address="1 Main Street",
            facilities=(facility_id,),
            activities=activities,
            starts_on=YEAR,
        )
        self.settle()

    def certify(self, facility_id: str, member_id: str) -> None:
        """One more facility of a member's entity, certified to both standards."""
        self.tell(registered(facility_id, member_id), "membership")
        for standard in Standard:
            more = {
                "certificate_id": f"C{member_id}-{facility_id}-{standard.value}",
                "facilities": (facility_id,),
            }
            self.tell(granted(member_id, standard).model_copy(update=more))
        self.settle()

    def attempt(self, command_name: str, /, **fields: Any) -> str:
        """A command as its sender gives it: why it is refused; nothing when it is not."""
        try:
            self.send(command_name, **fields)
        except Refused as refused:
            return refused.slug
        return ""

    def send(self, command_name: str, /, **fields: Any) -> int:
        """A command as its sender gives it: how many events. Raises Refused."""
        command = self.built(command_name, **fields)
        if isinstance(command, OpenScope):
            self._handle(naming(command)[1])
        return self._handle(command)

    def carry_out(self, command: Command) -> str:
        """A command that was filled in before: why it is refused; nothing when it is not."""
        try:
            self._handle(command)
        except Refused as refused:
            return refused.slug
        return ""

    def built(self, command_name: str, /, **fields: Any) -> Command:
        """A command as its sender gives it, with what the server knows now."""
        form = FORMS[command_name]
        command, model = form.command, form.model.model_validate(fields)
        sent = {field: getattr(model, field) for field in form.model.model_fields}
        filled: dict[str, Any] = domain.fill(command, sent, self.known(), self.today)
        if command is IssueDocument:
            filled["claim"] = self._claimed(sent, filled)
        return command.model_validate({**sent, **filled, "on": self.today})

    def send_together(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> int:
        """Rows of a file, of one pool, as the reader of files books them: how many events."""
        lines: list[Line] = []
        for command_name, fields in rows:
            form = FORMS[command_name]
            model = form.model.model_validate(fields)
            sent = {field: getattr(model, field) for field in form.model.model_fields}
            filled = domain.fill(form.command, sent, self.known(), self.today)
            made = form.command.model_validate({**sent, **filled, "on": self.today})
            assert isinstance(made, PLAIN)
            lines.append(line(made))
        first = lines[0].ground.like
        row = self.reader.row("pools", first.pool.key)
        return self._handle(
            BookMovements(
                on=self.today,
                pool=first.pool,
                member_id=first.member_id,
                content=f"file-{self.count}",
                through=row.version if row else 0,
                lines=tuple(lines),
            )
        )

    def _claimed(self, sent: dict[str, Any], filled: dict[str, Any]) -> OutputDesignated | None:
        command = IssueDocument.model_validate({**sent, **filled, "on": self.today, "claim": None})
        _, draft = issuing.drafting(command)
        state = self.desk.state(command.stream)
        if state.issued is not None:
            return None
        self._handle(draft)
        assert command.scope is not None
        seen = domain.checked_of(command.scope, command.day, self.known())
        rows = domain.pool_known(command.pool.key, sent, self.known())
        results = domain.results_of(command.scope, command.day, self.known())
        _, cover = issuing.covering(draft, command, seen, self.behind_s, rows, results)
        before = len(self.desk.log)
        self._handle(cover)
        made = [one.event for one in self.desk.log[before:]]
        claims = [one for one in made if isinstance(one, OutputDesignated)]
        return claims[0] if claims else None

    def _handle(self, command: Command) -> int:
        self.count += 1
        return self.desk.handle(command, f"c{self.count}", "", self.today)

    def tell(self, event: Event, source: str = "certification") -> None:
        """Somebody else's event, which waits to be read."""
        at = Envelope(
            event_id=derived_id(source, str(len(self.public))),
            source=source,
            stream="x/1",
            version=1,
            position=len(self.public) + 1,
            recorded_at=Instant(f"{self.today.isoformat()}T12:00:00.000000Z"),
            correlation_id="",
            causation_id="",
            command_id="",
            actor="test",
        )
        self.public.append(Recorded(at, event))

    def sell(
        self, number: str, seller: str, kg: int, day: date | None = None, **more: Any
    ) -> DocumentIssued:
        """A document of one of the scopes A and B for the other, on a day, else today."""
        buyer = "A" if seller == "B" else "B"
        self.send(
            "issue_document",
            number=number,
            **{"member_id": seller, "scope_id": seller, "day": day or self.today, **more},
            customer={"name": buyer, "address": "x", "scope_id": buyer},
            responsible="person-1",
            statement="asi_coc_mass_balance",
            material="coc_casthouse_product",
            mass_kg=kg,
            total_mass_kg=kg,
        )
        self.settle()
        told = self.documents()[number].issued
        assert told is not None
        return told

    def end_periods(self, on: date) -> None:
        """The clock tells the pools whose last day has come, and nobody else, that it is over."""
        over = [one for one, dues in self.desk.dues.items() if dues.get(PERIOD_OVER, FAR) <= on]
        for stream in over:
            tick = Tick(on=on, target=stream, rule=PERIOD_OVER)
            self.desk.handle(tick, f"over-{stream}", "", self.today)

    def settle(self) -> None:
        """Let rows and reactions see everything, until nothing new comes."""
        while self.public_read < len(self.public) or self.read < len(self.desk.log):
            if self.public_read < len(self.public):
                self.public_read += 1
                self._see(self.public[self.public_read - 1])
            else:
                self.read += 1
                self._see(self.desk.log[self.read - 1])

    def _see(self, recorded: Recorded) -> None:
        self.reader.apply(recorded)
        for reaction in self.reader.consumer.reactions:
            for one in issued(reaction, recorded, self.reader.row):
                try:
                    self.desk.handle(one.command, one.command_id, "", self.today)
                except Refused as refused:
                    raise AssertionError(f"{reaction.name}: {refused}") from refused

    # --- out ---

    def known(self) -> domain.Knowledge:
        """What the server can look up."""
        return domain.Knowledge(
            self.desk.state,
            self.reader.row,
            self.certificates,
            self.scopes_of,
            self.public_read,
            self.behind_s,
            LEDGER.policies,
            lambda pool: self.reader.row("unlooked", {"pool": pool}),
        )

    def certificates(self, entity_id: str) -> list[CertificateRow]:
        found: list[CertificateRow] = self.reader.row("certificates", {"entity_id": entity_id})
        return found

    def scopes_of(self, entity_id: str) -> list[str]:
        return [one.scope_id for one in self.reader.row("scopes", {"entity_id": entity_id})]

    def pool(self, key: PoolKey) -> Pool:
        """A pool as folded now."""
        state: Pool = self.desk.state(key.stream)
        return state

    def pools(self) -> dict[str, Pool]:
        """All pools, by stream."""
        return {
            stream: state
            for stream, (_, state) in self.desk.folds.items()
            if isinstance(state, Pool)
        }

    def documents(self) -> dict[str, Document]:
        """All documents that are issued, by number."""
        return {
            state.number: state
            for _, state in self.desk.folds.values()
            if isinstance(state, Document) and state.issued is not None
        }


def facility_of(name: str) -> str:
    """The facility of a member's entity."""
    return "F-1" if name == "A" else f"F-{name}"


def registered(
    facility_id: str, name: str, activity: Activity = Activity.CASTHOUSE
) -> FacilityRegistered:
    """A facility of a member's entity, as membership tells it."""
    return FacilityRegistered(
        facility_id=facility_id,
        member_id=name,
        entity_id=f"E{name}",
        name=facility_id,
        activities=(activity,),
        location=Location(country="DE"),
        control=Control(),
        operating=True,
        registered_on=YEAR,
    )


def granted(name: str, standard: Standard) -> certification.CertificateGranted:
    return certification.CertificateGranted(
        certificate_id=f"C{name}-{standard.value}",
        member_id=name,
        entity_id=f"E{name}",
        standard=standard,
        certificate_type=CertificateType.FULL,
        facilities=(facility_of(name),),
        valid_from=YEAR,
        valid_to=date(2028, 12, 31),
        status=CertificationStatus.CERTIFIED_FULL,
    )
