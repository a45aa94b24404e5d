"""In the one public order a cause comes before its effect, however the sources are read."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given as drawn
from hypothesis import strategies as st

from contracts import certification as public
from contracts.audits import CertificateGranted
from contracts.envelope import Event, Recorded
from contracts.values import DutyRule
from infra.decider import Tick
from services.certification import published_duty
from services.certification.domain import RESTS_ON
from services.certification.published_duty import HearCertificate, PublishDuty
from tests.rules.spec import Spec

from . import given, given_audits
from .given import DUE_ON, POLICIES, Happened
from .histories import interleavings
from .test_laws import Publisher

FROM, TO = date(2025, 5, 1), date(2028, 4, 30)
DAY = timedelta(days=1)
SAYS = {
    "CertificateGranted": lambda n: given_audits.granted(FROM, TO + n * DAY, f"C{n}"),
    "CertificateSuspended": lambda n: given_audits.certificate_suspended(FROM + n * DAY),
    "CertificateReinstated": lambda n: given_audits.certificate_reinstated(FROM + n * DAY),
    "CertificateWithdrawn": lambda n: given_audits.certificate_withdrawn(FROM + n * DAY),
}
"""What audits say, by what is public of it; `n` tells one from another."""
LIFE = ["CertificateSuspended", "CertificateReinstated"]
ANOTHER = st.integers(0, 2)
EFFECTS = st.integers(0, 3)
duty = Spec(published_duty, POLICIES)


def effect(kind: int, day: date, certificate_id: str) -> Happened:
    """What membership says because of a certificate; each has a last day of its own."""
    last = DUE_ON + (day - FROM)
    if kind == 0:
        return given.duty_met(day, last, certificate_id)
    if kind == 1:
        return given.duty_missed(last)
    if kind == 2:
        return given.duty_reopened(day, last)
    return given.miss_retracted(day, last, None)


def caused(happened: Sequence[tuple[Happened, int | None]]) -> list[Recorded]:
    """A history with its envelopes; who was caused names the event at that place, as a reaction
    of membership does."""
    events = given.recorded([one for one, _ in happened])
    return [
        event
        if why is None
        else event._replace(
            envelope=event.envelope._replace(
                command_id=f"~{number}", causation_id=events[why].envelope.event_id
            )
        )
        for number, (event, (_, why)) in enumerate(zip(events, happened, strict=True))
    ]


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[Happened, int | None]]:
    """C1 is granted, and lives, another beside it; each time audits say something, membership may
    draw from it."""
    told: list[tuple[Happened, int | None]] = []
    names = ["CertificateGranted", *LIFE, "CertificateWithdrawn"]
    names.insert(1 + draw(ANOTHER), "CertificateGranted")
    for number, name in enumerate(names, start=1):
        told.append((SAYS[name](number), None))
        cause, event = len(told) - 1, told[-1][0].event
        for _ in range(draw(EFFECTS)):
            day = FROM + len(told) * DAY
            held = event.certificate_id if isinstance(event, CertificateGranted) else "C1"
            told.append((effect(draw(EFFECTS), day, held), cause))
    return told


def place(order: Sequence[Event], happened: Event) -> int:
    """Where in the public order an event of audits or membership is told."""
    name = type(happened).__name__
    mine = getattr(public, name).model_fields.keys() - {"status"}
    [found] = [
        number
        for number, told in enumerate(order)
        if type(told).__name__ == name
        and all(getattr(told, one) == getattr(happened, one) for one in mine)
    ]
    return found


@drawn(st.data())
def test_a_cause_is_public_before_its_effect(data: st.DataObject) -> None:
    story = data.draw(stories())
    history = caused(story)
    order = Publisher(data.draw(interleavings(history))).order
    assert len(order) == len(history)
    for happened, why in story:
        if why is not None:
            assert place(order, story[why][0].event) < place(order, happened.event)


@drawn(st.data())
def test_what_waited_is_told_in_the_order_of_its_member(data: st.DataObject) -> None:
    history = caused(data.draw(stories()))
    other = data.draw(interleavings(history))
    assert Publisher(other).public() == Publisher(history).public()


def test_a_certificate_that_is_named_comes_first_whoever_named_it() -> None:
    """A class changed by hand, say, makes a certificate count that audits granted long ago."""
    granted, met = given.recorded([given_audits.granted(FROM, TO), given.duty_met(FROM)])
    names = [event.TYPE.split(".")[1] for event in Publisher([met, granted]).order]
    assert names == ["certificate_granted", "duty_met"]


# --- the decider ---

MISSED = public.DutyMissed(
    member_id="M1",
    rule=DutyRule.INITIAL_CERTIFICATION,
    due_on=DUE_ON,
    effective_on=DUE_ON + DAY,
)
RETRACTED = public.DutyMissRetracted.model_validate(MISSED.model_dump())
WAITS = PublishDuty(on=FROM, event=RETRACTED, awaits=("cause",))
HEARD = HearCertificate(on=FROM, member_id="M1", causes=("cause",))


def test_what_waits_is_told_as_soon_as_its_cause_is_public() -> None:
    waiting = duty.given(MISSED).when(WAITS)
    assert [event.TYPE for event in waiting.events] == ["certification.duty_held.v1"]
    told = waiting.and_when(HEARD).events
    assert told[-1] == RETRACTED
    assert [event.TYPE for event in told].count(RETRACTED.TYPE) == 1


def test_nothing_waits_for_what_is_public_already() -> None:
    duty.given(MISSED).when(HEARD, WAITS).then(RETRACTED)


def test_what_waits_is_not_held_a_second_time() -> None:
    duty.given(MISSED).when(WAITS, WAITS).nothing()
    between = PublishDuty(on=FROM, event=MISSED)
    told = duty.given(MISSED).when(WAITS, between, WAITS, HEARD).events
    assert list(told[-3:]) == [RETRACTED, MISSED, RETRACTED]


def test_nothing_waits_to_be_told_that_was_told_last() -> None:
    duty.given(RETRACTED).when(WAITS).nothing()


def test_nobody_overtakes_what_waits() -> None:
    later = PublishDuty(on=FROM, event=MISSED)
    told = duty.given(MISSED).when(WAITS, later, HEARD).events
    assert list(told[-2:]) == [RETRACTED, MISSED]


def test_what_was_heard_twice_is_kept_once() -> None:
    duty.when(HEARD, HEARD).nothing()


def test_who_waits_for_what_never_comes_waits_until_audits_have_closed_the_day() -> None:
    """An event of audits that was skipped, say: its effect must not be lost with it."""
    waiting = duty.given(MISSED).when(WAITS)
    assert published_duty.due(waiting.state) == {"let_go": FROM}
    assert RESTS_ON["let_go"] == ("audit_scheduling",)
    early = Tick(on=FROM - DAY, target="duty/M1", rule="let_go")
    waiting.and_when(early).nothing()
    after = waiting.and_when(early.model_copy(update={"on": FROM}))
    assert after.events[-1] == RETRACTED
    assert published_duty.due(after.state) == {}
