"""A scope with periods of a month: what is booked in it, by months, and how they are closed."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from contracts.custody import Account, PoolKey, Stage
from infra.errors import Refused
from services.coc_ledger import domain
from services.coc_ledger.pools.commands import ClosePeriod
from services.coc_ledger.pools.state import Pool
from tests.rules.coc.given import kg
from tests.rules.coc.world import SCOPES, YEAR, World

TODAY = date(2026, 6, 10)
EVERY = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")
OWN = {"scope_id": "M", "member_id": "A"}


class Monthly:
    """Scope M of member A; `today` lies in the sixth month."""

    def __init__(self, today: date = TODAY, members: Sequence[str] = SCOPES) -> None:
        self.world = World(today, members)
        self.count = 0
        self.world.certify("F-M", "A")
        self.world.send(
            "open_scope",
            **OWN,
            entity_id="EA",
            name="Works M",
            address="1 Main Street",
            facilities=("F-M",),
            activities=("casthouse",),
            starts_on=YEAR,
            months=1,
        )
        self.world.settle()
        look = {"supplier_id": "YARD", "topics": EVERY, "performed_on": YEAR}
        self.world.send("record_due_diligence", **OWN, **look)

    # --- in ---

    def at(self, month: int) -> dict[str, Any]:
        """A day of a month."""
        return {**OWN, "stage": "aluminium", "day": date(2026, month, 5)}

    def book(self, what: str, month: int, mass: int, **more: Any) -> str:
        """Why a movement is refused; nothing when it is booked."""
        self.count += 1
        told = {"movement_id": f"M-{self.count}", "mass_kg": mass, **more}
        slug = self.world.attempt(what, **self.at(month), **told)
        self.world.settle()
        return slug

    def receive(self, month: int, mass: int, *, coc: bool = True) -> str:
        scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1"}
        origin = scrap if coc else {"origin": "non_coc"}
        return self.book("receive_material", month, mass, supplier_id="YARD", **origin)

    def ship(self, month: int, mass: int) -> str:
        return self.book("ship_material", month, mass)

    def words(self, number: str, month: int, mass: int, **more: Any) -> dict[str, Any]:
        """A document to scope B."""
        return {
            **{one: value for one, value in self.at(month).items() if one != "stage"},
            "number": number,
            "customer": {"name": "B", "address": "x", "scope_id": "B"},
            "responsible": "person-1",
            "statement": "asi_coc_mass_balance",
            "material": "coc_casthouse_product",
            "mass_kg": mass,
            "total_mass_kg": mass,
            **more,
        }

    def claim(self, number: str, month: int, mass: int, **more: Any) -> str:
        """Why a document is not issued; nothing when it is."""
        words = self.words(number, month, mass, **more)
        slug = self.world.attempt("issue_document", **words)
        self.world.settle()
        return slug

    def overdrawn(self, until: date = date(2026, 2, 1)) -> None:
        """Of the first month 1,200 kg are claimed, 200 of them ahead of input, in a declared case;
        then the month is over, or so many days of it."""
        self.receive(1, 1000)
        self.receive(1, 200, coc=False)
        self.ship(1, 1200)
        case = {**self.at(1), "reason": "furnace-fire"}
        assert self.world.attempt("declare_overdraft_case", **case) == ""
        assert self.claim("D-1", 1, 1200) == ""
        self.days_go_by(until)

    def correct(self, old: str, number: str, month: int, mass: int) -> str:
        """Why a document is not replaced; nothing when it is."""
        return self.claim(number, month, mass, replaces=old, correction_reason="weighed")

    def confirm(self, number: str, month: int, mass: int) -> str:
        day = date(2026, month, 5)
        told = {"number": number, "member_id": "B", "received_kg": mass, "received_on": day}
        slug = self.world.attempt("confirm_document", **told)
        self.world.settle()
        return slug

    def withdraw(self, number: str) -> str:
        told = {"number": number, "member_id": "A", "reason": "mistake"}
        slug = self.world.attempt("withdraw_document", **told)
        self.world.settle()
        return slug

    def close(self, month: int) -> str:
        slug = self.world.attempt("close_period", **self.at(month))
        self.world.settle()
        return slug

    def close_as_before(self, month: int) -> None:
        """Out of order, as stores may have it in which that was not refused yet."""
        form = {**self.at(month), "stage": Stage.ALUMINIUM}
        filled = domain.fill(ClosePeriod, form, self.world.known(), self.world.today)
        told = {**form, **filled, "on": self.world.today, "open_before": None}
        command = ClosePeriod.model_validate(told)
        self.world.desk.handle(command, f"close-{month}", "", self.world.today)
        self.world.settle()

    def days_go_by(self, until: date) -> None:
        """Each day before it is closed, as by the clock."""
        day = self.world.today
        while day < until:
            self.world.today = day + timedelta(days=1)
            self.world.desk.close(day)
            self.world.settle()
            day = self.world.today

    # --- out ---

    def key(self, month: int) -> PoolKey:
        return PoolKey(scope_id="M", stage=Stage.ALUMINIUM, period=date(2026, month, 1))

    def pool(self, month: int) -> Pool:
        return self.world.pool(self.key(month))

    def stock(self, month: int) -> int:
        return kg(self.pool(month), Account.STOCK)


def refusal(monthly: Monthly, month: int) -> Refused:
    """Why a month cannot be closed."""
    try:
        monthly.world.send("close_period", **monthly.at(month))
    except Refused as refused:
        return refused
    raise AssertionError("it was closed")
