"""At random over two scopes and two years: book alone or together, claim, confirm, dispute,
correct, withdraw, take back, lose a certificate, verify a year's emissions, close a year, correct
what was closed, hand a scope over to the other.

A book of our own keeps the sums of what was asked (`own_book`), without the service's code, and
says before each command whether it is taken. After every settled step: all pools hold what that
book says, accounts balance in every component, rows say what streams say, claims and deliveries
stand on both sides, and what was corrected is as if it had never been wrong.
"""

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
    precondition,
    rule,
)

from contracts import certification
from contracts.custody import Account, PoolKey, Stage
from contracts.values import CertificationStatus
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from tests.rules.coc import conserved
from tests.rules.coc.given import kg
from tests.rules.coc.own_book import Key, OwnBook, Paper
from tests.rules.coc.results import both
from tests.rules.coc.world import SCOPES, YEAR, World

TODAY = date(2026, 6, 1)
NEXT = date(2027, 1, 1)
AFTER = date(2027, 1, 10)
SCOPE = some.sampled_from(SCOPES)
MASS = some.integers(1, 1000)
PART = some.sampled_from((10, 50, 100))
DAY = some.integers(0, 119)
"""A day of the first hundred of a year; of the next year's first few, once those have come."""
OTHER = {"A": "B", "B": "A"}
TOGETHER = ("receive_material", "ship_material", "book_loss")
WORDS = {"receive_material": "scrap", "ship_material": "out", "book_loss": "lost"}
EVERY = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")
Movement = tuple[str, str, date]


def key_of(key: Key) -> PoolKey:
    """A period of our own book as the ledger names it."""
    return PoolKey(scope_id=key[0], stage=Stage.ALUMINIUM, period=date(key[1], 1, 1))


class Ledger(RuleBasedStateMachine):
    """See the head of the file."""

    movements: Bundle[Any] = Bundle("movements")
    numbers: Bundle[Any] = Bundle("numbers")

    @initialize()
    def begin(self) -> None:
        self.world = World(TODAY)
        self.own = OwnBook()
        self.count = 0
        for scope in SCOPES:
            self.world.send(
                "record_due_diligence",
                scope_id=scope,
                member_id=scope,
                supplier_id="YARD",
                topics=EVERY,
                performed_on=YEAR,
            )
            self.receive(scope, 1000, 0, coc=True)
            self.ship(scope, 900, 0)

    def next_id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count}"

    def day(self, number: int) -> date:
        """A day that has come."""
        if number >= 100 and self.world.today >= AFTER:
            return NEXT + timedelta(days=(number - 100) % 9)
        return YEAR + timedelta(days=number)

    def book(self, command: str, scope: str, number: int, word: str, **fields: Any) -> Any:
        movement_id, day = self.next_id("M"), self.day(number)
        where = {"scope_id": scope, "member_id": scope, "stage": "aluminium", "day": day}
        slug = self.world.attempt(command, movement_id=movement_id, **where, **fields)
        assert slug == self.own.refusal(scope, day)
        if slug:
            return multiple()
        self.own.book(scope, day, word, fields["mass_kg"], movement_id)
        return scope, movement_id, day

    # --- what happens ---

    @rule(target=movements, scope=SCOPE, mass=MASS, day=DAY, coc=some.booleans())
    def receive(self, scope: str, mass: int, day: int, *, coc: bool) -> Any:
        origin = "post_consumer_scrap" if coc else "non_coc"
        more: dict[str, Any] = {"origin_ref": "note-1"} if coc else {}
        told = {"intensity_kgco2e_per_kg": "0.617" if coc else "14.2"}
        return self.book(
            "receive_material",
            scope,
            day,
            "scrap" if coc else "other",
            mass_kg=mass,
            origin=origin,
            supplier_id="YARD",
            footprint=told,
            **more,
        )

    @rule(target=movements, scope=SCOPE, mass=MASS, day=DAY)
    def ship(self, scope: str, mass: int, day: int) -> Any:
        return self.book("ship_material", scope, day, "out", mass_kg=mass)

    @rule(target=movements, scope=SCOPE, mass=some.integers(1, 50), day=DAY)
    def lose(self, scope: str, mass: int, day: int) -> Any:
        return self.book("book_loss", scope, day, "lost", mass_kg=mass)

    @rule(
        target=movements,
        scope=SCOPE,
        day=DAY,
        rows=some.lists(some.tuples(some.sampled_from(TOGETHER), MASS), min_size=1, max_size=5),
    )
    def book_together(self, scope: str, day: int, rows: list[tuple[str, int]]) -> Any:
        """What a file brings, in one event; its movements can be taken back one by one."""
        on = self.day(day)
        where = {"scope_id": scope, "member_id": scope, "stage": "aluminium", "day": on}
        scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1", "supplier_id": "YARD"}
        made: list[tuple[str, dict[str, Any]]] = [
            (
                what,
                {
                    **where,
                    **(scrap if what == "receive_material" else {}),
                    "mass_kg": mass,
                    "movement_id": self.next_id("M"),
                },
            )
            for what, mass in rows
        ]
        opened = self.world.pool(key_of((scope, on.year))).key is not None
        events = self.world.send_together(made)
        if self.own.refusal(scope, on):
            assert events == 0
            return multiple()
        assert events == (1 if opened else 2)
        for what, fields in made:
            self.own.book(scope, on, WORDS[what], fields["mass_kg"], fields["movement_id"])
        return multiple(*((scope, fields["movement_id"], on) for _, fields in made))

    @rule(movement=consumes(movements), reason=some.sampled_from((None, "weighed-again")))
    def reverse(self, movement: Movement, reason: str | None) -> None:
        """In a closed period with a reason alone: its close is worked out anew."""
        scope, movement_id, day = movement
        key = (scope, day.year)
        slug = self.world.attempt(
            "reverse_movement",
            scope_id=scope,
            member_id=scope,
            stage="aluminium",
            day=day,
            movement_id=self.next_id("R"),
            reverses=movement_id,
            **({"reason": reason} if reason else {}),
        )
        refused = "" if reason else self.own.refusal(scope, day)
        free = "" if self.own.may_take_back(key, movement_id) else "lot-claimed"
        assert slug == (refused or free)
        if not slug:
            self.own.take_back(key, movement_id)

    @rule(target=numbers, seller=SCOPE, part=PART, more=some.integers(0, 1), day=DAY)
    def issue(self, seller: str, part: int, more: int, day: int) -> Any:
        """A part of what is covered; all of it, and a kilogram more, as well."""
        on = self.day(day)
        period = self.own.period((seller, on.year))
        mass = max(1, min(period.lot(), period.most(on)) * part // 100 + more)
        return self.issued(self.next_id("D"), seller, mass, on, None)

    @rule(target=numbers, seller=SCOPE, day=DAY)
    def issue_what_the_day_and_the_end_cover(self, seller: str, day: int) -> Any:
        """A day between may not."""
        on = self.day(day)
        period = self.own.period((seller, on.year))
        then, last = (period.own(one) + period.earned(one)[1] for one in (on, date.max))
        mass = max(1, min(period.lot(), then, last))
        return self.issued(self.next_id("D"), seller, mass, on, None)

    @rule(target=numbers, number=numbers, mass=MASS, day=some.one_of(some.none(), DAY))
    def correct(self, number: str, mass: int, day: int | None) -> Any:
        """On the day of what is replaced, or on another one, before it or after it."""
        old = self.own.papers[number]
        if old.ended:
            return multiple()
        on = old.day if day is None else self.day(day)
        return self.issued(self.next_id("D"), old.seller, mass, on, old)

    def issued(self, number: str, seller: str, mass: int, day: date, old: Paper | None) -> Any:
        """Issue, and ask our own book first."""
        buyer = OTHER[seller]
        open_ = old is not None and self.own.period(old.at).left is None
        at = old.at if old and open_ else (seller, day.year)
        paper = Paper(number, seller, buyer, at, day, mass)
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
            **({"replaces": old.number, "correction_reason": "weighed"} if old else {}),
        )
        assert slug == self.why_not(paper, old)
        if slug:
            assert number not in self.world.documents()
            return multiple()
        self.own.issue(paper, old)
        return number

    def why_not(self, paper: Paper, old: Paper | None) -> str:
        """Why a claim is refused; nothing when it is not."""
        own, at = self.own, paper.at
        given = old.mass if old and old.counts else 0
        same = old is not None and old.at == at
        more = max(0, paper.mass - (0 if same else given))
        ends = (own.ends[one][0] for one in (paper.seller, paper.buyer) if one in own.ends)
        if any(paper.day >= end for end in ends):
            return "scope-transferred"
        if own.period(at).left is not None:
            return "period-closed"
        if not own.certified[paper.seller]:
            return "coc-certificate-not-valid"
        if more > own.period(at).lot() + (given if same else 0):
            return "lot-not-shipped"
        day = min(paper.day, date(at[1], 12, 31))
        return "" if own.covers(at, day, more, old) else "claim-not-covered"

    @rule(number=numbers)
    def confirm(self, number: str) -> None:
        paper = self.own.papers[number]
        slug = self.world.attempt(
            "confirm_document",
            number=number,
            member_id=paper.buyer,
            received_kg=paper.mass,
            received_on=paper.day,
        )
        repeated = paper.received is not None
        assert slug == ("document-ended" if paper.ended and not repeated else "")
        if not (repeated or slug):
            self.own.confirm(number)

    @rule(number=numbers)
    def dispute(self, number: str) -> None:
        """It changes no mass: the seller answers it, or corrects."""
        state, paper = self.world.documents()[number], self.own.papers[number]
        told = {"number": number, "member_id": paper.buyer, "reason": "another-alloy"}
        slug = self.world.attempt("dispute_document", **told)
        known = "document-confirmed" if paper.received else ""
        ended = "document-ended" if paper.ended else known
        assert slug == ("" if state.disputed else ended)

    @rule(number=numbers)
    def withdraw(self, number: str) -> None:
        paper = self.own.papers[number]
        told = {"number": number, "member_id": paper.seller, "reason": "mistake"}
        slug = self.world.attempt("withdraw_document", **told)
        assert slug == ("document-confirmed" if paper.received and not paper.ended else "")
        if not (slug or paper.ended):
            self.own.withdraw(number)

    @rule(scope=SCOPE)
    def lose_or_regain_the_certificate(self, scope: str) -> None:
        """From the first day on: every document of the scope is concerned."""
        valid = not self.own.certified[scope]
        full, gone = CertificationStatus.CERTIFIED_FULL, CertificationStatus.WITHDRAWN
        self.world.tell(
            certification.CertificateStatusCorrected(
                certificate_id=f"C{scope}-CoC",
                member_id=scope,
                effective_on=YEAR,
                status=full if valid else gone,
            )
        )
        self.own.certify(scope, valid=valid)

    @rule(year=some.sampled_from((2024, 2025)))
    def verify_the_emissions_of_a_year(self, year: int) -> None:
        """From now on lots take their step's own emissions along."""
        for event in both(year=year):
            self.world.tell(event, "ghg")

    # --- years and scopes end ---

    @precondition(lambda self: self.world.today < AFTER)
    @rule()
    def a_year_goes_by(self) -> None:
        self.world.today = AFTER

    @rule(scope=SCOPE)
    def declare_a_case(self, scope: str) -> None:
        day = self.world.today
        where = {"scope_id": scope, "member_id": scope, "stage": "aluminium", "day": day}
        slug = self.world.attempt("declare_overdraft_case", reason="furnace-fire", **where)
        period = self.own.period((scope, day.year))
        assert slug == ("" if period.case else self.own.refusal(scope, day))
        period.case |= not slug

    @rule(scope=SCOPE, year=some.sampled_from((2026, 2027)))
    def close(self, scope: str, year: int) -> None:
        """Once it is over, or its scope went over; what it leaves goes on, with what comes late."""
        key = (scope, year)
        period, following = self.own.period(key), self.own.following(key)
        if following == key or self.own.period(following).left is not None:
            return
        day = date(year, 1, 1)
        where = {"scope_id": scope, "member_id": scope, "stage": "aluminium", "day": day}
        slug = self.world.attempt("close_period", **where)
        if self.world.pool(key_of(key)).key is None:
            assert slug == "unknown-pool"
            return
        over = following[0] != scope or self.world.today > date(year, 12, 31)
        assert slug == ("" if over or period.left else "period-not-over")
        if not slug and period.left is None:
            self.own.close(key)

    @precondition(lambda self: not self.own.ends)
    @rule(scope=SCOPE)
    def hand_over(self, scope: str) -> None:
        """A scope goes over into the other one tomorrow."""
        tomorrow = self.world.today + timedelta(days=1)
        approved = ApproveScopeTransfer(
            on=self.world.today,
            scope_id=scope,
            member_id=scope,
            to_scope_id=OTHER[scope],
            effective_on=tomorrow,
            approver="person-1",
            known_to=True,
        )
        self.world.desk.handle(approved, "transfer", "", self.world.today)
        self.world.today = tomorrow
        self.own.ends[scope] = (tomorrow, OTHER[scope])

    # --- what must be true ---

    @invariant()
    def pools_hold_what_our_own_book_says(self) -> None:
        self.world.settle()
        for key, period in self.own.periods.items():
            pool, sums = self.world.pool(key_of(key)), period.sums()
            found = {
                "document": -kg(pool, Account.INPUT_COC),
                "scrap": -kg(pool, Account.INPUT_POST_CONSUMER),
                "other": -kg(pool, Account.NON_COC),
                "out": kg(pool, Account.OUTFLOW) + kg(pool, Account.OUTPUT_COC),
                "lost": kg(pool, Account.LOSSES),
                "claim": kg(pool, Account.OUTPUT_COC),
            }
            assert found == sums, key
            assert (pool.carried_kg, pool.owed_kg) == (period.carried, period.owed), key
            assert (pool.blocked, pool.case) == (period.blocked, period.case), key
            assert kg(pool, Account.STOCK) == period.stock(), key
            assert (pool.end is None) == (period.left is None), key

    @invariant()
    def all_is_conserved(self) -> None:
        """In both scopes, over all periods, with all that the metal carries."""
        self.world.settle()
        conserved.accounts_add_up_to_zero(self.world)
        conserved.claims_and_deliveries_stand_on_both_sides(self.world)
        conserved.rows_say_what_streams_say(self.world)

    @invariant()
    def no_claim_counts_outside_a_certificate(self) -> None:
        self.world.settle()
        for state in self.world.documents().values():
            document = state.issued
            assert document is not None
            if state.checked is not None and state.ended is None:
                assert state.checked.passed is self.own.certified[document.pool.scope_id]


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=25, stateful_step_count=30)
