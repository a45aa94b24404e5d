"""At random over three years of a casthouse: take in, lose, ship, book the step's emissions by
hand, sell, correct and withdraw documents, take bookings back (in closed years as well), close.

A book of our own (`own_steps`) keeps what the metal carries and how much of it has the step in,
without the service's code. Each document tells what that book says: the metal as it came in, and
its step once; whatever was booked wrongly before is as if it had never been wrong. Over all
documents the step is added to just the metal that has it not.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, ClassVar

from hypothesis import seed, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.custody import Account, PoolKey
from services.coc_ledger.accounting.stepped import PARTS
from tests.rules.coc import conserved
from tests.rules.coc.own_steps import OwnSteps, Part
from tests.rules.coc.results import both
from tests.rules.coc.test_own_emissions import OWN, TOLD
from tests.rules.coc.test_periods_and_orders import KEY, close
from tests.rules.coc.test_step_told_otherwise import otherwise
from tests.rules.coc.test_stepped import book, take_in
from tests.rules.coc.world import YEAR, World

MASS = some.integers(50, 900)
SHARE = some.sampled_from((1, 4, 10))
"""Of ten parts, how many."""
LAST = 2028
KILOGRAMS = 3
"""A document's metal with the step in is rounded to a kilogram, with what those before it were told
too little; a close rounds what it leaves."""
GRAMS = 300
"""Each movement rounds its grams; each by less than one, and each a document has its part of."""


class Steps(RuleBasedStateMachine):
    """See the head of the file. `happened` counts what was done, over all runs."""

    happened: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        self.world, self.count = World(date(2026, 2, 1)), 0
        self.own = OwnSteps(Fraction(OWN) * 1000, Fraction(TOLD["intensity_kgco2e_per_kg"]) * 1000)
        topics = (
            "responsible_sourcing",
            "anti_corruption",
            "human_rights",
            "conflict_affected_areas",
        )
        looked = {"supplier_id": "YARD", "topics": topics, "performed_on": YEAR}
        self.world.send("record_due_diligence", scope_id="A", member_id="A", **looked)
        for year in range(2025, LAST):
            for event in both(year=year):
                self.world.tell(event, "ghg")
        self.receive(900)

    # --- what happens, each on a day of its own ---

    @rule(kg=MASS)
    def receive(self, kg: int) -> None:
        name = self.next("M")
        take_in(self.world, name, kg)
        self.keep("in", kg, name)

    @rule(kg=MASS)
    def lose(self, kg: int) -> None:
        if kg < self.stock_kg:
            self.booked("book_loss", "lost", kg, mass_kg=kg)

    @rule(kg=MASS)
    def ship(self, kg: int) -> None:
        if kg <= self.stock_kg:
            self.booked("ship_material", "out", kg, mass_kg=kg)

    @rule(kg=MASS)
    def give_off(self, kg: int) -> None:
        """Not where documents add the step to metal of the year already."""
        if not self.stock_kg:
            return
        if self.own.adds(self.year):
            told = {"scope_id": "A", "member_id": "A", "stage": "aluminium"}
            again = {"movement_id": "no", "day": self.world.today, "emission_kgco2e": str(kg)}
            slug = self.world.attempt("book_process_emissions", **told, **again)
            assert slug == "process-emissions-verified"
            return
        self.booked("book_process_emissions", "hand", kg * 1000, emission_kgco2e=str(kg))

    @precondition(lambda self: any(one.word in ("lost", "out", "hand") for one in self.own.lines))
    @rule(which=some.integers(0, 50))
    def take_back(self, which: int) -> None:
        """Not what a document claims; in a closed year with a reason."""
        found = [one for one in self.own.lines if one.word in ("lost", "out", "hand")]
        line = found[which % len(found)]
        if line.word == "out" and line.much > self.own.waits(line.day.year).kg:
            return
        if line.word == "hand" and not self.left_since(line.day.year):
            return  # the claims of that year stand as they are told
        closed = {"reason": "booked-wrongly"} if line.day.year < self.year else {}
        named = {"reverses": line.name, "day": line.day, **closed}
        book(self.world, "reverse_movement", self.next("R"), **named)
        self.own.take_back(line.name)
        self.done(f"take back {line.word}", closed=bool(closed))

    @rule(share=SHARE)
    def sell(self, share: int) -> None:
        self.issue(self.waiting_kg * share // 10)

    @precondition(lambda self: self.own.papers)
    @rule(which=some.integers(0, 50), share=some.sampled_from((3, 10, 14)))
    def correct(self, which: int, share: int) -> None:
        """To less, as much, or more; one of a closed year keeps what it can where it is."""
        names = [one for one in self.own.papers if self.may_go_back(one)]
        if names:
            old = names[which % len(names)]
            kg = int(sum(one.metal.kg for one in self.own.papers[old].values()))
            self.issue(kg * share // 10, old)

    @precondition(lambda self: self.own.papers)
    @rule(which=some.integers(0, 50))
    def withdraw(self, which: int) -> None:
        names = [one for one in self.own.papers if self.may_go_back(one)]
        if names:
            name = names[which % len(names)]
            self.world.send("withdraw_document", number=name, member_id="A", reason="mistake")
            self.world.settle()
            self.own.withdraw(name)
            self.done("withdraw")

    @precondition(lambda self: self.year < LAST)
    @rule()
    def a_year_ends(self) -> None:
        self.world.today = date(self.year + 1, 1, 5)
        close(self.world, day=date(self.year - 1, 1, 1))
        by_hand = self.own.by_hand(self.year - 1) and self.own.opening(self.year).kg > 0
        self.done("close", closed=by_hand)

    # --- our own book ---

    @property
    def year(self) -> int:
        return self.world.today.year

    @property
    def stock_kg(self) -> int:
        return int(self.own.stock(self.year).kg)

    @property
    def waiting_kg(self) -> int:
        return int(self.own.waits(self.year).kg)

    def next(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count}"

    def done(self, what: str, *, closed: bool = False) -> None:
        self.happened[what] += 1
        self.happened[f"{what} (closed)"] += closed
        self.world.today += timedelta(days=1)

    def keep(self, word: str, much: int, name: str) -> None:
        self.own.book(self.world.today, word, much, name)
        self.done(word)

    def booked(self, command: str, word: str, much: int, **said: Any) -> None:
        name = self.next("M")
        book(self.world, command, name, **said)
        self.keep(word, much, name)

    def may_go_back(self, name: str) -> bool:
        """What is given back comes to the lot as it is by then: asked where that is as it was."""
        parts = self.own.papers[name]
        if self.year not in parts:
            return True
        lines = self.own.of(self.year, "out", "claim")
        return bool(lines) and lines[-1].name == name

    def left_since(self, year: int) -> bool:
        return not any(year in parts for parts in self.own.papers.values())

    def issue(self, kg: int, old: str = "") -> None:
        """A document, and that it tells what our own book says."""
        if kg < 1:
            return
        more: dict[str, Any] = {"replaces": old, "correction_reason": "weighed"} if old else {}
        name = self.next("D")
        slug = self.world.attempt("issue_document", **self.draft(name, kg), **more)
        assert slug in ("", "claim-not-covered", "lot-not-shipped")
        if slug:
            return
        self.world.settle()
        self.own.claim(self.world.today, kg, name, old)
        self.tells_what_it_should(name)
        kept = any(one < self.year for one in self.own.papers[name])
        self.done("correct" if old else "sell", closed=kept)

    def draft(self, name: str, kg: int) -> dict[str, Any]:
        return {
            "number": name,
            "member_id": "A",
            "scope_id": "A",
            "day": self.world.today,
            "customer": {"name": "B", "address": "x", "scope_id": "B"},
            "responsible": "person-1",
            "statement": "asi_coc_mass_balance",
            "material": "coc_casthouse_product",
            "mass_kg": kg,
            "total_mass_kg": kg,
        }

    # --- what must be true ---

    def tells_what_it_should(self, name: str) -> None:
        issued = self.world.documents()[name].issued
        assert issued is not None
        carried, step = issued.carried, issued.supplement.step
        parts = self.own.papers[name]
        kg = sum(one.metal.kg for one in parts.values())
        came = sum((one.metal.grams for one in parts.values()), Fraction(0))
        added = sum((one.added for one in parts.values()), Fraction(0))
        has = sum((self.said(year, one, parts) for year, one in parts.items()), Fraction(0))
        assert abs(carried.stepped_kg - has) <= KILOGRAMS
        assert abs(Fraction(carried.step_kgco2e) * 1000 - added) <= KILOGRAMS * self.own.own
        told = Fraction(carried.emission_kgco2e - carried.step_kgco2e) * 1000
        assert abs(told - came) <= GRAMS
        assert step is not None
        if all(one.by_hand or one.metal.stepped == one.metal.kg for one in parts.values()):
            assert step.how == "booked"
            assert not carried.step_kgco2e
        elif added > KILOGRAMS * self.own.own:
            assert step.how == "verified"
        assert carried.known_kg == kg

    def said(self, year: int, part: Part, parts: dict[int, Part]) -> Fraction:
        """Of how much metal it is said that it has the step in: of all that is of a year which
        booked it by hand, unless the document is wholly of that year and says so of itself."""
        alone = len(parts) == 1 and year == self.year
        return part.metal.stepped if alone else part.has_step_in

    @invariant()
    def the_metal_that_is_there_has_the_step_in_as_our_own_book_says(self) -> None:
        pool = self.world.pool(self.key(self.year))
        if pool.key is None:
            return
        stock = self.own.stock(self.year)
        assert pool.books[Account.STOCK].kg == stock.kg
        assert abs(Fraction(pool.stepped.stock, PARTS) - stock.stepped) <= KILOGRAMS
        assert abs(pool.books[Account.STOCK].emission_g - stock.grams) <= GRAMS

    @invariant()
    def what_a_document_told_and_is_told_otherwise_is_what_it_would_have_told(self) -> None:
        """Of documents that are wholly of the present year: metal and step together."""
        told, by_hand = otherwise(self.world, self.key(self.year)), self.own.by_hand(self.year)
        more = {one["number"]: grams_of(one) for one in told["documents"]} if told else {}
        for number, metal in self.own.should(self.year).items():
            issued = self.world.documents()[number].issued
            assert issued is not None
            if set(self.own.papers[number]) != {self.year} or metal.kg != issued.mass_kg:
                continue
            should = metal.grams + (0 if by_hand else self.own.own * (metal.kg - metal.stepped))
            found = grams_of(issued.carried.model_dump()) + more.get(number, 0)
            assert abs(found - should) <= GRAMS + KILOGRAMS * self.own.own
            self.happened["told otherwise"] += number in more

    @invariant()
    def the_step_is_added_once_over_all_documents(self) -> None:
        stand = [one for one in self.world.documents().values() if one.designated]
        added = sum(Fraction(one.issued.carried.step_kgco2e) for one in stand if one.issued) * 1000
        lacks = sum(
            part.metal.kg - part.has_step_in
            for parts in self.own.papers.values()
            for part in parts.values()
        )
        assert {one.number for one in stand} == set(self.own.papers)
        assert abs(added - lacks * self.own.own) <= KILOGRAMS * self.own.own * (self.year - 2024)

    @invariant()
    def accounts_add_up_and_claims_stand_on_both_sides(self) -> None:
        conserved.accounts_add_up_to_zero(self.world)
        conserved.claims_and_deliveries_stand_on_both_sides(self.world)

    def key(self, year: int) -> PoolKey:
        return KEY.model_copy(update={"period": date(year, 1, 1)})


def grams_of(told: Mapping[str, Any]) -> Fraction:
    """Of what a document told, or is told otherwise, with its step."""
    of_step = grams_of(told["step"]) if told.get("step") else Fraction(0)
    known, partly = (Fraction(told[f"{name}_kgco2e"]) for name in ("emission", "partial"))
    return (known + partly) * 1000 + of_step


TestSteps = Steps.TestCase
TestSteps.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)

VERBS = (
    *("in", "lost", "out", "hand", "sell", "correct", "correct (closed)", "withdraw"),
    *("close", "close (closed)", "take back lost", "take back out", "take back hand"),
    *("take back lost (closed)", "take back hand (closed)", "told otherwise"),
)
"""What the machine is there for; `closed`: of a closed year, or the close of one that booked its
step by hand and left metal."""
ROUNDS = 30
"""At the most: it ends with the first by which all of it happened three times."""


def test_all_that_the_machine_of_steps_is_there_for_does_happen() -> None:
    """By seeds of its own: a rule that never does anything proves nothing."""

    class Counted(Steps):
        happened: ClassVar[Counter[str]] = Counter()

    rare = list(VERBS)
    for number in range(ROUNDS):
        run_state_machine_as_test(seed(number)(Counted), settings=TestSteps.settings)
        rare = [verb for verb in VERBS if Counted.happened[verb] < 3]
        if not rare:
            break
    assert rare == []
