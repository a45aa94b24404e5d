"""From the mine to the metal: stages change between the pools of a scope and are taken back, at
random, with claims between, and with news of certificates that comes late; nothing of the mass and
nothing of the footprint is lost on the way.

A book of our own keeps what was asked, stage by stage, without the service's code: metal that went
on is a line of the one pool and of the other, and one that was taken back is none. What went on as
CoC on a day that no certificate covers, as far as was told by now, never did in this book, whenever
that was told: so what is corrected must be as if it had never been wrong.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

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

from contracts.certification import CertificateStatusCorrected
from contracts.coc import MovementBooked
from contracts.custody import Account, MovementKind, PoolKey, Stage
from contracts.values import CertificationStatus
from services.coc_ledger.accounting.accounts import NOTHING, Amount, amount_of, plus
from services.coc_ledger.flows.flow import Place, passages
from services.coc_ledger.pools.carrying import KEPT, held
from services.coc_ledger.pools.state import Pool
from tests.rules.coc.given import FULL, balanced, kg
from tests.rules.coc.world import YEAR, World

TODAY = date(2026, 6, 1)
STAGES = (Stage.BAUXITE, Stage.ALUMINA, Stage.ALUMINIUM)
USED = {Stage.BAUXITE: Fraction("2.847"), Stage.ALUMINA: Fraction("1.928")}
"""World average of 2015 (G5), as the sources have it."""
MATERIAL = {
    Stage.BAUXITE: "coc_bauxite",
    Stage.ALUMINA: "coc_alumina",
    Stage.ALUMINIUM: "coc_aluminium_liquid",
}
NEXT = {Stage.BAUXITE: Stage.ALUMINA, Stage.ALUMINA: Stage.ALUMINIUM}
STAGE = some.sampled_from(STAGES)
FIRST = some.sampled_from(STAGES[:2])
MASS = some.integers(10, 3000)
DAY = some.integers(0, 60)
PART = some.sampled_from((0, 30, 100, 101))
NEWS = some.tuples(DAY, some.booleans())
INPUTS = {"mined", "coc_in"}
OUTS = ("out", "on")
CLAIMS = ("claim", "on_as_coc")
WENT_ON = {"coc_in": "rest_in", "on_as_coc": "nothing"}
"""What the CoC part of a change of stage is, in both pools, on a day that is not covered."""


class Line(NamedTuple):
    """What moved at a stage on a day. `mined` and `coc_in` count as CoC, `bought` and `rest_in` do
    not; `out` was shipped, `claim` of it as CoC; `on` went to the next stage, `on_as_coc` of it."""

    stage: Stage
    day: date
    word: str
    kg: int
    name: str


def key_of(stage: Stage) -> PoolKey:
    return PoolKey(scope_id="R", stage=stage, period=YEAR)


class Stages(RuleBasedStateMachine):
    """See the head of the file."""

    changes: Bundle[Any] = Bundle("changes")
    numbers: Bundle[Any] = Bundle("numbers")

    @initialize()
    def begin(self) -> None:
        self.world, self.count, self.lines = World(TODAY), 0, list[Line]()
        self.told: dict[date, bool] = {}
        self.world.send(
            "open_scope",
            scope_id="R",
            member_id="A",
            entity_id="EA",
            name="From mine to metal",
            address="1 Main Street",
            facilities=("F-1",),
            activities=("bauxite_mining", "alumina_refining", "smelting"),
            starts_on=YEAR,
        )
        self.world.settle()
        self.receive(Stage.BAUXITE, 20_000, 0, own=True)
        self.change(Stage.BAUXITE, 9_000, 1, 30, [])

    # --- what happens ---

    @rule(stage=STAGE, mass=MASS, day=DAY, own=some.booleans())
    def receive(self, stage: Stage, mass: int, day: int, *, own: bool) -> None:
        """Own bauxite, of which all is known; or bought metal with a footprint as it was told."""
        mined = own and stage is Stage.BAUXITE
        more: dict[str, Any] = {} if mined else {"footprint": {"intensity_kgco2e_per_kg": "1.117"}}
        origin = "own_mine" if mined else "non_coc"
        name = self.book("receive_material", stage, day, mass_kg=mass, origin=origin, **more)
        self.keep(stage, day, "mined" if mined else "bought", mass, name)

    @rule(stage=STAGE, mass=MASS, day=DAY)
    def ship(self, stage: Stage, mass: int, day: int) -> None:
        self.keep(stage, day, "out", mass, self.book("ship_material", stage, day, mass_kg=mass))

    @rule(news=some.lists(NEWS, min_size=1, max_size=3))
    def news(self, news: list[tuple[int, bool]]) -> None:
        """Of days that are over; all in one breath."""
        self.tell(news)
        self.world.settle()

    def tell(self, news: Iterable[tuple[int, bool]]) -> None:
        """A certificate was good, or was not, from a day on until the next such day."""
        for day, valid in news:
            self.told[self.day(day)] = valid
            self.world.tell(
                CertificateStatusCorrected(
                    certificate_id="CA-CoC",
                    member_id="A",
                    effective_on=self.day(day),
                    status=FULL if valid else CertificationStatus.SUSPENDED,
                )
            )

    @rule(
        target=changes,
        stage=FIRST,
        mass=MASS,
        day=DAY,
        part=PART,
        then=some.lists(NEWS, max_size=2),
    )
    def change(
        self, stage: Stage, mass: int, day: int, part: int, then: list[tuple[int, bool]]
    ) -> Any:
        """A part of what is covered goes on as CoC; a kilogram more than all of it is refused. The
        news `then` come while it is on its way."""
        made = int(mass / USED[stage])
        trial = [*self.lines, Line(stage, self.day(day), "on", mass, "trial")]
        most = max(0, self.most(trial, stage, self.day(day)))
        coc = min(mass, most * min(part, 100) // 100 + (part > 100))
        fields = {"mass_kg": mass, "coc_kg": coc}
        covered = self.covered(day)
        slug, name = self.attempt("change_stage", stage, day, then, **fields)
        expected = "claim-not-covered" if coc > most else ""
        expected = "coc-certificate-not-valid" if coc and not covered else expected
        assert slug == expected
        if slug:
            return multiple()
        self.keep(stage, day, "on", mass, name)
        self.keep(stage, day, "on_as_coc", coc, name)
        self.keep(NEXT[stage], day, "coc_in", coc * made // mass, name)
        self.keep(NEXT[stage], day, "rest_in", made - coc * made // mass, name)
        return stage, name, day

    @rule(change=consumes(changes))
    def take_back(self, change: tuple[Stage, str, int]) -> None:
        """As if it had never been; not where claims of either pool rest on it."""
        stage, name, day = change
        without = [line for line in self.lines if line.name != name]
        slug, _ = self.attempt("reverse_movement", stage, day, reverses=name)
        short = any(
            self.short(without, at, on) > self.short(self.lines, at, on)
            for at in (stage, NEXT[stage])
            for on in [self.day(day), *self.days(at, self.day(day))]
        )
        assert slug == ("claims-rest-on-it" if short else "")
        if not slug:
            self.lines = without

    @rule(target=numbers, stage=STAGE, day=DAY, part=PART)
    def claim(self, stage: Stage, day: int, part: int) -> Any:
        """By a document; of what was shipped: what went on to the next stage was not."""
        on = self.day(day)
        lot = self.of(self.lines, stage, "out") - self.of(self.lines, stage, "claim")
        most = max(0, self.most(self.lines, stage, on))
        mass = max(1, min(most, max(0, lot)) * min(part, 100) // 100 + (part > 100))
        number = self.next_id("D")
        slug = self.world.attempt(
            "issue_document",
            number=number,
            member_id="A",
            scope_id="R",
            day=on,
            customer={"name": "B", "address": "x", "scope_id": "B"},
            responsible="person-1",
            statement="asi_coc_mass_balance",
            material=MATERIAL[stage],
            mass_kg=mass,
            total_mass_kg=mass,
        )
        wrong = "lot-not-shipped" if mass > lot else "claim-not-covered" if mass > most else ""
        wrong = wrong if self.covered(day) else "coc-certificate-not-valid"
        assert slug == wrong
        if slug:
            return multiple()
        self.world.settle()
        self.lines.append(Line(stage, on, "claim", mass, number))
        return number

    @rule(number=consumes(numbers))
    def withdraw(self, number: str) -> None:
        self.world.send("withdraw_document", number=number, member_id="A", reason="mistake")
        self.world.settle()
        self.lines = [line for line in self.lines if line.name != number]

    # --- our own book ---

    def next_id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count}"

    def day(self, number: int) -> date:
        return YEAR + timedelta(days=number)

    def attempt(
        self,
        command: str,
        stage: Stage,
        day: int,
        then: Iterable[tuple[int, bool]] = (),
        **fields: Any,
    ) -> tuple[str, str]:
        name = self.next_id("M")
        where = {"scope_id": "R", "member_id": "A", "stage": stage, "day": self.day(day)}
        slug = self.world.attempt(command, movement_id=name, **where, **fields)
        self.tell(then)
        self.world.settle()
        return slug, name

    def book(self, command: str, stage: Stage, day: int, **fields: Any) -> str:
        slug, name = self.attempt(command, stage, day, **fields)
        assert not slug
        return name

    def keep(self, stage: Stage, day: int, word: str, mass: int, name: str) -> None:
        self.lines.append(Line(stage, self.day(day), word, mass, name))

    def covered(self, day: int) -> bool:
        return self.is_covered(self.day(day))

    def is_covered(self, on: date) -> bool:
        """By the news of the last day before, as far as it was told."""
        since = [one for one in self.told if one <= on]
        return not since or self.told[max(since)]

    def word(self, line: Line) -> str:
        """As what a line counts by now; documents stand, since nobody confirmed them."""
        moved = line.name.startswith("M-") and not self.is_covered(line.day)
        return WENT_ON.get(line.word, line.word) if moved else line.word

    def of(self, lines: list[Line], stage: Stage, *some: str, on: date = date.max) -> int:
        return sum(
            one.kg
            for one in lines
            if one.stage is stage and one.day <= on and self.word(one) in some
        )

    def own(self, lines: list[Line], stage: Stage, on: date) -> int:
        """Input over Inflow of the output, rounded down, at most Input; less what is claimed."""
        put = self.of(lines, stage, *INPUTS, on=on)
        inflow = put + self.of(lines, stage, "bought", "rest_in", on=on)
        out = self.of(lines, stage, *OUTS, on=on)
        earned = min(put * out // inflow, put) if min(put, inflow, out) > 0 else 0
        return earned - self.of(lines, stage, *CLAIMS, on=on)

    def days(self, stage: Stage, on: date) -> list[date]:
        return sorted({one.day for one in self.lines if one.stage is stage and one.day > on})

    def most(self, lines: list[Line], stage: Stage, on: date) -> int:
        return min(self.own(lines, stage, one) for one in [on, *self.days(stage, on)])

    def short(self, lines: list[Line], stage: Stage, on: date) -> int:
        return max(0, -self.own(lines, stage, on))

    # --- what must be true ---

    def pools(self) -> Iterator[tuple[Stage, Pool]]:
        for stage in STAGES:
            yield stage, self.world.pool(key_of(stage))

    def moved(self, *kinds: MovementKind) -> list[MovementBooked]:
        events = [one.event for one in self.world.desk.log]
        return [one for one in events if isinstance(one, MovementBooked) and one.kind in kinds]

    @invariant()
    def pools_hold_what_our_own_book_says(self) -> None:
        for stage, pool in self.pools():
            assert balanced(pool)
            found = (
                -kg(pool, Account.INPUT_COC),
                -kg(pool, Account.NON_COC),
                kg(pool, Account.OUTPUT_COC),
                kg(pool, Account.OUTPUT_COC) + kg(pool, Account.OUTFLOW),
            )
            words = (("mined", "coc_in"), ("bought", "rest_in"), CLAIMS, OUTS)
            assert found == tuple(self.of(self.lines, stage, *some) for some in words), stage

    def corrected(self, of: MovementBooked) -> list[MovementBooked]:
        found = self.moved(MovementKind.RECLASSIFICATION)
        return [one for one in found if (one.pool, one.corrects) == (of.pool, of.movement_id)]

    @invariant()
    def what_left_a_stage_came_into_the_next_with_all_its_footprint(self) -> None:
        """Each change, and each that is taken back, to the gram on both sides; so in all as well:
        the grams in the pools, and those that left them, are the grams that were told; with those
        of what came later than the metal went on."""
        out = self.moved(MovementKind.TO_STAGE)
        came = {one.movement_id: one for one in self.moved(MovementKind.FROM_STAGE)}
        back = [one for one in self.moved(MovementKind.REVERSAL) if one.undoes]
        assert len(came) == len(out)
        for one in out:
            there = came[f"stage:{one.pool.stage.value}:{one.movement_id}"]
            assert grams(one, Account.STOCK) == -grams(there, Account.STOCK)
            both = [each for each in back if each.reverses in (one.movement_id, there.movement_id)]
            assert len(both) in (0, 2), "both sides or neither"
            for each in both:
                of = one if each.pool == one.pool else there
                assert not any(
                    any(amount) for amount in summed([of, each, *self.corrected(of)]).values()
                )
        told = sum(
            one.kg for one in self.lines if one.word == "bought"
        )  # 1.117 kg each; own bauxite carries nothing
        left = NOTHING
        for _, pool in self.pools():
            for account in (Account.STOCK, Account.OUTFLOW, Account.OUTPUT_COC):
                left = plus(left, pool.books.get(account, NOTHING))
            left = plus(left, pool.told_otherwise)
        changed = sum(grams(one, Account.STOCK) for one in out if not undone(one, back))
        assert left.emission_g + left.partial_g + changed == told * 1117

    @invariant()
    def rows_say_what_streams_say_and_the_flow_is_whole(self) -> None:
        for stage, pool in self.pools():
            row = self.world.reader.row("pools", key_of(stage).key)
            if row is None:
                continue
            assert row.kgs == pool.kgs
            earlier = self.of(self.lines, stage, "coc_in")
            assert row.sources.get("earlier_stage", 0) == earlier
            for account in KEPT:
                assert held(row.carrying, account.value) == pool.books.get(account, NOTHING)
        conversions = {
            stage: sum(
                one.kg
                for event in self.moved(*MovementKind)
                if event.pool.stage is stage
                for one in passages(event)
                if one.place is Place.CONVERSION and one.inward
            )
            for stage in STAGES[1:]
        }
        assert conversions == {
            stage: self.of(self.lines, stage, "coc_in", "rest_in") for stage in STAGES[1:]
        }


def grams(event: MovementBooked, account: Account) -> int:
    """What a movement moves of the footprint, known wholly or in part, into an account."""
    amounts = [amount_of(one) for one in event.entries if one.account is account]
    return sum(one.emission_g + one.partial_g for one in amounts)


def summed(events: Iterable[MovementBooked]) -> dict[Account, Amount]:
    """What movements booked together, by account."""
    sums: dict[Account, Amount] = {}
    for one in (entry for event in events for entry in event.entries):
        sums[one.account] = plus(sums.get(one.account, NOTHING), amount_of(one))
    return sums


def undone(event: MovementBooked, back: list[MovementBooked]) -> bool:
    return any(one.reverses == event.movement_id and one.pool == event.pool for one in back)


TestStages = Stages.TestCase
TestStages.settings = settings(max_examples=20, stateful_step_count=25)
