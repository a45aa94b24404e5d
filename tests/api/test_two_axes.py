"""Status on two axes over HTTP: what held on a day, as it was known at an instant.

The proof: at several moments every question is asked and its answer kept; later, after corrections,
each is asked again as of that moment, and the answer is the one that was given.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.door import Door
from tests.embedded import door_of, platform
from tests.walk import Walked, certify, join, register

BEGAN = date(2024, 3, 1)
GRANTED = date(2025, 3, 1)
DAYS = [GRANTED + timedelta(days=days) for days in (-400, -30, 0, 30, 60, 90, 400, 1_200)]
SUBJECTS = ("members/W-met", "entities/W-met-E", "facilities/W-met-F1", "certificates/W-met-C")
Answers = dict[tuple[str, date], dict[str, Any]]


class Moment:
    """An instant of the platform's clock and every answer given at it."""

    def __init__(self, door: Door, what: str) -> None:
        door.settled()
        self.what = what
        self.answers = ask(door)
        today = door.get("ops", "/certification/deadlines")["today"]
        wall = datetime.now(UTC)
        self.instant = f"{today}T{wall.time().isoformat(timespec='microseconds')}Z"


def ask(door: Door, known_at: str | None = None) -> Answers:
    """Every subject on every day; {} for one that nothing is known of."""
    return {
        (subject, on): answered(door, subject, on, known_at) for subject in SUBJECTS for on in DAYS
    }


def answered(door: Door, subject: str, on: date, known_at: str | None) -> dict[str, Any]:
    """What is said of a subject, without what only names the question and the reader's place."""
    query = {"effective_at": on.isoformat()} | ({"known_at": known_at} if known_at else {})
    answer = door.ask("ops", "GET", f"/certification/{subject}", params=query)
    if answer.status_code == 404:
        return {}
    found: dict[str, Any] = answer.json()
    return {key: found[key] for key in ("status", "by_standard", "standing", "duties", "facts")}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, list[Moment]]]:
    """A story with three corrections: a grant recorded late, a suspension lifted from its own
    first day, a withdrawal recorded for a day long past."""
    with platform(tmp_path_factory.mktemp("axes")) as host, door_of(host) as door:
        moments: list[Moment] = []

        def go_on(to: date, what: str) -> None:
            door.tick(to)
            moments.append(Moment(door, what))

        door.tick(BEGAN)
        join(door, Walked(BEGAN, BEGAN, "W"), "met")
        register(door, Walked(BEGAN, BEGAN, "W"), "met")
        go_on(GRANTED + timedelta(days=10), "joined")
        certify(door, "W-met", GRANTED)
        go_on(GRANTED + timedelta(days=50), "granted ten days late")
        certificate = {"certificate_id": "W-met-C"}
        day = (GRANTED + timedelta(days=40)).isoformat()
        door.send(
            "ops", "audits/suspend_certificate", **certificate, reason="fraud", effective_on=day
        )
        go_on(GRANTED + timedelta(days=70), "suspended")
        door.send("ops", "audits/reinstate_certificate", **certificate, effective_on=day)
        go_on(GRANTED + timedelta(days=100), "as if never suspended")
        day = (GRANTED + timedelta(days=80)).isoformat()
        door.send(
            "ops", "audits/withdraw_certificate", **certificate, reason="fraud", effective_on=day
        )
        go_on(GRANTED + timedelta(days=120), "withdrawn from an earlier day on")
        yield door, moments


def test_known_at_a_moment_is_what_was_answered_at_it(told: tuple[Door, list[Moment]]) -> None:
    door, moments = told
    for moment in moments:
        again = ask(door, moment.instant)
        for question, answer in moment.answers.items():
            if answer:  # a subject that was unknown then is known as having had no facts
                assert again[question] == answer, (moment.what, question)
            else:
                assert again[question].get("facts", []) == [], (moment.what, question)


def test_each_correction_changed_answers_about_the_past(told: tuple[Door, list[Moment]]) -> None:
    """So the test above compares different answers."""
    _, moments = told
    certificate = "certificates/W-met-C"

    def said(moment: int, days: int) -> str:
        answer = moments[moment].answers[certificate, GRANTED + timedelta(days=days)]
        return str(answer.get("status", "unknown"))

    assert [said(moment, 0) for moment in range(5)] == ["unknown"] + ["certified_full"] * 4
    assert [said(moment, 60) for moment in range(1, 5)] == [
        "certified_full",
        "suspended",
        "certified_full",
        "certified_full",
    ]
    assert [said(moment, 90) for moment in range(3, 5)] == ["certified_full", "withdrawn"]


def test_a_correction_repeats_the_day_and_is_recorded_later(
    told: tuple[Door, list[Moment]],
) -> None:
    door, moments = told
    on = GRANTED + timedelta(days=60)
    before, after = (
        {
            fact["attribute"]: fact
            for fact in answered(door, "certificates/W-met-C", on, moment.instant)["facts"]
        }["suspended"]
        for moment in moments[2:4]
    )
    assert (before["value"], after["value"]) == (True, False)
    assert before["effective_from"] == after["effective_from"]
    assert before["recorded_at"] < after["recorded_at"]


@pytest.mark.parametrize(
    "beyond", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2025-01-01T00:00:00"]
)
def test_an_instant_beyond_the_calendar_or_without_a_zone_is_refused(
    told: tuple[Door, list[Moment]], beyond: str
) -> None:
    door, _ = told
    answer = door.ask("ops", "GET", f"/certification/certificates/W-met-C?known_at={beyond}")
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-instant")


@pytest.mark.parametrize("zone", ["Z", "+00:00", "%2B00:00"])
def test_an_instant_is_read_with_its_zone(told: tuple[Door, list[Moment]], zone: str) -> None:
    door, _ = told
    path = "/certification/members/W-met?known_at=2025-01-01T00:00:00" + zone
    assert door.ask("ops", "GET", path).json()["known_at"] == "2025-01-01T00:00:00.000000Z"
