"""What changes around the metal, at random: certificates, stages, years, who has a scope.

Stages change in C alone, on days on which it is always certified: what becomes of them where a
certificate is lost later has tests of its own.
"""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as some
from hypothesis.stateful import Bundle, consumes, multiple, precondition, rule

from contracts import certification
from contracts.values import CertificateType, CertificationStatus, Standard
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from tests.rules.coc.ledger_books import AFTER, DAY, LATER, MASS, SCOPE, SCOPES, Books, key_of
from tests.rules.coc.own_book import Certificate
from tests.rules.coc.own_period import Key
from tests.rules.coc.results import both
from tests.rules.coc.world import granted

FULL = CertificationStatus.CERTIFIED_FULL
SUSPENDED, WITHDRAWN = CertificationStatus.SUSPENDED, CertificationStatus.WITHDRAWN
CHANGES = (
    (certification.CertificateSuspended, SUSPENDED),
    (certification.CertificateReinstated, FULL),
    (certification.CertificateWithdrawn, WITHDRAWN),
    (certification.CertificateStatusCorrected, FULL),
)
STANDARD = some.sampled_from(Standard)
DAYS = some.sampled_from((5, 50, 500))
CERTAIN = 40
"""Days of the year on which C is certified whatever happens, and on which its stages change."""
EARLIER = {"C:bauxite": "C:alumina", "C:alumina": "C"}
USED = {"C:bauxite": Fraction("2.847"), "C:alumina": Fraction("1.928")}
"""World average of 2015 (G5), as the sources have it."""


class Changes(Books):
    """See the head of the file."""

    changes: Bundle[Any] = Bundle("changes")

    # --- certificates ---

    def on(self, scope: str, number: int) -> date:
        """A day on which a scope's certificates may change."""
        return self.day(max(number, CERTAIN) if scope == "C" else number)

    @rule(
        scope=SCOPE,
        standard=STANDARD,
        change=some.sampled_from(CHANGES),
        day=DAY,
        which=some.integers(0, 5),
    )
    def change_a_certificate(
        self, scope: str, standard: Standard, change: Any, day: int, which: int
    ) -> None:
        """From a day on: every document of that day and of later ones is concerned."""
        on, (event, status) = self.on(scope, day), change
        held = [one for one in self.own.certificates[scope, standard.value] if one.first <= on]
        chosen = held[which % len(held)]
        self.world.tell(
            event(
                certificate_id=chosen.name,
                member_id=scope,
                effective_on=on,
                status=status,
            )
        )
        self.own.change(scope, chosen, on, valid=status is FULL)
        self.done(event.__name__)

    @rule(scope=SCOPE, standard=STANDARD, day=DAY, days=DAYS)
    def renew_a_certificate(self, scope: str, standard: Standard, day: int, days: int) -> None:
        """Another one from a day on, and through one that may lie before later documents."""
        on, name = self.on(scope, day), self.next_id(f"C{scope}-{standard.value}")
        made = Certificate(name, on, on + timedelta(days=days))
        days_of = {"certificate_id": name, "valid_from": made.first, "valid_to": made.last}
        self.world.tell(granted(scope, standard).model_copy(update=days_of))
        self.own.grant(scope, standard.value, made)
        self.done("renew")

    @rule(scope=SCOPE, standard=STANDARD, day=DAY, days=DAYS)
    def convert_a_certificate(self, scope: str, standard: Standard, day: int, days: int) -> None:
        """It runs to another last day, which may lie before later documents."""
        on = self.on(scope, day)
        chosen = next(one for one in self.own.certificates[scope, standard.value])
        self.world.tell(
            certification.CertificateConverted(
                certificate_id=chosen.name,
                member_id=scope,
                certificate_type=CertificateType.FULL,
                valid_to=on + timedelta(days=days),
                effective_on=on,
                status=FULL,
            )
        )
        chosen.last = on + timedelta(days=days)
        self.own.change(scope, chosen, on, valid=True)
        self.done("convert")

    @rule(year=some.sampled_from((2024, 2025)))
    def verify_the_emissions_of_a_year(self, year: int) -> None:
        """From now on lots take their step's own emissions along."""
        for event in both(year=year):
            self.world.tell(event, "ghg")

    @rule(scope=SCOPE, kg=MASS, day=DAY)
    def book_a_step_by_hand(self, scope: str, kg: int, day: int) -> None:
        """Not where lots of the year take the step along by verified results already."""
        on, name = self.day(day), self.next_id("E")
        told = {"movement_id": name, "emission_kgco2e": str(kg), **self.where(scope, on)}
        slug = self.world.attempt("book_process_emissions", **told)
        refused = self.own.refusal(scope, on)
        assert slug == refused or (slug == "process-emissions-verified" and not refused)
        if not slug:
            self.done("book_a_step_by_hand")

    # --- stages ---

    @rule(scope=some.sampled_from(("C:bauxite", "C:alumina")), mass=MASS, day=DAY)
    def supply(self, scope: str, mass: int, day: int) -> None:
        """Bauxite of its own mine, or alumina that somebody sells."""
        mined = scope == "C:bauxite"
        more: dict[str, Any] = {} if mined else {"footprint": {"intensity_kgco2e_per_kg": "1.117"}}
        origin, word = ("own_mine", "mined") if mined else ("non_coc", "other")
        self.book(
            "receive_material", scope, day % CERTAIN, word, mass_kg=10 * mass, origin=origin, **more
        )

    @rule(
        target=changes,
        scope=some.sampled_from(tuple(EARLIER)),
        mass=some.integers(10, 3000),
        day=some.integers(0, CERTAIN - 1),
        part=some.sampled_from((0, 30, 100, 101)),
    )
    def change_stage(self, scope: str, mass: int, day: int, part: int) -> Any:
        """A part of what is covered goes on as CoC; a kilogram more than all of it is refused."""
        name, on, to = self.next_id("T"), self.day(day), EARLIER[scope]
        most = self.own.may_go_on((scope, on.year), on, mass)
        coc = min(mass, most * min(part, 100) // 100 + (part > 100))
        told = {"movement_id": name, "mass_kg": mass, "coc_kg": coc, **self.where(scope, on)}
        slug = self.world.attempt("change_stage", **told)
        assert slug == ("claim-not-covered" if coc > most else "")
        if slug:
            return multiple()
        made = (to, on.year), int(mass / USED[scope])
        self.own.go_on((scope, on.year), on, mass, coc, made, name)
        self.done("change_stage")
        return scope, name, on

    @rule(change=consumes(changes))
    def take_back_a_stage(self, change: tuple[str, str, date]) -> None:
        """As if it had never been; not where claims of either pool rest on it. (What was made in a
        period that is closed by now is left alone here.)"""
        scope, name, day = change
        keys: tuple[Key, ...] = (scope, day.year), (EARLIER[scope], day.year)
        if self.own.period(keys[1]).left is not None:
            return
        told = {"movement_id": self.next_id("R"), "reverses": name, **self.where(scope, day)}
        slug = self.world.attempt("reverse_movement", **told)
        assert slug == self.own.may_come_back(keys, day, name)
        if not slug:
            self.own.come_back(keys, name)
            self.done("take_back_a_stage")

    # --- years and scopes end ---

    @precondition(lambda self: self.world.today < LATER)
    @rule()
    def a_year_goes_by(self) -> None:
        self.world.today = self.own.today = AFTER if self.world.today < AFTER else LATER
        self.world.end_periods(date(self.world.today.year - 1, 12, 31))

    @rule(scope=SCOPE)
    def declare_a_case(self, scope: str) -> None:
        day = self.world.today
        told = {"reason": "furnace-fire", **self.where(scope, day)}
        slug = self.world.attempt("declare_overdraft_case", **told)
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
        slug = self.world.attempt("close_period", **self.where(scope, date(year, 1, 1)))
        if self.world.pool(key_of(key)).key is None:
            assert slug == "unknown-pool"
            return
        over = following[0] != scope or self.world.today > date(year, 12, 31)
        before = self.world.pool(key_of((scope, year - 1)))
        first = before.key is not None and before.end is None
        early = "earlier-period-open" if first else "" if over else "period-not-over"
        assert slug == ("" if period.left else early)
        if not slug and period.left is None:
            self.own.close(key)
            self.done("close")

    @precondition(lambda self: not self.own.ends)
    @rule(scope=some.sampled_from(("A", "B")), to=SCOPE)
    def hand_over(self, scope: str, to: str) -> None:
        """A scope goes over into another one tomorrow; what its pool holds once it is closed."""
        if to == scope:
            to = SCOPES[-1]
        tomorrow = self.world.today + timedelta(days=1)
        approved = ApproveScopeTransfer(
            on=self.world.today,
            scope_id=scope,
            member_id=scope,
            to_scope_id=to,
            effective_on=tomorrow,
            approver="person-1",
            known_to=True,
        )
        self.world.desk.handle(approved, "transfer", "", self.world.today)
        self.world.settle()
        self.world.end_periods(self.world.today)
        self.world.today = self.own.today = tomorrow
        self.own.ends[scope] = (tomorrow, to)
        self.done("hand_over")
