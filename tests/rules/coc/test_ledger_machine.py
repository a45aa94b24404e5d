"""At random over two scopes: book alone or together, claim, confirm, dispute, correct, withdraw,
lose a certificate, verify a year's emissions.

An oracle keeps its own sums from what was asked, without the service's code, and says before each
claim whether it is covered. After every settled step: accounts balance in every component, rows say
what streams say, claims and deliveries stand on both sides, and what was corrected is as if it had
never been wrong.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from contracts import certification
from contracts.custody import Account, Carried, PoolKey, Stage
from contracts.values import CertificationStatus
from services.coc_ledger.accounts import NOTHING, Amount, carried_amount, minus, plus
from services.coc_ledger.period import through
from services.coc_ledger.pool_carrying import KEPT, held
from services.coc_ledger.rows import PoolRow, movement_of
from tests.rules.coc.given import balanced, kg
from tests.rules.coc.results import both
from tests.rules.coc.world import SCOPES, YEAR, World

TODAY = date(2026, 6, 1)
SCOPE = some.sampled_from(SCOPES)
MASS = some.integers(1, 1000)
PART = some.sampled_from((10, 50, 100))
DAY = some.integers(0, 100).map(lambda days: YEAR + timedelta(days=days))
TOGETHER = ("receive_material", "ship_material", "book_loss")
EVERY = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")


def of_step(carried: Carried) -> Amount:
    """What a step added to a lot, by the words of its document alone."""
    added, partly = carried.step_kgco2e - carried.untold_kgco2e, carried.step_partial_kgco2e
    return Amount(
        known_kg=-carried.untold_kg,
        emission_g=int(added * 1000),
        partial_g=int((partly + carried.untold_kgco2e) * 1000),
    )


class Oracle:
    """What a scope took in, gave out and claimed, in plain sums from section 5 of the sources."""

    def __init__(self) -> None:
        self.inflow = self.input = self.output = self.claimed = 0

    def cover(self) -> int:
        """Input over Inflow of the output, rounded down, at most Input."""
        if not self.inflow:
            return 0
        return min(self.input, self.input * self.output // self.inflow)

    def add(self, other: "Oracle") -> None:
        """What was booked on another day as well."""
        self.inflow += other.inflow
        self.input += other.input
        self.output += other.output
        self.claimed += other.claimed


class Ledger(RuleBasedStateMachine):
    """See the head of the file."""

    movements: Bundle[Any] = Bundle("movements")
    numbers: Bundle[Any] = Bundle("numbers")

    @initialize()
    def begin(self) -> None:
        self.world = World(TODAY)
        self.count = 0
        self.valid = dict.fromkeys(SCOPES, True)
        for scope in SCOPES:
            self.world.send(
                "record_due_diligence",
                scope_id=scope,
                member_id=scope,
                supplier_id="YARD",
                topics=EVERY,
                performed_on=YEAR,
            )

            self.receive(scope, 1000, YEAR, coc=True)
            self.ship(scope, 900, YEAR)

    def next_id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count}"

    def book(self, command: str, scope: str, day: date, **fields: Any) -> tuple[str, str, date]:
        movement_id = self.next_id("M")
        where = {"scope_id": scope, "member_id": scope, "stage": "aluminium", "day": day}
        self.world.send(command, movement_id=movement_id, **where, **fields)
        return scope, movement_id, day

    # --- what happens ---

    @rule(target=movements, scope=SCOPE, mass=MASS, day=DAY, coc=some.booleans())
    def receive(self, scope: str, mass: int, day: date, *, coc: bool) -> Any:
        origin = "post_consumer_scrap" if coc else "non_coc"
        more: dict[str, Any] = {"origin_ref": "note-1"} if coc else {}
        told = {"intensity_kgco2e_per_kg": "0.617" if coc else "14.2"}
        return self.book(
            "receive_material",
            scope,
            day,
            mass_kg=mass,
            origin=origin,
            supplier_id="YARD",
            footprint=told,
            **more,
        )

    @rule(target=movements, scope=SCOPE, mass=MASS, day=DAY)
    def ship(self, scope: str, mass: int, day: date) -> Any:
        return self.book("ship_material", scope, day, mass_kg=mass)

    @rule(target=movements, scope=SCOPE, mass=some.integers(1, 50), day=DAY)
    def lose(self, scope: str, mass: int, day: date) -> Any:
        return self.book("book_loss", scope, day, mass_kg=mass)

    @rule(
        target=movements,
        scope=SCOPE,
        day=DAY,
        rows=some.lists(some.tuples(some.sampled_from(TOGETHER), MASS), min_size=1, max_size=5),
    )
    def book_together(self, scope: str, day: date, rows: list[tuple[str, int]]) -> Any:
        """What a file brings, in one event; its movements can be taken back one by one."""
        self.world.settle()
        where = {"scope_id": scope, "member_id": scope, "stage": "aluminium", "day": day}
        scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1", "supplier_id": "YARD"}
        names = [self.next_id("M") for _ in rows]
        asked = [
            (what, {**where, **(scrap if what == "receive_material" else {}), "mass_kg": mass})
            for what, mass in rows
        ]
        made = [
            (what, {**fields, "movement_id": name})
            for name, (what, fields) in zip(names, asked, strict=True)
        ]
        assert self.world.send_together(made) == 1
        return multiple(*((scope, name, day) for name in names))

    @rule(movement=consumes(movements))
    def reverse(self, movement: tuple[str, str, date]) -> None:
        scope, movement_id, day = movement
        self.world.settle()
        slug = self.world.attempt(
            "reverse_movement",
            scope_id=scope,
            member_id=scope,
            stage="aluminium",
            day=day,
            movement_id=self.next_id("R"),
            reverses=movement_id,
        )
        assert slug in ("", "lot-claimed")

    @rule(target=numbers, seller=SCOPE, part=PART, more=some.integers(0, 1), day=DAY)
    def issue(self, seller: str, part: int, more: int, day: date) -> Any:
        """A part of what is covered; all of it, and a kilogram more, as well."""
        self.world.settle()
        lot, now = self.free(seller, None, None)
        _, least = self.free(seller, day, None)
        mass = max(1, min(lot, least if more else now) * part // 100 + more)
        return self.issued(self.next_id("D"), seller, mass, day)

    @rule(target=numbers, number=numbers, mass=MASS)
    def correct(self, number: str, mass: int) -> Any:
        self.world.settle()
        old = self.world.documents()[number]
        assert old.issued is not None
        if old.ended is not None:
            return multiple()
        seller, day = old.issued.pool.scope_id, old.issued.issued_on
        return self.issued(
            self.next_id("D"), seller, mass, day, replaces=number, correction_reason="weighed"
        )

    def issued(self, number: str, seller: str, mass: int, day: date, **more: Any) -> Any:
        """Issue, and ask the oracle first."""
        buyer = "B" if seller == "A" else "A"
        self.world.settle()
        old = self.world.documents().get(more.get("replaces", ""))
        lot, least = self.free(seller, day, more.get("replaces"))
        kept = old.issued.mass_kg if old and old.issued and old.designated else 0
        fits = mass <= least or mass <= kept
        slug = self.world.attempt(
            "issue_document",
            number=number,
            member_id=seller,
            scope_id=seller,
            day=day,
            customer={"name": buyer, "address": "x", "scope_id": buyer},
            responsible="person-1",
            statement="asi_coc_mass_balance",
            material="coc_casthouse_product",
            mass_kg=mass,
            total_mass_kg=mass,
            **more,
        )
        if not slug:
            assert self.valid[seller]
            assert mass <= lot
            assert fits, "claimed beyond the cover"
            return number
        assert number not in self.world.documents()
        why = {
            "coc-certificate-not-valid": not self.valid[seller],
            "lot-not-shipped": mass > lot,
            "claim-not-covered": not fits,
        }
        assert why[slug], slug
        return multiple()

    @rule(number=numbers)
    def confirm(self, number: str) -> None:
        state = self.world.documents()[number]
        assert state.issued is not None
        buyer = state.issued.customer.scope_id
        slug = self.world.attempt(
            "confirm_document",
            number=number,
            member_id=buyer,
            received_kg=state.issued.total_mass_kg,
            received_on=state.issued.issued_on,
        )
        repeated = state.confirmed is not None
        assert slug == ("document-ended" if state.ended and not repeated else "")

    @rule(number=numbers)
    def dispute(self, number: str) -> None:
        """It changes no mass: the seller answers it, or corrects."""
        state = self.world.documents()[number]
        assert state.issued is not None
        slug = self.world.attempt(
            "dispute_document",
            number=number,
            member_id=state.issued.customer.scope_id,
            reason="another-alloy",
        )
        known = "document-confirmed" if state.confirmed else ""
        ended = "document-ended" if state.ended else known
        assert slug == ("" if state.disputed else ended)

    @rule(number=numbers)
    def withdraw(self, number: str) -> None:
        state = self.world.documents()[number]
        assert state.issued is not None
        owner = state.issued.member_id
        slug = self.world.attempt(
            "withdraw_document", number=number, member_id=owner, reason="mistake"
        )
        assert slug == ("document-confirmed" if state.confirmed and not state.ended else "")

    @rule(scope=SCOPE)
    def lose_or_regain_the_certificate(self, scope: str) -> None:
        """From the first day on: every document of the scope is concerned."""
        self.valid[scope] = not self.valid[scope]
        status = (
            CertificationStatus.CERTIFIED_FULL
            if self.valid[scope]
            else CertificationStatus.WITHDRAWN
        )
        self.world.tell(
            certification.CertificateStatusCorrected(
                certificate_id=f"C{scope}-CoC", member_id=scope, effective_on=YEAR, status=status
            )
        )

    @rule(year=some.sampled_from((2024, 2025)))
    def verify_the_emissions_of_a_year(self, year: int) -> None:
        """From now on lots take their step's own emissions along."""
        for event in both(year=year):
            self.world.tell(event, "ghg")

    @rule()
    def settle(self) -> None:
        self.world.settle()

    # --- the oracle ---

    def oracle(self, scope: str, day: date | None, without: str | None) -> tuple[int, int]:
        """What is shipped and not claimed, and what every day from one on lets claim (the last one
        alone where none is named), by sums of what was asked."""
        by_day: dict[date, Oracle] = defaultdict(Oracle)
        for row in self.world.reader.rows["movements"].values():
            event, found = movement_of(row), by_day[row.day]
            if event["pool"]["scope_id"] != scope:
                continue
            sums: dict[str, int] = defaultdict(int)
            for entry in event["entries"]:
                sums[entry["account"]] += entry["kg"]
            found.input -= sums["input_post_consumer"] + sums["input_coc"]
            found.inflow -= sums["input_post_consumer"] + sums["input_coc"] + sums["non_coc"]
            found.output += sums["outflow"]
        for number, state in self.world.documents().items():
            document = state.issued
            assert document is not None
            mine = document.pool.scope_id == scope and number != without
            if mine and state.designated:
                by_day[document.issued_on].claimed += document.mass_kg
        whole, free = Oracle(), list[int]()
        by_day[day or YEAR].input += 0
        for one, more in sorted(by_day.items()):
            whole.add(more)
            if day is not None and one >= day:
                free.append(whole.cover() - whole.claimed)
        return whole.output - whole.claimed, min(free or [whole.cover() - whole.claimed])

    def free(self, scope: str, day: date | None, without: str | None) -> tuple[int, int]:
        """The same, never below zero."""
        lot, least = self.oracle(scope, day, without)
        return lot, max(0, least)

    # --- what must be true ---

    @invariant()
    def accounts_add_up_to_zero(self) -> None:
        for state in self.world.pools().values():
            assert balanced(state)
            assert through(state.days, None) == state.kgs
            for day in state.days:
                stands = dict(state.standings(day))
                assert stands[day] == through(state.days, day)

    @invariant()
    def claims_and_deliveries_stand_on_both_sides(self) -> None:
        self.world.settle()
        for scope in SCOPES:
            key = PoolKey(scope_id=scope, stage=Stage.ALUMINIUM, period=YEAR)
            pool = self.world.pool(key)
            claimed = bought = 0
            own, brought = NOTHING, NOTHING
            for state in self.world.documents().values():
                document, check = state.issued, state.checked
                assert document is not None
                if document.pool == key and state.designated:
                    claimed += document.mass_kg
                    own = plus(own, of_step(document.carried))
                counts = check is not None and check.passed and state.ended is None
                if check is not None and check.receiver == key and counts:
                    bought += check.mass_kg
                    brought = plus(brought, carried_amount(check.mass_kg, check.carried))
            assert kg(pool, Account.OUTPUT_COC) == claimed
            assert -kg(pool, Account.INPUT_COC) == bought
            assert minus(pool.books.get(Account.PROCESS, NOTHING)) == own
            assert minus(pool.books.get(Account.INPUT_COC, NOTHING)) == brought
            row: PoolRow | None = self.world.reader.row("pools", key.key)
            if row is not None:
                assert row.kgs == through(pool.days, None)
                assert row.version == pool.version
                for account in KEPT:
                    kept = held(row.carrying, account.value)
                    assert kept == pool.books.get(account, NOTHING)

    @invariant()
    def no_claim_counts_outside_a_certificate(self) -> None:
        for state in self.world.documents().values():
            document = state.issued
            assert document is not None
            if state.checked is not None and state.ended is None:
                assert state.checked.passed is self.valid[document.pool.scope_id]


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=25, stateful_step_count=30)
