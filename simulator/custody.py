"""Chain of custody in the synthetic world: certified metal from a mine to the makers of cans.

Some members that are certified to both standards keep accounts of a scope. Each quarter material
goes down the chain, a week for each step: bauxite, alumina, metal, semi-fabricated products, each
under documents that its buyer confirms. What is sold as CoC is what a small mass balance of our own
says is covered. Habits are plausible ranges, not data.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from .keepers import KINDS, TONNE, WEEKS, Account, Keeper, holds, keepers
from .steps import JSON, Step
from .world import World

FIRSTS = (*(date(2024, month, 1) for month in (1, 4, 7, 10)), date(2025, 1, 1), date(2025, 4, 1))
"""The first days of the quarters."""
CLOSES = date(2025, 1, 1)
"""In this quarter the year before is closed, and a furnace burns."""
TOPICS = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")
USED_PER_TONNE = {"bauxite": Fraction("2.847"), "alumina": Fraction("1.928")}
"""The world averages that the ledger takes where no yield was measured (sources.md 4.5)."""
STAGES = ("bauxite", "alumina", "aluminium")
MATERIALS = {
    "mine": "coc_bauxite",
    "refinery": "coc_alumina",
    "smelter": "coc_casthouse_product",
    "remelter": "coc_casthouse_product",
    "mill": "coc_aluminium_semi",
    "maker": "coc_aluminium_semi",
}
DATED = frozenset(
    {
        "receive_material",
        "ship_material",
        "book_process_emissions",
        "change_stage",
        "declare_overdraft_case",
        "issue_document",
    }
)
"""Commands that name the day on which they are given."""
Row = dict[str, JSON]


class Sold(NamedTuple):
    """A document that waits for its buyer."""

    number: str
    buyer: Keeper
    stage: str
    mass: int
    seller: Keeper
    sold_from: date


def custody_steps(world: World) -> Iterator[Step]:
    """All that is sent to the ledger, in order of days."""
    made = _Chain(world).steps()
    return iter(sorted((one for one in made if one.on <= world.as_of), key=lambda step: step.on))


class _Chain:
    """Writes the years of all scopes, quarter by quarter."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._keepers = list(keepers(world, FIRSTS))
        self._told: list[Step] = []
        self._waiting: list[Sold] = []
        self._documents = 0
        self._late: list[tuple[Account, int]] = []
        self._start = FIRSTS[0]

    def steps(self) -> Sequence[Step]:
        """All of it, by quarters; within a week in the order in which a member sends it."""
        for first in FIRSTS:
            self._quarter(first)
        return self._told

    def _quarter(self, first: date) -> None:
        self._start = first
        for account, mass in self._late:
            account.take(mass, mass)
        self._late.clear()
        able = [one for one in self._keepers if holds(self._world, one.entity_id, first)]
        for one in able:
            if not one.opened:
                self._open(one)
        kinds = {kind: [one for one in able if one.kind == kind] for kind in KINDS}
        for kind, week in (("mine", 0), ("refinery", 3), ("smelter", 6), ("remelter", 6)):
            for one in kinds[kind]:
                self._upstream(one, week)
                self._sell(one, kinds, week)
        for kind, week in (("mill", 8), ("maker", 10)):
            for one in kinds[kind]:
                self._downstream(one, week)
                self._sell(one, kinds, week)
        if first == CLOSES:
            for one in able:
                self._close(one, first.year - 1)

    # --- what each does in a quarter ---

    def _upstream(self, one: Keeper, week: int) -> None:
        """A mine, a refinery, a smelter or a remelter makes what it sells in `week`."""
        mass, dice = one.quarter_kg, one.dice
        if one.kind == "mine":
            self._receive(one, week, "bauxite", mass, "own_mine", "0.01")
            self._ship(one, week, "bauxite", 0.96)
        elif one.kind == "refinery":
            used = int(mass * USED_PER_TONNE["bauxite"])
            got = self._confirm(one, week - 2, "bauxite")
            if not got:  # nobody sells any: a mine of its own
                got = int(used * dice.uniform(0.3, 0.6))
                self._receive(one, week - 2, "bauxite", got, "own_mine", "0.01")
            self._receive(one, week - 2, "bauxite", max(used - got, used // 20), "non_coc", "0.01")
            self._turn(one, week - 1, "bauxite", "alumina")
            self._emit(one, week, "alumina", mass * dice.uniform(0.9, 1.6))
            self._ship(one, week, "alumina", 0.96)
        elif one.kind == "smelter":
            used = int(mass * USED_PER_TONNE["alumina"])
            got = self._confirm(one, week - 2, "alumina")
            self._receive(one, week - 2, "alumina", max(used - got, used // 20), "non_coc", "1.2")
            self._turn(one, week - 1, "alumina", "aluminium")
            self._emit(one, week, "aluminium", mass * dice.uniform(2.0, 9.0))
            self._ship(one, week, "aluminium", 0.95)
        else:
            old = int(mass * dice.uniform(0.2, 0.6))
            self._receive(one, week, "aluminium", old, "post_consumer_scrap", "0.3")
            self._receive(one, week, "aluminium", mass // 5, "pre_consumer_scrap", "6.2")
            self._receive(one, week, "aluminium", mass * 4 // 5 - old, "non_coc", "8.4")
            self._emit(one, week, "aluminium", mass * dice.uniform(0.3, 0.6))
            self._ship(one, week, "aluminium", 0.95)

    def _downstream(self, one: Keeper, week: int) -> None:
        """A rolling mill or a maker: half of its metal at most comes with documents."""
        mass, dice = one.quarter_kg, one.dice
        got = self._confirm(one, week - 1, "aluminium")
        rest = max(mass - got, mass // 10)
        self._receive(one, week - 1, "aluminium", rest, "non_coc", f"{dice.uniform(7, 11):.1f}")
        self._emit(one, week, "aluminium", mass * dice.uniform(0.2, 0.7))
        self._ship(one, week, "aluminium", 0.78 if one.kind == "mill" else 0.9)
        if one.kind == "mill":
            self._ship(one, week, "aluminium", 0.7, lot="scrap")

    def _sell(self, one: Keeper, kinds: Mapping[str, list[Keeper]], week: int) -> None:
        """Documents to the next in the chain, for most of what is covered."""
        following = {"mine": "refinery", "refinery": "smelter", "mill": "maker"}
        buyers = [two for two in kinds.get(following.get(one.kind, "mill"), ()) if two is not one]
        if one.kind == "maker":
            self._to_brand(one, week)
            return
        stage = {"mine": "bauxite", "refinery": "alumina"}.get(one.kind, "aluminium")
        account = one.at(self._start.year, stage)
        if one.kind == "remelter" and self._start == CLOSES and buyers:
            self._overdraw(one, week, account)
        most = int(account.available * one.dice.uniform(0.7, 0.95))
        for buyer in one.dice.sample(buyers, min(len(buyers), 2)):
            need = buyer.quarter_kg if buyer.kind in ("mill", "maker") else buyer.quarter_kg * 2
            mass = min(most // 2, need // 4) // 10 * 10
            if mass >= 10 * TONNE:
                self._issue(one, week, stage, mass, buyer)

    # --- commands ---

    def _tell(self, week: int, one: Keeper, command: str, fields: Row, note: str) -> None:
        on = self._day(week)
        whose: Row = {"scope_id": one.scope_id, "member_id": one.member_id}
        days: Row = {"day": on.isoformat()} if command in DATED else {}
        sender = f"member:{one.member_id}"
        self._told.append(Step(on, "coc", command, {**whose, **days, **fields}, note, sender))

    def _day(self, week: int) -> date:
        """The first day of a week of the quarter: weeks begin where the world's do, so that all
        of one is sent before any of the next."""
        sunday = self._start - timedelta(days=self._start.toordinal() % 7)
        on = sunday + timedelta(weeks=week)
        return on if week < 0 else max(self._start, on)

    def _named(self, one: Keeper) -> str:
        one.booked += 1
        return f"{one.scope_id}-{one.booked:03d}"

    def _open(self, one: Keeper) -> None:
        one.opened = True
        fields: Row = {
            "entity_id": one.entity_id,
            "name": one.name,
            "address": f"1 Synthetic Road, {one.country}",
            "facilities": [*one.facilities],
            "activities": [*one.activities],
            "starts_on": self._start.replace(month=1, day=1).isoformat(),
        }
        self._tell(-1, one, "open_scope", fields, "keeps accounts")
        for supplier in ("synthetic-yard", "synthetic-trader"):
            looked: Row = {
                "supplier_id": supplier,
                "topics": [*TOPICS],
                "performed_on": (self._start - timedelta(days=60)).isoformat(),
            }
            self._tell(-1, one, "record_due_diligence", looked, "looked at a supplier")

    def _receive(
        self, one: Keeper, week: int, stage: str, mass: int, origin: str, intensity: str
    ) -> None:
        mass -= mass % 10
        if mass <= 0:
            return
        eligible = origin in ("own_mine", "post_consumer_scrap")
        one.at(self._start.year, stage).take(mass, mass if eligible else 0)
        scrap = origin.endswith("scrap")
        fields: Row = {
            "stage": stage,
            "movement_id": self._named(one),
            "mass_kg": mass,
            "origin": origin,
            "footprint": {"intensity_kgco2e_per_kg": intensity, "verifier": "synthetic-verifier-1"},
        }
        if origin != "own_mine":
            fields["supplier_id"] = "synthetic-yard" if scrap else "synthetic-trader"
        if scrap:
            fields["origin_ref"] = f"weighbridge-{fields['movement_id']}"
        self._tell(week, one, "receive_material", fields, f"receives {origin}")

    def _ship(self, one: Keeper, week: int, stage: str, part: float, lot: str = "product") -> None:
        account = one.at(self._start.year, stage)
        mass = int(account.stock * part) // 10 * 10
        if mass <= 0:
            return
        account.send(mass)
        fields: Row = {"stage": stage, "movement_id": self._named(one), "mass_kg": mass, "lot": lot}
        self._tell(week, one, "ship_material", fields, "ships")

    def _emit(self, one: Keeper, week: int, stage: str, kg: float) -> None:
        fields: Row = {
            "stage": stage,
            "movement_id": self._named(one),
            "emission_kgco2e": str(round(kg)),
        }
        self._tell(week, one, "book_process_emissions", fields, "emits")

    def _turn(self, one: Keeper, week: int, stage: str, into: str) -> None:
        """Most of the stock becomes material of the next stage."""
        account, after = one.at(self._start.year, stage), one.at(self._start.year, into)
        used = int(account.stock * 0.95) // 10 * 10
        if used < 10 * TONNE:
            return
        account.send(used)
        coc = min(int(account.available * 0.97), used)
        account.claimed += coc
        made = int(used / USED_PER_TONNE[stage])
        after.take(made, coc * made // used)
        fields: Row = {
            "stage": stage,
            "movement_id": self._named(one),
            "mass_kg": used,
            "coc_kg": coc,
        }
        self._tell(week, one, "change_stage", fields, f"becomes {into}")

    def _overdraw(self, one: Keeper, week: int, account: Account) -> None:
        """A case of force majeure: a little more may be claimed for once."""
        fields: Row = {"stage": "aluminium", "reason": "furnace-fire"}
        self._tell(week, one, "declare_overdraft_case", fields, "an overdraft's case")
        account.claimed -= account.coc // 10

    def _close(self, one: Keeper, year: int) -> None:
        for kept, stage in sorted(one.accounts, key=lambda key: list(STAGES).index(key[1])):
            if kept == year:
                fields: Row = {"stage": stage, "day": date(year, 12, 31).isoformat()}
                self._tell(WEEKS - 1, one, "close_period", fields, f"closes {year}")

    # --- documents ---

    def _issue(
        self, one: Keeper, week: int, stage: str, mass: int, buyer: Keeper | None, **more: JSON
    ) -> None:
        self._documents += 1
        number = f"syn-d-{self._documents:04d}"
        one.at(self._start.year, stage).claimed += mass
        customer: Row = {"name": "Synthetic Beverages", "address": "2 Synthetic Square, DE"}
        if buyer is not None:
            customer = {
                "name": buyer.name,
                "address": f"1 Synthetic Road, {buyer.country}",
                "scope_id": buyer.scope_id,
                "entity_id": buyer.entity_id,
            }
            self._waiting.append(Sold(number, buyer, stage, mass, one, self._start))
        fields: Row = {
            "number": number,
            "customer": customer,
            "responsible": f"person-{one.scope_id}",
            "statement": "asi_coc_mass_balance",
            "material": MATERIALS[one.kind],
            "mass_kg": mass,
            "total_mass_kg": mass,
            "country_of_origin": one.country,
            "boundary": "cradle-to-gate",
            "method": "mass-balance-average",
            "footprint_period": str(self._start.year),
            **more,
        }
        self._tell(week, one, "issue_document", fields, f"sells to {customer['name']}")

    def _confirm(self, one: Keeper, week: int, stage: str) -> int:
        """The buyer books what waits for it; now and then it disputes instead. What came in."""
        mine = [sold for sold in self._waiting if sold.buyer is one and sold.stage == stage]
        self._waiting = [sold for sold in self._waiting if sold not in mine]
        came = 0
        for sold in mine:
            if one.dice.random() < 0.08:
                self._answer(week, one, "dispute_document", sold, {"reason": "another-alloy"})
                self._corrected(week, sold)
                continue
            on = self._day(week).isoformat()
            got: Row = {"received_kg": sold.mass, "received_on": on}
            self._answer(week, one, "confirm_document", sold, got)
            one.at(self._start.year, stage).take(sold.mass, sold.mass)
            came += sold.mass
        return came

    def _corrected(self, week: int, sold: Sold) -> None:
        """Of what was disputed in the quarter of its sale the seller says in the next week what it
        was by another document, and the buyer confirms that one; it is used in the next quarter."""
        less = sold.mass * 49 // 50 // 10 * 10
        if sold.sold_from != self._start or less < 10:
            return
        sold.seller.at(self._start.year, sold.stage).claimed -= sold.mass
        said = {"replaces": sold.number, "correction_reason": "weighed-again"}
        self._issue(sold.seller, week + 1, sold.stage, less, sold.buyer, **said)
        right = self._waiting.pop()
        on = self._day(week + 2).isoformat()
        got: Row = {"received_kg": less, "received_on": on}
        self._answer(week + 2, sold.buyer, "confirm_document", right, got)
        self._late.append((sold.buyer.at(self._start.year, sold.stage), less))

    def _answer(self, week: int, one: Keeper, command: str, sold: Sold, fields: Row) -> None:
        self._tell(week, one, command, {"number": sold.number, **fields}, f"about {sold.number}")
        told = self._told[-1]
        del told.fields["scope_id"]

    def _to_brand(self, one: Keeper, week: int) -> None:
        """To a customer without an account: it may confirm with the id that the seller gives it,
        and here never does."""
        mass = one.at(self._start.year, "aluminium").available // 4 // 10 * 10
        if mass >= 10 * TONNE:
            given = f"synthetic-registration-{one.scope_id}"
            self._issue(one, week, "aluminium", mass, None, registration_id=given)
