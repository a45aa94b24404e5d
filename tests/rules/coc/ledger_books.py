"""What the machine over the whole ledger stands on: three scopes and a book of our own of them, and
what must be true of both after each step."""

from collections import Counter
from datetime import date, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, multiple

from contracts.custody import Account, PoolKey, Stage
from contracts.values import Standard
from services.coc_ledger.pools.state import Pool
from tests.rules.coc import conserved
from tests.rules.coc.given import kg
from tests.rules.coc.own_book import Certificate, OwnBook
from tests.rules.coc.own_period import CLAIMS, OUTS, Key, plus
from tests.rules.coc.world import YEAR, World

SCOPES = ("A", "B", "C")
"""Two casthouses; and C, which mines, refines and smelts as well."""
CHAIN = ("bauxite_mining", "alumina_refining", "smelting", "casthouse")
TODAY = date(2026, 6, 1)
NEXT = date(2027, 1, 1)
AFTER = date(2027, 1, 10)
LATER = date(2028, 1, 10)
LAST = date(2028, 12, 31)
SCOPE = some.sampled_from(SCOPES)
MASS = some.integers(1, 1000)
DAY = some.integers(0, 119)
"""A day of the first hundred of a year; of the next year's first few, once those have come."""


def key_of(key: Key) -> PoolKey:
    """A period of our own book as the ledger names it."""
    scope, _, stage = key[0].partition(":")
    return PoolKey(scope_id=scope, stage=Stage(stage or "aluminium"), period=date(key[1], 1, 1))


def carried_by_year(pool: Pool, year: int) -> dict[int, int]:
    """What is carried into a pool, by the last year in which it serves."""
    plain = pool.carried_kg - sum(pool.lasting.values())
    return plus({year: plain}, {day.year: kg for day, kg in pool.lasting.items()})


class Books(RuleBasedStateMachine):
    """See the head of the file. `happened` counts what was asked and done, over all runs."""

    happened: ClassVar[Counter[str]] = Counter()

    def start(self) -> None:
        """Three certified scopes, without any metal."""
        self.world, self.own, self.count = World(TODAY, SCOPES), OwnBook(), 0
        self.world.open("C", "C", CHAIN)
        for scope in SCOPES:
            for standard in Standard:
                name = f"C{scope}-{standard.value}"
                self.own.grant(scope, standard.value, Certificate(name, YEAR, LAST))

    def done(self, what: str) -> None:
        """Count it."""
        self.happened[what] += 1

    def next_id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count}"

    def day(self, number: int) -> date:
        """A day that has come."""
        if number >= 100 and self.world.today >= AFTER:
            return NEXT + timedelta(days=(number - 100) % 9)
        return YEAR + timedelta(days=number)

    def where(self, scope: str, day: date) -> dict[str, Any]:
        """A pool's fields, and the day of a booking in it."""
        pool = key_of((scope, day.year))
        named = {"scope_id": pool.scope_id, "member_id": pool.scope_id}
        return {**named, "stage": pool.stage.value, "day": day}

    def book(self, command: str, scope: str, number: int, word: str, **fields: Any) -> Any:
        movement_id, day = self.next_id("M"), self.day(number)
        told = {"movement_id": movement_id, **self.where(scope, day), **fields}
        slug = self.world.attempt(command, **told)
        assert slug == self.own.refusal(scope, day)
        if slug:
            return multiple()
        self.own.book(scope, day, word, fields["mass_kg"], movement_id)
        self.done(command)
        return scope, movement_id, day

    # --- what must be true ---

    @invariant()
    def pools_hold_what_our_own_book_says(self) -> None:
        self.world.settle()
        self.own.foresee()
        for key, period in self.own.periods.items():
            pool, sums = self.world.pool(key_of(key)), period.sums()
            found = {
                "document and stages": -kg(pool, Account.INPUT_COC),
                "scrap": -kg(pool, Account.INPUT_POST_CONSUMER),
                "other": -kg(pool, Account.NON_COC),
                "out and on": kg(pool, Account.OUTFLOW) + kg(pool, Account.OUTPUT_COC),
                "on without CoC": pool.onward.kg,
                "lost": kg(pool, Account.LOSSES),
                "claim": kg(pool, Account.OUTPUT_COC),
            }
            on, on_as_coc = sums["on"], sums["on_as_coc"]
            coc = sum(sums.pop(word) for word in ("document", "mined", "earlier"))
            out, claim = (sum(sums.pop(word) for word in some) for some in (OUTS, CLAIMS))
            rest = on - on_as_coc
            named = {"document and stages": coc, "out and on": out, "on without CoC": rest}
            assert found == {**sums, **named, "claim": claim}, key
            assert carried_by_year(pool, key[1]) == period.carried, key
            assert pool.owed_kg == period.owes(), key
            assert (pool.blocked, pool.case) == (period.stopped(), period.case), key
            assert kg(pool, Account.STOCK) == period.stock(), key
            assert (pool.end is None) == (period.left is None), key

    @invariant()
    def all_is_conserved(self) -> None:
        """In all scopes, over all periods and stages, with all that the metal carries."""
        self.world.settle()
        conserved.accounts_add_up_to_zero(self.world)
        conserved.claims_and_deliveries_stand_on_both_sides(self.world)
        conserved.stages_hand_on_what_they_took(self.world)
        conserved.rows_say_what_streams_say(self.world)
        conserved.no_metal_is_more_recycled_than_metal(self.world)

    def teardown(self) -> None:
        """Once a history is over: a statement is long, and its last line tells of all of it."""
        if hasattr(self, "world"):
            self.world.settle()
            conserved.statements_end_in_the_balance(self.world)
            conserved.days_end_in_the_balance(self.world)

    @invariant()
    def no_claim_counts_outside_a_certificate(self) -> None:
        """Nor is one that counts refused: on the day of issue, by what is known now, whether its
        buyer has answered it or not."""
        self.world.settle()
        for number, state in self.world.documents().items():
            paper = self.own.papers[number]
            if state.ended is None:
                assert state.designated is not bool(self.own.lacks(paper.seller, paper.day))
