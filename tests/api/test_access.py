"""Who may see what: members their own, the public certificates, subscribers what is public."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from castmark.schemas import SCHEMAS
from contracts import audits, certification, membership
from contracts.envelope import Event
from tests.api.test_fuzz import judge, populate
from tests.door import Door
from tests.embedded import door_of, platform

M1, M2, OPS = "member:M1", "member:M2", "ops"
SUBSCRIBER, AUDITOR = "subscriber:S", "auditor:FIRM-1"
EVERYBODY = (OPS, M1, M2, AUDITOR, SUBSCRIBER, None)
SIGNED_IN = frozenset({OPS, M1, M2, AUDITOR, SUBSCRIBER})
ALL = frozenset(EVERYBODY)
OWN = frozenset({OPS, M1})
ONLY_OPS = frozenset({OPS})

MAY: tuple[tuple[str, frozenset[str | None]], ...] = (
    ("/membership/members", ONLY_OPS),
    ("/membership/members/M1", OWN),
    ("/membership/members/M1/entities", OWN),
    ("/membership/members/M1/facilities", OWN),
    ("/membership/facilities/M1-F1", OWN),
    ("/audits/audits/M1-A", OWN | {AUDITOR}),
    ("/audits/audits/M1-A/preparation", OWN | {AUDITOR}),
    ("/audits/members/M1/audits", OWN),
    ("/audits/firms/FIRM-1/audits", ONLY_OPS | {AUDITOR}),
    ("/ghg/verifiers/V1/waiting", ONLY_OPS),
    ("/audits/certificates/M1-C", OWN),
    ("/certification/certificates/M1-C", ALL),
    ("/certification/registry", ALL),
    ("/certification/members/M1", SIGNED_IN),
    ("/certification/entities/M1-E", SIGNED_IN),
    ("/certification/facilities/M1-F1", SIGNED_IN),
    ("/certification/deadlines?member=M1", OWN),
    ("/certification/deadlines/recertification:M1", OWN),
    ("/certification/risk", ONLY_OPS),
    ("/feed", SIGNED_IN),
    ("/feed/newest", SIGNED_IN),
    ("/feed/events/1", SIGNED_IN),
    ("/feed/schema", ALL),
    ("/membership/policies/membership-2017-12-01", SIGNED_IN),
    ("/membership/operations/consumers", ONLY_OPS),
    ("/membership/operations/clock", ONLY_OPS),
    ("/membership/operations/parked?consumer=membership", ONLY_OPS),
    ("/membership/operations/refusals", ONLY_OPS),
    ("/membership/operations/rebuild", ONLY_OPS),
    ("/certification/operations/consumers", ONLY_OPS),
    ("/audits/operations/consumers", ONLY_OPS),
    ("/feed/operations/consumers", ONLY_OPS),
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with something to hide: an extension with its reason, a suspended certificate."""
    with platform(tmp_path_factory.mktemp("access")) as host, door_of(host) as door:
        populate(door)
        note = door.post("ops", "/membership/notes", text="a private matter")["note_ref"]
        door.send(
            "ops",
            "membership/extend_duty",
            member_id="M2",
            due_on="2026-03-01",
            reason="secret-reason",
            note_ref=note,
        )
        door.send(
            "ops", "audits/suspend_certificate", certificate_id="M1-C", reason="secret-reason"
        )
        door.tick(date(2024, 2, 10))
        door.settled()
        yield door


@pytest.mark.parametrize(("path", "may"), MAY, ids=[path for path, _ in MAY])
def test_it_is_seen_by_those_who_may_and_by_nobody_else(
    door: Door, path: str, may: frozenset[str | None]
) -> None:
    for role in EVERYBODY:
        answer = door.ask(role, "GET", path)
        judge(answer)
        if role in may:
            assert answer.status_code == 200, (role, answer.text)
        else:
            assert answer.status_code == (401 if role is None else 403), (role, answer.text)


def test_a_member_sees_its_own_deadlines_and_is_not_told_of_others(door: Door) -> None:
    everything = door.get(OPS, "/certification/deadlines")
    assert {item["member_id"] for item in everything["items"]} == {"M1", "M2"}
    for role, member_id in ((M1, "M1"), (M2, "M2")):
        mine = door.get(role, "/certification/deadlines")
        assert {item["member_id"] for item in mine["items"]} == {member_id}
        assert sum(mine["buckets"].values()) == len(mine["items"]) < len(everything["items"])
    for stranger in ("initial_certification:M2", "initial_certification:M9"):
        answer = door.ask(M1, "GET", f"/certification/deadlines/{stranger}")
        assert (answer.status_code, answer.json()["slug"]) == (403, "not-your-member")


def test_what_exists_cannot_be_told_from_what_does_not(door: Door) -> None:
    """A refusal of another's things is the same, word for word but for the id."""
    cases = (
        (M2, "/membership/facilities/{}", "M1-F2"),
        (M2, "/audits/audits/{}", "M1-A"),
        (M2, "/audits/certificates/{}", "M1-C"),
        (M1, "/certification/entities/{}", "M2-E"),
        (M1, "/certification/deadlines/initial_certification:{}", "M2"),
        (M1, "/certification/facilities/{}", "M2-F1"),
    )
    for role, path, real in cases:
        there, not_there = (door.ask(role, "GET", path.format(key)) for key in (real, "nowhere"))
        assert there.status_code in (403, 404), path
        assert there.status_code == not_there.status_code
        assert there.text.replace(real, "it") == not_there.text.replace("nowhere", "it")


def test_the_schemas_of_the_feed_are_those_committed_and_every_event_of_it_has_one(
    door: Door,
) -> None:
    schemas = door.get(None, "/feed/schema")
    for name, schema in schemas.items():
        assert schema == orjson.loads((SCHEMAS / f"{name}.json").read_bytes())
    for event in door.get(SUBSCRIBER, "/feed", limit=1000)["events"]:
        Draft202012Validator(schemas[event["type"]]).validate(event["data"])
    assert "machinery.day_closed.v1" in schemas


def test_others_see_of_a_member_what_is_public(door: Door) -> None:
    """Not that audits are under way, which duties run, who is suspended and why."""
    for kind in ("members/M1", "entities/M1-E", "facilities/M1-F1"):
        path = f"/certification/{kind}"
        for role in (M2, SUBSCRIBER, AUDITOR):
            theirs = door.get(role, path)
            assert (theirs["standing"], theirs["duties"]) == (None, [])
            seen = {fact["attribute"] for fact in theirs["facts"]}
            mine = {fact["attribute"] for fact in door.get(M1, path)["facts"]}
            assert "covered_by:M1-C" in seen
            assert "audited_by:M1-A" in mine - seen
            assert not {name for name in seen if name.startswith(("duty", "suspended", "missed"))}
            assert theirs["status"] == "suspended"


def fields_of(event: type[Event]) -> set[str]:
    """The names of an event's fields."""
    return set(event.model_fields)


PRIVATE_FIELDS = {
    "reason",
    "approver",
    "note_ref",
    "lead_auditor",
    "auditor_firm",
    "findings",
    "actor",
    "fee_level",
    "policy_id",
    "name",
}


def test_no_public_event_has_a_field_for_reasons_approvers_or_people() -> None:
    internal = {name for event in (*membership.EVENTS, *audits.EVENTS) for name in fields_of(event)}
    public = {name for event in certification.EVENTS for name in fields_of(event)}
    assert PRIVATE_FIELDS - {"actor"} <= internal
    assert not PRIVATE_FIELDS & public


def keys_in(value: Any) -> set[str]:
    """Every key of every object in a JSON value."""
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in keys_in(one)}
    return {key for one in value for key in keys_in(one)} if isinstance(value, list) else set()


def test_the_public_feed_holds_no_reason_approver_or_person(door: Door) -> None:
    page = door.get(SUBSCRIBER, "/feed", limit=1_000)
    assert len({event["type"] for event in page["events"]}) > 4
    for event in page["events"]:
        assert event["actor"] in ("castmark:clock", "castmark:certification", "castmark:signer")
        assert not PRIVATE_FIELDS & keys_in(event["data"])
    text = str(page)
    assert "secret" not in text
    assert "person-" not in text
    assert "note-" not in text


@pytest.mark.parametrize("path", [path for path, may in MAY if None in may])
def test_what_needs_no_token_holds_nothing_internal(door: Door, path: str) -> None:
    text = door.ask(None, "GET", path).text
    for word in ("secret", "person-", "note-", "FIRM-1", "lead_auditor", "audited_by"):
        assert word not in text
