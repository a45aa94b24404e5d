"""From the mine to the metal that is sold, at random; the results of all three steps are verified,
and corrected, at some time in between, or once the books are closed. What documents told and are
told otherwise is what a book of our own says (`own_stages`), each, and all of them together are
told what the steps gave off, to the last: nothing is lost on the way, and nothing is twice."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.custody import Account, PoolKey, Stage
from contracts.inventory import Scope, Step
from infra.errors import Refused
from tests.rules.coc.given import balanced
from tests.rules.coc.own_stages import STAGES, OwnStages
from tests.rules.coc.results import calculated, verified
from tests.rules.coc.test_late_onward import REFINES
from tests.rules.coc.test_step_told_otherwise import otherwise
from tests.rules.coc.world import YEAR, World

ROUNDED = 400
"""Grams: each movement of each stage rounds some, and a document has its part of them."""
FACILITY = "F-C"
STEPS = dict(zip(STAGES, (Step.BAUXITE_MINING, Step.ALUMINA_REFINING, Step.CASTING), strict=True))


class Act(NamedTuple):
    """What is booked of a day: of what is there by then so many tenths."""

    verb: str
    stage: str
    tenths: int
    per_kg: int
    late: bool


ACT = some.builds(
    Act,
    some.sampled_from(("mine", "buy", "on", "on", "ship", "sell")),
    some.sampled_from(STAGES),
    some.integers(1, 10),
    some.integers(1, 9),
    some.booleans(),
)
EVERY = tuple(
    Act(verb, stage, tenths, 3, late=False)
    for tenths in (6, 10)
    for verb, stage in (
        *(("mine", "bauxite"), ("on", "bauxite"), ("on", "alumina")),
        *(("ship", "aluminium"), ("sell", "aluminium")),
    )
)
"""Twice from the mine to a document, the second time all that is there: so nothing is left."""


class Line(NamedTuple):
    """What came of an act: `made_kg` of a change of stage."""

    day: date
    verb: str
    stage: str
    kg: int
    made_kg: int
    per_kg: int
    late: bool


class Works:
    """A world in which acts are booked, each on a day of its own; some are booked at the end."""

    def __init__(self) -> None:
        self.world = World(date(2026, 12, 31))
        self.world.open("C", "A", REFINES)
        self.lines: list[Line] = []
        self.day = YEAR

    def plan(self, acts: Sequence[Act]) -> None:
        """Masses alone, in the order of days; nothing is verified."""
        for one in acts:
            self.day += timedelta(days=1)
            kg = self._kg(one)
            if kg > 0:
                self.book(Line(self.day, one.verb, self._stage(one), kg, 0, one.per_kg, one.late))

    def _stage(self, one: Act) -> str:
        fixed = {"mine": "bauxite", "ship": "aluminium", "sell": "aluminium"}
        stage = fixed.get(one.verb, one.stage)
        return "alumina" if (one.verb, stage) == ("on", "aluminium") else stage

    def _kg(self, one: Act) -> int:
        if one.verb in ("mine", "buy"):
            return 900 * one.tenths if one.verb == "mine" else 50 * one.tenths
        stage = self._stage(one)
        if one.verb != "sell":
            return self.held(stage, Account.STOCK) * one.tenths // 10
        pool = self.world.pool(key(stage))
        waits = self.held(stage, Account.OUTFLOW) - pool.onward.kg
        covered = self.held(stage, Account.INPUT_COC) * -1 - self.held(stage, Account.OUTPUT_COC)
        return min(waits * one.tenths // 10, covered // 2) if one.tenths < 10 else waits

    def held(self, stage: str, account: Account) -> int:
        books = self.world.pool(key(stage)).books
        return books[account].kg if account in books else 0

    def book(self, line: Line) -> None:
        where = {"member_id": "A", "scope_id": "C", "stage": line.stage, "day": line.day}
        named = {"movement_id": f"M-{line.day}", "mass_kg": line.kg, **where}
        before = self.held(after(line.stage), Account.STOCK)
        match line.verb:
            case "mine":
                self.world.send("receive_material", origin="own_mine", **named)
            case "buy":
                told = {"intensity_kgco2e_per_kg": str(line.per_kg)}
                self.world.send("receive_material", origin="non_coc", footprint=told, **named)
            case "on":
                coc_kg = line.kg // 2 if line.stage == "bauxite" else line.kg // 4
                self.world.send("change_stage", coc_kg=coc_kg, **named)
            case "ship":
                self.world.send("ship_material", **named)
            case _:
                seller = {"member_id": "A", "scope_id": "C"}
                with suppress(Refused):  # what is not covered is not sold
                    self.world.sell(f"D-{line.day}", "A", line.kg, line.day, **seller)
                if f"D-{line.day}" not in self.world.documents():
                    return
        self.world.settle()
        made_kg = self.held(after(line.stage), Account.STOCK) - before
        self.lines.append(line._replace(made_kg=made_kg if line.verb == "on" else 0))

    def verify(self, result: int, kg_of: dict[str, int], grams: dict[str, int]) -> None:
        """What the steps gave off, of so much that was made of each product, in kilograms."""
        totals = tuple((STEPS[one], Scope.DIRECT, told(grams[one])) for one in STAGES)
        made = tuple((f"output.{WORDS[one]}", told(kg_of[one])) for one in STAGES)
        found = calculated(FACILITY, 2026, result, totals, made, along=())
        self.world.tell(found, "ghg")
        self.world.tell(verified(FACILITY, 2026, result), "ghg")
        self.world.settle()

    def close(self) -> None:
        self.world.today = date(2027, 1, 10)
        for stage in STAGES:
            where = {"scope_id": "C", "member_id": "A", "stage": stage, "day": YEAR}
            self.world.send("close_period", **where)
            self.world.settle()


WORDS = dict(zip(STAGES, ("bauxite", "alumina", "cast_metal"), strict=True))


def told(thousandths: int) -> str:
    """Grams in kilograms, or kilograms in tonnes."""
    return format((Decimal(thousandths) / 1000).normalize(), "f")


def key(stage: str) -> PoolKey:
    return PoolKey(scope_id="C", stage=Stage(stage), period=YEAR)


def after(stage: str) -> str:
    return STAGES[min(STAGES.index(stage) + 1, 2)]


def in_grams(one: Any) -> Fraction:
    """Of what a document told, or is told otherwise, with its step."""
    of_step = in_grams(one["step"]) if one.get("step") else Fraction(0)
    known, partly = (Fraction(one[f"{name}_kgco2e"]) for name in ("emission", "partial"))
    return (known + partly) * 1000 + of_step


def documents(world: World) -> dict[str, Fraction]:
    """What each tells and is told otherwise, in grams."""
    again = otherwise(world, key("aluminium"))
    more = {one["number"]: in_grams(one) for one in again["documents"]} if again else {}
    return {
        number: in_grams(one.issued.carried.model_dump()) + more.get(number, Fraction(0))
        for number, one in world.documents().items()
        if one.issued is not None
    }


@settings(max_examples=25, deadline=None)
@given(
    some.lists(ACT, max_size=10),
    some.lists(some.integers(0, 25), min_size=1, max_size=2),
    some.tuples(*(some.integers(0, 9_000_000) for _ in STAGES)),
    some.booleans(),
)
def test_documents_are_told_all_that_the_steps_gave_off_whenever_it_was_verified(
    acts: list[Act], verified_after: list[int], first: tuple[int, ...], close_before: bool
) -> None:
    planned = Works()
    planned.plan((*EVERY[:5], *acts, *EVERY[5:]))
    lines = planned.lines
    went = {
        one: sum(each.kg for each in lines if each.verb == "on" and each.stage == one)
        for one in STAGES
    }
    sold_kg = sum(one.kg for one in lines if one.verb == "sell")
    made = {**went, "aluminium": sold_kg}
    grams = dict(zip(STAGES, first, strict=True))
    works = Works()
    in_order = sorted(lines, key=lambda one: one.late and one.verb == "buy")
    moments = sorted(verified_after)
    for at, line in enumerate(in_order):
        for number, moment in enumerate(moments, start=1):
            if moment == at:
                last = number == len(moments)
                works.verify(number, made, grams if last else dict.fromkeys(STAGES, 70_000))
        works.book(line)
    if close_before:
        works.close()
    works.verify(3, made, grams)
    own = OwnStages({one: Fraction(grams[one], made[one] or 1) for one in STAGES})
    for line in lines:
        match line.verb:
            case "mine" | "buy":
                own.came(line.stage, line.kg, line.per_kg * 1000 if line.verb == "buy" else 0)
            case "on":
                own.went_on(line.stage, line.kg, line.made_kg)
            case "ship":
                own.left(line.kg)
            case _:
                own.sold(f"D-{line.day}", line.kg)
    found = documents(works.world)
    assert set(found) == set(own.told)
    assert found
    for name, should in own.told.items():
        assert abs(found[name] - should) <= ROUNDED, name
    for stage in STAGES:
        assert balanced(works.world.pool(key(stage)))
    there = own.shipped.grams + sum(one.grams for one in own.stock.values())
    came = sum(one.kg * one.per_kg * 1000 for one in lines if one.verb == "buy")
    assert sum(own.told.values()) + there == came + sum(grams[one] for one in STAGES if made[one])
    short = sum(found.values()) + there - came - sum(grams[one] for one in STAGES if made[one])
    assert abs(short) <= ROUNDED * len(found)
