"""A member's stream as it grows: commands and days in, every event kept."""

from datetime import date

from contracts.catalog import CATALOG
from contracts.envelope import Event
from infra.errors import Refused
from services.membership import member
from services.membership.commands import AdmitMember
from services.membership.member import MemberCommand
from services.membership.member_rows import MemberRow
from services.membership.standing import Member, MemberEvent
from tests.rules.membership.given import JOINED, POLICIES, PT, applied, tick


class Told:
    """The events of `member/M1` and the state after them."""

    def __init__(self) -> None:
        self.state: Member = member.INITIAL
        self.events: list[Event] = []

    @classmethod
    def joined(cls) -> "Told":
        """M1, a PT member since 10 August 2023."""
        told = cls()
        told.happened(*applied(PT, JOINED))
        told.ask(AdmitMember(on=JOINED, member_id="M1"))
        return told

    def happened(self, *events: MemberEvent) -> None:
        """Events that are given."""
        for event in events:
            self.events.append(event)
            self.state = member.evolve(self.state, event)

    def ask(self, command: MemberCommand) -> list[Event]:
        """Decide; raises Refused and leaves everything as it was."""
        events = list(member.decide(command, self.state, POLICIES))
        for event in events:
            self.events.append(event)
            self.state = member.evolve(self.state, event)  # type: ignore[arg-type]  # its own
        return events

    def tried(self, command: MemberCommand) -> Refused | None:
        """Decide; the refusal, if it was refused."""
        try:
            self.ask(command)
        except Refused as refusal:
            return refusal
        return None

    def close(self, day: date) -> None:
        """The clock closes a day."""
        asked: set[tuple[str, date]] = set()
        while ready := sorted(
            (due_on, rule)
            for rule, due_on in member.due(self.state).items()
            if due_on <= day and (rule, due_on) not in asked
        ):
            due_on, rule = ready[0]
            asked.add((rule, due_on))
            self.ask(tick(rule, day))

    def published(self) -> list[Event]:
        """What the world sees."""
        return [event for event in self.events if event.TYPE in CATALOG.published]

    def agrees_with(self, row: MemberRow) -> None:
        """The row says the same as the state."""
        state = self.state
        assert row.standing == state.standing
        assert (row.resigns_on, row.ended_on) == (state.resigns_on, state.ended_on)
        assert (row.name, row.country) == (state.name, state.country)
        assert row.membership_class == (state.membership_class and state.membership_class.value)
        since = {reason: day.isoformat() for reason, day in state.suspensions.items()}
        assert row.suspensions == since
        duty = state.duty
        assert (row.duty_rule, row.duty_due_on) == (
            (duty.rule.value, duty.due_on) if duty else (None, None)
        )
        if duty is not None:
            miss = state.miss(duty.key)
            assert row.duty_state == ("missed" if miss else "open")
            assert row.forfeits_on == (miss.forfeits_on if miss else None)
