"""Laws of folding: whatever happened, and in whatever order streams are read."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import orjson
from hypothesis import given as drawn
from hypothesis import strategies as st

from contracts import certification as public
from contracts.certification import CertificateGranted
from contracts.envelope import Event, Recorded, category
from infra.codecs import codec_of
from infra.decider import decider_of, issued
from services.certification.deadlines import DEADLINES, KINDS
from services.certification.domain import DECIDERS
from services.certification.facts import facts
from services.certification.lapse import ENDED, ENDING
from services.certification.reactions import REACTIONS
from services.certification.reminder import Reminder
from services.certification.status import gather, status
from services.certification.subjects import SUBJECTS as SUBJECT_ROWS
from services.certification.subjects import loader

from .given import POLICIES, after, folded
from .given_audits import certificate_reinstated, certificate_suspended, granted
from .histories import DAYS, SUBJECTS, histories, interleavings

HISTORIES = histories()
PUBLIC = frozenset(event.TYPE for event in public.EVENTS)


def written(rows: Mapping[str, Any]) -> dict[str, bytes]:
    """Rows as bytes, as a database keeps them: the order inside a row counts."""
    return {
        key: orjson.dumps(tuple(row), option=orjson.OPT_NON_STR_KEYS)
        for key, row in rows.items()
        if row is not None
    }


@drawn(st.data())
def test_any_interleaving_gives_the_same_facts_and_rows(data: st.DataObject) -> None:
    history = data.draw(HISTORIES)
    other = data.draw(interleavings(history))
    one, two = folded(history), folded(other)
    assert one.facts == two.facts
    assert written(one.subjects) == written(two.subjects)
    assert written(one.deadlines) == written(two.deadlines)
    assert written(one.ended) == written(two.ended)


@drawn(HISTORIES)
def test_rows_that_were_written_and_read_fold_on_like_those_in_memory(
    history: list[Recorded],
) -> None:
    for projection, kept in zip(
        (SUBJECT_ROWS, DEADLINES, ENDED),
        (folded(history).subjects, folded(history).deadlines, folded(history).ended),
        strict=True,
    ):
        codec = codec_of(projection.row)
        rows: dict[str, Any] = {}
        for event in history:
            for key in projection.keys(event):
                row = projection.evolve(key, rows.get(key), event)
                rows[key] = row if row is None else codec.read(codec.write(row))
        assert written(rows) == written(kept)


@drawn(HISTORIES, DAYS, st.integers(0, 16))
def test_known_at_equals_a_replay_of_what_was_recorded_by_then(
    history: list[Recorded], on: date, many: int
) -> None:
    known = history[:many]
    if not known:
        assert folded(known).facts == {}
        return
    known_at = known[-1].envelope.recorded_at
    for subject in SUBJECTS:
        now = folded(known).status(subject, on)
        assert folded(history).status(subject, on, known_at) == now


@drawn(HISTORIES, DAYS)
def test_a_row_of_a_subject_answers_for_every_day_like_the_log(
    history: list[Recorded], on: date
) -> None:
    world = folded(history)
    load = loader(world.subjects.get)
    for subject in SUBJECTS:
        assert status(gather(subject, load), on) == world.status(subject, on)


@drawn(HISTORIES)
def test_each_attribute_of_a_subject_is_owned_by_one_stream(history: list[Recorded]) -> None:
    owners: dict[tuple[str, str], set[str]] = {}
    for event in history:
        for fact in facts(event):
            owners.setdefault((fact.subject, fact.attribute), set()).add(event.envelope.stream)
    shared = {attribute for (_, attribute), streams in owners.items() if len(streams) > 1}
    assert not shared


@drawn(HISTORIES)
def test_an_event_tells_each_attribute_of_a_subject_once_a_day(history: list[Recorded]) -> None:
    for event in history:
        told = [(fact.subject, fact.attribute, fact.effective_from) for fact in facts(event)]
        assert len(told) == len(set(told))


@drawn(HISTORIES)
def test_keys_name_every_subject_with_facts_and_no_other(history: list[Recorded]) -> None:
    for event in history:
        named = list(SUBJECT_ROWS.keys(event))
        assert len(named) == len(set(named))
        assert set(named) == {fact.subject for fact in facts(event)}


@drawn(HISTORIES)
def test_a_deadline_is_sane(history: list[Recorded]) -> None:
    for key, row in folded(history).deadlines.items():
        if row is None:
            continue
        assert (row.deadline_id, row.kind) == (key, key.partition(":")[0])
        assert (row.due_on is None) == (row.state == "unopened")
        assert row.state != "open" or row.closed_on is None
        assert row.state not in ("met", "cancelled") or row.closed_on is not None
        assert row.state != "met" or row.closed_on <= row.due_on + timedelta(days=1)
        assert (row.opened_on is not None) == (row.state != "unopened") or "own" in row.parts
        assert category(row.subject) == KINDS[row.kind].subject


@drawn(
    st.lists(st.tuples(DAYS, st.booleans()), min_size=1, max_size=6),
    st.integers(0, 5),
)
def test_a_correction_repeats_its_day_later_and_wins(
    changes: list[tuple[date, bool]], again: int
) -> None:
    first, last = date(2023, 1, 1), date(2030, 1, 1)
    told = [
        certificate_suspended(day, last) if off else certificate_reinstated(day, last)
        for day, off in changes
    ]
    day, off = changes[again % len(changes)]
    correction = certificate_reinstated(day, last) if off else certificate_suspended(day, last)
    world = after(granted(first, last), *told, correction)
    suspended = world.status("certificate/C1", day).certification == "suspended"
    assert suspended is not off


# --- what is published ---


class Publisher:
    """Reactions and deciders of the service, driven as its consumer drives them."""

    def __init__(self, events: Iterable[Recorded]) -> None:
        self.told: dict[str, list[Event]] = {}
        self.order: list[Event] = []
        self.states: dict[str, Any] = {}
        self.refused: list[str] = []
        self.rows: dict[tuple[str, str], Any] = {}
        for event in events:
            self.hear(event)

    def hear(self, event: Recorded) -> None:
        for projection in (SUBJECT_ROWS, DEADLINES, ENDED):
            for key in projection.keys(event):
                place = (projection.name, key)
                self.rows[place] = projection.evolve(key, self.rows.get(place), event)
        for reaction in REACTIONS:
            for one in issued(reaction, event, self.lookup):
                self.ask(one.command)

    def lookup(self, name: str, key: str | Mapping[str, str]) -> Any:
        if isinstance(key, str):
            return self.rows.get((name, key))
        rows = (row for (kept, _), row in sorted(self.rows.items()) if kept == name and row)
        return [row for row in rows if all(getattr(row, one) == key[one] for one in key)]

    def ask(self, command: Any) -> None:
        decider = decider_of(DECIDERS[category(command.stream)])
        state = self.states.get(command.stream, decider.initial)
        for event in decider.decide(command, state, POLICIES):
            state = decider.evolve(state, event)
            self.told.setdefault(command.stream, []).append(event)
            if event.TYPE in PUBLIC:
                self.order.append(event)
        self.states[command.stream] = state

    def public(self) -> dict[str, list[Event]]:
        told = {
            stream: [event for event in events if event.TYPE in PUBLIC]
            for stream, events in self.told.items()
        }
        return {stream: events for stream, events in told.items() if events}


def decided(history: Iterable[Recorded]) -> list[Recorded]:
    """A history in which nothing is said of a certificate before its grant."""
    seen: set[str] = set()
    kept = []
    for event in history:
        stream = event.envelope.stream
        if category(stream) == "certificate":
            if event.event.TYPE == "audits.certificate_granted.v1":
                seen.add(stream)
            elif stream not in seen and event.event.TYPE != "audits.certificate_refused.v1":
                continue
        kept.append(event)
    return kept


@drawn(st.data())
def test_what_is_published_does_not_depend_on_how_streams_interleave(data: st.DataObject) -> None:
    history = decided(data.draw(HISTORIES))
    other = data.draw(interleavings(history))
    assert Publisher(history).public() == Publisher(other).public()


@drawn(HISTORIES)
def test_hearing_a_whole_history_twice_tells_no_certificate_twice(history: list[Recorded]) -> None:
    publisher = Publisher(decided(history))
    told = [event for events in publisher.public().values() for event in events]
    grants = [event.certificate_id for event in told if isinstance(event, CertificateGranted)]
    assert len(grants) == len(set(grants))


@drawn(HISTORIES)
def test_a_reminder_is_set_for_open_deadlines_only_and_for_the_day_they_are_due(
    history: list[Recorded],
) -> None:
    publisher = Publisher(decided(history))
    for (name, key), row in publisher.rows.items():
        if name != DEADLINES.name or row is None or row.state == "unopened":
            continue
        reminder: Reminder = publisher.states.get(f"deadline/{key}", Reminder())
        over = row.kind in ENDING and publisher.lookup(ENDED.name, row.member_id) is not None
        if row.state != "open" or over:
            assert reminder == Reminder()
        elif reminder.last is not None:
            assert reminder.last.due_on == row.due_on
