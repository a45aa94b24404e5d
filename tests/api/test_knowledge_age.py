"""How old what is known of certificates is: nobody who starts anew takes old knowledge for new, and
who asks about a document is told."""

import time
from collections.abc import Callable, Mapping
from typing import cast

import pytest

from infra.errors import Transient
from infra.service import Running
from services.coc_ledger.documents.paper import Became
from services.coc_ledger.documents.verdict import age, standing
from services.coc_ledger.evidence import UNKNOWN_S, age_of
from services.coc_ledger.jobs import Watch
from tests.rules.coc.test_verdict import seen
from tests.rules.coc.told import issued

LIMIT_S = 60
"""`document.evidence_behind_at_most_s`."""


class Log(Watch):
    """A log of one partition, with a clock that is set by hand."""

    def __init__(self, end: int, here: int, set_clock: Callable[[float], None]) -> None:
        super().__init__(cast(Running, None), "coc")
        self.end, self.here, self.now = end, here, 0.0
        self.away = False
        self.set_clock = set_clock
        set_clock(0.0)

    def seen(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        if self.away:
            raise Transient("unavailable", "the log is away")
        return {0: self.end}, {0: self.here}

    def after(self, seconds: float) -> int:
        """How far behind it is said to be after a look every second."""
        for _ in range(int(seconds)):
            self.now += 1
            self.set_clock(self.now)
            self.measure()
        return self.behind_s()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    def put(now: float) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: now)

    return put


def test_who_starts_behind_knows_of_no_age_until_it_has_caught_up(
    clock: Callable[[float], None],
) -> None:
    log = Log(9, 5, clock)
    assert log.behind_s() == UNKNOWN_S > LIMIT_S
    assert log.after(3) == UNKNOWN_S
    log.here = 9
    assert log.after(1) == 0


def test_who_starts_at_the_end_of_the_log_knows_it_all(clock: Callable[[float], None]) -> None:
    assert Log(9, 9, clock).behind_s() == 0


def test_the_age_counts_from_the_last_look_at_which_all_was_known(
    clock: Callable[[float], None],
) -> None:
    log = Log(9, 9, clock)
    assert log.after(10) == 0
    log.end = 10
    assert log.after(70) == 70


def test_a_log_that_grows_all_the_time_makes_nothing_old(clock: Callable[[float], None]) -> None:
    log = Log(9, 9, clock)
    log.measure()
    for _ in range(100):
        log.here, log.end = log.end, log.end + 5
        assert log.after(1) <= 2


def test_a_log_that_cannot_be_asked_makes_all_old(clock: Callable[[float], None]) -> None:
    log = Log(9, 9, clock)
    log.measure()
    log.away = True
    assert log.after(61) == 61
    other = Log(9, 9, clock)
    other.away = True
    assert other.behind_s() == UNKNOWN_S


def test_a_watch_that_nobody_runs_looks_for_itself(clock: Callable[[float], None]) -> None:
    log = Log(9, 9, clock)
    assert log.behind_s() == 0
    clock(3600.0)
    assert log.behind_s() == 0, "it looked again"
    log.end = 10
    clock(7200.0)
    assert log.behind_s() == 3600, "and saw that it had missed something since"


def test_a_confirmed_document_whose_check_waits_is_not_said_to_wait_for_its_receiver() -> None:
    pending = standing(issued("D-1"), Became("pending_check"), seen())
    waits = standing(issued("D-1"), Became("issued"), seen())
    assert pending.word == waits.word == "waiting"
    assert pending.sentence.startswith("The receiver confirmed the delivery;")
    assert waits.sentence.endswith("the receiver has not confirmed the delivery yet.")


def test_old_knowledge_is_said_to_be_old() -> None:
    assert age(0) == (0, None)
    assert age(75).behind_s == 75
    assert "75 s old" in (age(75).late or "")
    assert age(UNKNOWN_S).behind_s is None
    assert "of unknown age" in (age(UNKNOWN_S).late or "")
    assert age_of(3) == "3 s old"
