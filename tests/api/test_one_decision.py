"""Decisions on one audit under different certificate ids, at the same time: one of them passes."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from tests.door import Door
from tests.embedded import door_of, platform
from tests.walk import FIRM, Walked, join, register

BEGAN = date(2024, 1, 10)
WALKED = Walked(BEGAN, BEGAN.replace(year=2026), "W")
MEMBER = "W-met"
AUDITS = [f"A{number}" for number in range(6)]
AT_ONCE = 6


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with some audits that nobody has decided on."""
    ended_on = BEGAN - timedelta(days=10)
    with platform(tmp_path_factory.mktemp("decisions")) as host, door_of(host) as door:
        door.tick(BEGAN)
        join(door, WALKED, "met")
        register(door, WALKED, "met")
        for audit_id in AUDITS:
            door.send(
                FIRM,
                "audits/conclude_audit",
                audit_id=audit_id,
                member_id=MEMBER,
                entity_id=f"{MEMBER}-E",
                standard="PS",
                kind="initial_certification",
                facilities=[f"{MEMBER}-F1"],
                auditor_firm="FIRM-1",
                lead_auditor="person-1",
                started_on=ended_on.isoformat(),
                ended_on=ended_on.isoformat(),
            )
        yield door


@pytest.mark.parametrize("audit_id", AUDITS)
def test_of_decisions_at_the_same_time_one_passes(door: Door, audit_id: str) -> None:
    together = Barrier(AT_ONCE)

    def decide(number: int) -> tuple[int, str]:
        together.wait(60)
        answer = door.attempt(
            "ops",
            "audits/decide_certificate",
            certificate_id=f"{audit_id}-C{number}",
            audit_id=audit_id,
        )
        return answer.status_code, str(answer.json().get("slug", ""))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = Counter(pool.map(decide, range(AT_ONCE)))
    assert answers == {(200, ""): 1, (409, "audit-already-decided"): AT_ONCE - 1}
    door.settled()
    granted = [
        item["certificate_id"]
        for item in door.get(None, "/certification/registry", limit=1_000)["items"]
        if item["certificate_id"].startswith(audit_id)
    ]
    decided_by = door.get("ops", f"/audits/audits/{audit_id}")["decided_by"]
    assert granted == [decided_by]
