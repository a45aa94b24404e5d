"""Deadline kinds are data, and every deadline explains itself."""

from datetime import date, timedelta

import pytest

from services.certification.deadline_parts import DeadlineRow
from services.certification.deadlines import KINDS, evolve, keys
from services.certification.domain import CONSUMERS
from services.certification.explain import explain
from tests.rules.spec import policies_of

from .given import (
    DUE_ON,
    JOINED_ON,
    Folded,
    Happened,
    after,
    duty_ended,
    duty_extended,
    duty_met,
    duty_missed,
    duty_started,
    facility,
    recorded,
)
from .given_audits import (
    audit_concluded,
    audit_scheduled,
)

DAY = timedelta(days=1)
FROM = date(2025, 5, 1)
SOURCES = CONSUMERS[0].sources


def row(world: Folded, key: str) -> DeadlineRow:
    found: DeadlineRow = world.deadlines[key]
    return found


DUTY = "initial_certification:M1"


# --- kinds are data ---


def test_every_kind_says_everything_a_board_needs() -> None:
    for name, kind in KINDS.items():
        assert kind.name == name
        assert kind.title
        assert kind.rule.endswith(".")
        assert kind.source.startswith("rule ")
        assert kind.owner in ("member", "ops")
        assert kind.decided_by in SOURCES
        assert policies_of("certification").on(DUE_ON).integers(kind.reminders)


def test_the_figures_behind_every_date_exist_with_their_evidence() -> None:
    for kind in KINDS.values():
        policy = policies_of(kind.policy_of).on(DUE_ON)
        assert [policy.figure(name).evidence for name in kind.figures]


def test_a_deadline_explains_itself() -> None:
    later = DUE_ON + 180 * DAY
    start = date(2026, 5, 1)
    world = after(
        duty_started(),
        duty_extended(later, DUE_ON - DAY),
        audit_concluded(date(2025, 9, 1), "A1", majors=2),
        audit_scheduled(start, "A2"),
    )
    found = explain(row(world, DUTY))
    assert found.story == (
        f"It runs since {JOINED_ON} and is due on {later}.",
        "It was extended once.",
        f"Audit A2 towards it begins on {start}.",
        "The last audit left 2 major findings.",
        "It is open.",
    )
    assert [(did, name) for did, name, *_ in found.events] == [
        ("opened", "membership.duty_started.v1"),
        ("moved", "membership.duty_extended.v1"),
    ]
    assert [reference[2:] for reference in found.events] == [
        ("membership-1", "membership", 1),
        ("membership-2", "membership", 2),
    ]
    assert (found.policy_of, found.policy_id) == ("membership", "m-2")


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ((duty_started(), duty_met(FROM)), f"It was met by certificate C1 on {FROM}."),
        ((duty_started(), duty_missed()), "It was missed, and is outstanding."),
        (
            (duty_started(), duty_missed(), duty_met(DUE_ON + DAY)),
            f"It was missed; that ended by certificate C1 on {DUE_ON + DAY}.",
        ),
        ((duty_started(), duty_ended(FROM)), f"It was called off from {FROM} on."),
    ],
)
def test_an_explanation_says_how_it_ended(history: tuple[Happened, ...], said: str) -> None:
    world = after(*history)
    assert explain(row(world, DUTY)).story[-1] == said


def test_a_deadline_that_only_others_spoke_of_says_so() -> None:
    world = after(audit_scheduled(FROM))
    assert "has not been told yet" in explain(row(world, DUTY)).story[0]


def test_most_events_concern_no_deadline() -> None:
    event = recorded([facility()])[0]
    assert not keys(event)
    with pytest.raises(KeyError):
        evolve(DUTY, None, event)
