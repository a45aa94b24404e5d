"""The same at random in a period of a successor in which balances lapse and overdrafts come due on
days within it: book, claim, withdraw, take back, correct what was, close (5.4, 5.6 rule 7)."""

from collections import Counter
from datetime import date
from typing import Any, ClassVar

from hypothesis import seed, settings
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
    run_state_machine_as_test,
)

from contracts.inventory import Severity
from tests.rules.coc import conserved
from tests.rules.coc.own_days import ONE_DAY, Days, Leaves, Line
from tests.rules.coc.test_balance_goes_over import (
    CARRIED,
    LAST,
    NEXT,
    SWITCH,
    at,
    claimed,
    closed,
    earned,
    gone_over,
    key_of,
    last_close,
    moved,
    opened,
    taken_back,
)
from tests.rules.coc.test_balance_on import told
from tests.rules.coc.test_going_over import approve
from tests.rules.coc.test_last_days import USED_ON
from tests.rules.coc.test_ledger_machine import ROUNDS
from tests.rules.coc.test_lineage import pairs
from tests.rules.coc.test_periods_and_orders import AFTER, EVERY, close, document, send, stocked
from tests.rules.coc.test_sellable import answer

KEY = key_of("A4", SWITCH)
SPRING, ENDS_ON, TODAY = date(2028, 3, 31), date(2028, 6, 30), date(2028, 5, 1)
FAR = date(2028, 12, 31)
"""The last day of what A's second year earned, or overdrew: in A4's next period."""
PROBES = (SWITCH, USED_ON, LAST, NEXT, SPRING, SPRING + ONE_DAY, TODAY)
DAY = some.sampled_from((USED_ON, date(2027, 12, 30), *PROBES[2:]))
MASS = some.integers(1, 1000)

FIRST, CORRECTED, OF_A5 = CARRIED, 930, 300
"""What A's first year earned, and once metal without CoC had never come; what A5's did."""


class LastDays(RuleBasedStateMachine):
    """A and, sometimes, A5 go over into A4, whose first year has begun on that day."""

    movements: Bundle[Any] = Bundle("movements")
    numbers: Bundle[Any] = Bundle("numbers")
    happened: ClassVar[Counter[str]] = Counter()

    @initialize(
        first=some.sampled_from((CARRIED + 150, CARRIED + 50, CARRIED, 100, 0)),
        second=some.sampled_from((0, 40, 0, 300)),
        two=some.sampled_from((False, False, True)),
        case=some.booleans(),
        right=some.sampled_from((True, True, False)),
    )
    def begin(self, first: int, second: int, *, two: bool, case: bool, right: bool) -> None:
        """Of A's first year so much is claimed, and its second earns so much; the first is `right`,
        or is corrected one day."""
        self.right = right
        self.count, self.corrected, self.first, self.second, self.two = 0, False, first, second, two
        self.own = Days(ENDS_ON)
        self.world = world = stocked()
        world.send("declare_overdraft_case", **at("A", date(2026, 5, 1)), reason="flood")
        if first:
            send(world, document("D-0", first))
        world.today = AFTER
        close(world)
        world.today = date(2027, 6, 1)
        if second:
            earned(world, second)
        if two:
            self.a5_earns()
        opened(world, "A4", SWITCH)
        gone_over(world, "A4")
        if two:
            approve(world, "A5", "A4", USED_ON)
            closed(world, "A5", date(2027, 6, 1), USED_ON)
        world.today = TODAY
        for day in (date(2027, 1, 5), date(2028, 1, 5)):
            look = {"scope_id": "A4", "member_id": "A", "supplier_id": "YARD"}
            world.send("record_due_diligence", **look, topics=EVERY, performed_on=day)
        self.came()
        if case:
            self.declare_a_case()

    def a5_earns(self) -> None:
        where = at("A5", date(2026, 5, 1))
        opened(self.world, "A5", date(2026, 4, 1))
        look = {"scope_id": "A5", "member_id": "A", "supplier_id": "YARD"}
        self.world.send("record_due_diligence", **look, topics=EVERY, performed_on=date(2026, 4, 5))
        moved(self.world, "receive_material", OF_A5, where)
        moved(self.world, "ship_material", OF_A5, where)
        closed(self.world, "A5", date(2026, 5, 1), date(2027, 6, 1))

    def came(self) -> None:
        """What comes with the scopes, each by the last day that it has without a transfer."""
        left = (CORRECTED if self.corrected else FIRST) - self.first
        short = max(0, -left - self.second)
        over = self.second - max(0, -left)
        carried = {LAST: max(0, left), FAR: max(0, over), SPRING: OF_A5 if self.two else 0}
        self.own.carried = {day: kg for day, kg in carried.items() if kg}
        self.own.owed = {LAST: short} if short else {}

    # --- what happens ---

    def next_id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count}"

    @rule(target=movements, mass=MASS, day=DAY, coc=some.booleans())
    def receive(self, mass: int, day: date, *, coc: bool) -> Any:
        scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
        more = scrap if coc else {"origin": "non_coc"}
        return self.book("receive_material", "scrap" if coc else "other", mass, day, **more)

    @rule(target=movements, mass=MASS, day=DAY)
    def ship(self, mass: int, day: date) -> Any:
        return self.book("ship_material", "out", mass, day)

    @rule(mass=some.integers(1, 50), day=DAY)
    def lose(self, mass: int, day: date) -> None:
        self.book("book_loss", "lost", mass, day)

    def book(self, command: str, word: str, mass: int, day: date, **more: Any) -> Line:
        line = Line(day, word, mass, self.next_id("M"))
        fields = {"movement_id": line.name, "mass_kg": mass, **at("A4", day), **more}
        self.world.send(command, **fields)
        self.own.lines.append(line)
        return line

    @rule(line=consumes(movements))
    def take_back(self, line: Line) -> None:
        lot = self.own.lot()
        free = line.word != "out" or lot - line.kg >= min(0, lot)
        back = {"movement_id": self.next_id("R"), "reverses": line.name}
        slug = self.world.attempt("reverse_movement", **at("A4", line.day), **back)
        assert slug == ("" if free else "lot-claimed")
        if free:
            self.own.lines.remove(line)

    @rule()
    def declare_a_case(self) -> None:
        self.world.send("declare_overdraft_case", **at("A4", TODAY), reason="flood")
        self.own.case = True

    @rule(target=numbers, day=DAY, part=some.sampled_from((10, 50, 100)), more=some.integers(0, 1))
    def claim(self, day: date, part: int, more: int) -> Any:
        """A part of what is covered; all of it, and a kilogram more, as well."""
        most, lot = self.own.most(day), self.own.lot()
        mass = max(1, min(lot, most) * part // 100 + more)
        number = self.next_id("D")
        why = "" if mass <= most else "claim-not-covered"
        if mass > max(0, lot) and not self.own.barred(day):
            why = "lot-not-shipped"
        assert claimed(self.world, number, mass, day, "A4") == why
        if why:
            return multiple()
        self.happened["claimed after a last day"] += day > LAST and bool(self.own.rest(day)[1])
        self.own.lines.append(Line(day, "claim", mass, number))
        return number

    @rule(number=consumes(numbers))
    def withdraw(self, number: str) -> None:
        self.world.send("withdraw_document", number=number, member_id="A", reason="mistake")
        self.own.lines = [line for line in self.own.lines if line.name != number]

    @precondition(lambda self: not (self.right or self.corrected))
    @rule()
    def correct_the_first_year(self) -> None:
        """500 kg without CoC had never come: A's first year had earned more."""
        taken_back(self.world)
        self.corrected = True
        self.came()

    # --- what must be true ---

    @invariant()
    def each_day_lets_be_claimed_what_our_own_book_says(self) -> None:
        self.world.settle()
        for day in PROBES:
            found = told(self.world, day, KEY)
            assert found.claimable.available_kg == self.own.most(day), day
            assert found.stopped == self.own.barred(day), day
            assert sum(one.kg for one in found.late) == self.own.late(day), day

    @invariant()
    def the_answer_holds_through_its_last_day_and_no_longer(self) -> None:
        self.world.settle()
        for day in PROBES[1:]:
            found = answer(self.world, day, KEY)
            assert found.kg == self.own.most(day)
            if found.until is None:
                continue
            later = [one for one in PROBES if day < one <= found.until]
            assert all(self.own.most(one) >= found.kg for one in later), (day, found)
            if found.until < ENDS_ON:
                assert self.own.most(found.until + ONE_DAY) < found.kg, (day, found)
                self.happened[str(found.because)] += 1

    @invariant()
    def all_is_conserved(self) -> None:
        self.world.settle()
        conserved.accounts_add_up_to_zero(self.world)
        conserved.rows_say_what_streams_say(self.world)

    def teardown(self) -> None:
        """The period is closed: it leaves what our own book says, and traces agree."""
        if not hasattr(self, "world"):
            return
        for day in (None, LAST, TODAY):
            assert pairs(self.world, "up", day) == pairs(self.world, "down", day)
        closed(self.world, "A4", SWITCH, date(2028, 7, 1))
        end = last_close(self.world)
        found = Leaves(
            end.balance_kg,
            end.expired_kg,
            end.owed_kg,
            end.unmet_kg,
            end.late_kg,
            any(one.severity is Severity.BLOCK for one in end.remarks),
            {one.day: one.kg for one in end.lasting},
            {one.day: one.kg for one in end.due},
        )
        assert found == self.own.leaves()
        self.happened["lapsed within"] += self.own.rest(ENDS_ON)[1] > 0
        self.happened["late within"] += self.own.late(ENDS_ON) > 0


TestLastDays = LastDays.TestCase
TestLastDays.settings = settings(max_examples=20, stateful_step_count=25)


def test_balances_do_lapse_and_overdrafts_are_late_within_a_period() -> None:
    """Counted, since what never happens proves nothing; by seeds of its own, until all did."""

    class Counted(LastDays):
        happened: ClassVar[Counter[str]] = Counter()

    wanted = {
        "lapsed within",
        "late within",
        "claimed after a last day",
        "what came with a scope that went over lapses",
        "an overdraft is to be made good, and is not yet",
    }
    for number in range(ROUNDS):
        run_state_machine_as_test(seed(number)(Counted), settings=TestLastDays.settings)
        if wanted <= set(+Counted.happened):
            break
    assert wanted - set(+Counted.happened) == set()
