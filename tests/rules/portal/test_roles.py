"""What the pages of subscribers, audit firms and verifiers show, from what services tell."""

from string import Formatter
from typing import Any

import pytest

from contracts import certification, machinery
from services.portal import auditing, events, verifying

PUBLIC = (*certification.EVENTS, *machinery.EVENTS)


@pytest.mark.parametrize("event", PUBLIC, ids=lambda event: str(event.TYPE))
def test_every_public_event_has_a_sentence_made_of_its_own_fields(event: Any) -> None:
    kind = event.TYPE.removesuffix(".v1")
    named = {name for _, name, _, _ in Formatter().parse(events.SENTENCES[kind]) if name}
    assert named <= set(event.model_fields)


def test_no_sentence_is_about_an_event_that_does_not_exist() -> None:
    assert set(events.SENTENCES) == {event.TYPE.removesuffix(".v1") for event in PUBLIC}


def test_a_sentence_writes_days_and_rules_for_people() -> None:
    told = {"rule": "initial_certification", "due_on": "2025-08-01"}
    said = events.sentence("certification.duty_started", told)
    assert said == "The initial certification is due by 1 Aug 2025."
    assert events.sentence("certification.certificate_merged", told) == events.OTHER
    assert events.sentence("certification.duty_started", {}) == events.OTHER


def test_a_view_of_events_is_all_in_its_address() -> None:
    wanted = events.Filter("certification.duty_met", "M&1", "900")
    assert wanted.link() == "/events?type=certification.duty_met&member=M%261"
    assert wanted.link(before="800").endswith("&before=800")
    assert events.Filter().types == ["certification"]
    assert events.Filter("all").types == []
    assert events.Filter("all").feed("7") == "/feed?wait=60&after=7"


def audit(kind: str = "initial_certification", **more: Any) -> dict[str, Any]:
    told = {"audit_id": "A", "member_id": "M", "kind": kind, "state": "scheduled", "due": None}
    return {**told, **more}


def test_an_audit_is_needed_by_its_certificate_or_else_by_the_duty_as_told_last() -> None:
    said = [("M", "2025-09-01"), ("M", "2025-07-01"), ("N", "2025-01-01")]
    rule = "initial_certification"
    answer = {"events": [{"data": {"member_id": m, "rule": rule, "due_on": on}} for m, on in said]}
    duties = auditing.duties_of(answer)
    assert auditing.deadline_of(audit(), duties, "2025-08-31") == (rule, "2025-09-01", 1)
    assert auditing.deadline_of(audit("special"), duties, "2025-08-31") is None
    assert auditing.deadline_of(audit(state="concluded"), duties, "2025-08-31") is None
    due = {"kind": "surveillance", "due_on": "2025-08-30"}
    found = auditing.deadline_of(audit("surveillance", due=due), duties, "2025-08-31")
    assert found == ("surveillance", "2025-08-30", -1)
    assert auditing.members_asked([audit(), audit("special", member_id="X")]) == ["M"]


def test_points_are_written_one_a_line_with_the_data_concerned() -> None:
    text = " Anode butts: D03, D04 \r\n\r\nWhere is  coke\n"
    assert verifying.points_in(text) == [
        {"point": "anode-butts", "data": ["D03", "D04"]},
        {"point": "where-is-coke", "data": []},
    ]


def test_what_is_not_filled_in_is_left_to_the_service_to_refuse() -> None:
    assert verifying.answer_of("return", {})["points"] == []
    said = verifying.answer_of("verify", {"result": ["x"], "scopes": ["1", "3.1"]})
    assert (said["result"], said["verified_on"], said["scopes"]) == ("x", None, ["1", "3.1"])
