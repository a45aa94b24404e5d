"""The walk of members through the platform, over HTTP, wherever its services answer.

Members apply and join, and their clocks run. `met` is certified in time; `lagging` is certified in
time while the audits' clock stands still on its last day; `late` is certified in time, but that is
recorded only after the day was closed; `lost` even after it forfeited its membership; `friend` has
no duty. The first three end in the same state. `walk` does all this and writes down what it saw;
each of CLAIMS judges that, and can be called on its own.

    walked = walk(door, date(2024, 1, 10), "W1")       # stores created as simulated, no later day
    for claim in CLAIMS:
        claim(walked)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.door import Door, Heard, Poll, Stream, eventually

FIRM = "auditor:FIRM-1"
IN_TIME = 20
"""Days before its last one on which a duty is met."""
WAITED = 30
"""Days before the others that `lost` joined."""
GRACE = 90
"""Days from a miss to the forfeiture, by the policy (unverified)."""
Row = dict[str, Any]


@dataclass
class Walked:
    """What was seen on the way. Members by their part (`met`), not by their id."""

    began: date
    due: date
    prefix: str
    boards: dict[str, dict[str, Row | None]] = field(default_factory=dict)
    members: dict[str, dict[str, Row]] = field(default_factory=dict)
    statuses: dict[str, Row] = field(default_factory=dict)
    course: dict[str, list[Row]] = field(default_factory=dict)
    explained: dict[str, Row] = field(default_factory=dict)
    refused_twice: Row = field(default_factory=dict)
    polled: list[Heard] = field(default_factory=list)
    streamed: list[Heard] = field(default_factory=list)
    connections: int = 0

    def id(self, part: str) -> str:
        """The member's id."""
        return f"{self.prefix}-{part}"

    def public(self, part: str) -> list[str]:
        """Names of the public events about a member, in their order."""
        mine = [heard for heard in self.polled if heard.data.get("member_id") == self.id(part)]
        return [heard.type.split(".")[1] for heard in mine if heard.type.startswith("cert")]


OBLIGED = ("met", "lagging", "late", "lost")
PARTS = (*OBLIGED, "friend")


def walk(door: Door, began: date, prefix: str = "W") -> Walked:
    """Walk from `began` on, for a little more than two years."""
    walked = Walked(began, began.replace(year=began.year + 2), prefix)
    with Poll(door) as poll, Stream(door) as stream:
        door.tick(began)
        for part in PARTS:
            join(door, walked, part)
        _see(door, walked, "joined")
        for part in OBLIGED:
            register(door, walked, part)
        _until_due(door, walked)
        _at_due(door, walked)
        _after_due(door, walked)
        _forfeited(door, walked)
        _finish(door, walked)
        last = eventually(lambda: poll.heard[-1:], bool)[-1].position
        eventually(lambda: stream.heard[-1:], lambda seen: seen and seen[-1].position >= last)
        walked.polled, walked.streamed = poll.heard[:], stream.heard[:]
        walked.connections = stream.connections
    return walked


# --- what members, operations and auditors do ---


def join(door: Door, walked: Walked, part: str) -> None:
    """From the first draft to the membership, then look at the board."""
    member_id = walked.id(part)
    who, duty = f"member:{member_id}", part != "friend"
    named = {"name": f"Synthetic {part} group", "country": "DE"}
    asked = (
        {"membership_class": "PT", "activities": ["smelting", "casthouse"]}
        if duty
        else {"membership_class": "DS", "activities": []}
    )
    door.send(who, "membership/draft_application", member_id=member_id, **named)
    door.send(who, "membership/submit_application", member_id=member_id, **asked)
    door.send("ops", "membership/start_review", member_id=member_id)
    note = door.post("ops", "/membership/notes", text="the sites are missing")["note_ref"]
    door.send("ops", "membership/request_information", member_id=member_id, note_ref=note)
    door.send(who, "membership/supply_information", member_id=member_id)
    door.send("ops", "membership/approve_application", member_id=member_id, fee_level="small")
    joined_on = walked.began - timedelta(days=WAITED if part == "lost" else 0)
    fields = {"member_id": member_id, "joined_on": joined_on.isoformat()}
    door.send("ops", "membership/admit_member", **fields)
    if duty:  # it shows by itself; how soon is measured by the benchmark `board`
        eventually(lambda: _deadline(door, member_id), bool)


def register(door: Door, walked: Walked, part: str) -> None:
    """An entity and two facilities, one by one."""
    member_id = walked.id(part)
    who = f"member:{member_id}"
    entity = {"member_id": member_id, "entity_id": f"{member_id}-E"}
    door.send(who, "membership/register_entity", **entity, name="Entity", country="DE")
    for number in (1, 2):
        door.send(
            who,
            "membership/register_facility",
            **entity,
            facility_id=f"{member_id}-F{number}",
            name=f"Works {number}",
            activities=["smelting"],
            location={"country": "DE", "latitude": "50.1", "longitude": "8.7"},
        )


def certify(door: Door, member_id: str, valid_from: date, standard: str = "PS") -> None:
    """Conclude an audit that ended before a day, and decide on a certificate from that day on."""
    suffix = "" if standard == "PS" else f"-{standard}"  # one standard's ids are not another's
    ended_on, audit_id = valid_from - timedelta(days=10), f"{member_id}-A{suffix}"
    audit = {"audit_id": audit_id, "member_id": member_id, "entity_id": f"{member_id}-E"}
    door.send(
        FIRM,
        "audits/conclude_audit",
        **audit,
        standard=standard,
        kind="initial_certification",
        facilities=[f"{member_id}-F1", f"{member_id}-F2"],
        auditor_firm="FIRM-1",
        lead_auditor="person-1",
        started_on=(ended_on - timedelta(days=4)).isoformat(),
        ended_on=ended_on.isoformat(),
        findings=[{"finding_id": "1", "criterion": "2.1", "finding_class": "minor"}],
        overall_maturity="medium",
    )
    door.send(
        "ops",
        "audits/decide_certificate",
        certificate_id=f"{member_id}-C{suffix}",
        audit_id=audit_id,
        valid_from=valid_from.isoformat(),
        decided_on=valid_from.isoformat(),
    )


# --- the two years ---


def _until_due(door: Door, walked: Walked) -> None:
    """`met` meets its duty; `lost` misses one that ended earlier."""
    in_time = walked.due - timedelta(days=IN_TIME)
    door.tick(in_time)
    door.settled()
    _see(door, walked, "missed")
    certify(door, walked.id("met"), in_time)
    eventually(lambda: _deadline(door, walked.id("met")), lambda row: row is None)
    _see(door, walked, "met")


def _at_due(door: Door, walked: Walked) -> None:
    """Audits stand still on the last day while the others move on: nothing is decided, and
    `lagging` is certified."""
    after = walked.due + timedelta(days=5)
    door.tick(walked.due, ["audits"])
    with door.ticking(after, ["membership", "certification"]):
        eventually(
            lambda: _deadline(door, walked.id("lagging")),
            lambda row: row and row["bucket"] == "undetermined",
        )
        _see(door, walked, "undetermined")
        certify(door, walked.id("lagging"), walked.due - timedelta(days=IN_TIME))
        door.tick(after, ["audits"])


def _after_due(door: Door, walked: Walked) -> None:
    """`late` missed its duty and is suspended, until its certificate is recorded after all."""
    door.settled()
    _see(door, walked, "after")
    certify(door, walked.id("late"), walked.due - timedelta(days=IN_TIME))
    eventually(lambda: _member(door, walked.id("late")), lambda row: row["standing"] == "active")
    door.settled()
    _see(door, walked, "retracted")


def _forfeited(door: Door, walked: Walked) -> None:
    """`lost` loses its membership; a certificate in time, and a person, give it back."""
    lost, missed_on = walked.id("lost"), walked.due - timedelta(days=WAITED - 1)
    door.tick(missed_on + timedelta(days=GRACE - 1))
    door.settled()
    _see(door, walked, "last day of grace")
    door.tick(missed_on + timedelta(days=GRACE))
    door.settled()
    _see(door, walked, "forfeited")
    walked.refused_twice = door.attempt(
        "ops", "membership/restore_membership", member_id=lost
    ).json()
    certify(door, lost, missed_on - timedelta(days=IN_TIME))
    eventually(lambda: _member(door, lost), lambda row: row["forfeiture_questioned"])
    door.settled()
    _see(door, walked, "in question")
    door.send("ops", "membership/restore_membership", member_id=lost)
    door.settled()


def _finish(door: Door, walked: Walked) -> None:
    _see(door, walked, "end")
    for part in OBLIGED:
        member_id = walked.id(part)
        path = f"/certification/deadlines/initial_certification:{member_id}"
        walked.explained[part] = door.get("ops", path)
        walked.statuses[part] = door.get("ops", f"/certification/members/{member_id}")
        days = range(-60, 61, 5)
        walked.course[part] = [
            _status(door, f"members/{member_id}", walked.due + timedelta(days=day)) for day in days
        ]


# --- what is looked at ---


def _deadline(door: Door, member_id: str) -> Row | None:
    """The first certification of a member as the board's query has it."""
    found: list[Row] = door.get(
        "ops", "/certification/deadlines", member=member_id, kind="initial_certification"
    )["items"]
    return found[0] if found else None


def _member(door: Door, member_id: str) -> Row:
    row: Row = door.get("ops", f"/membership/members/{member_id}")
    return row


def _status(door: Door, of: str, on: date) -> Row:
    found = door.get("ops", f"/certification/{of}", effective_at=on.isoformat())
    return {name: found[name] for name in ("status", "by_standard", "standing", "duties")}


def _see(door: Door, walked: Walked, when: str) -> None:
    """Write down the board and the members as they are now."""
    walked.boards[when] = {part: _deadline(door, walked.id(part)) for part in PARTS}
    walked.members[when] = {part: _member(door, walked.id(part)) for part in PARTS}


# --- claims ---


def the_clock_starts_by_class_and_date(walked: Walked) -> None:
    """Two years from the day of joining for who has the duty; none for who has not."""
    board = walked.boards["joined"]
    for part in ("met", "lagging", "late"):
        assert (board[part] or {})["due_on"] == walked.due.isoformat()
    earlier = walked.due - timedelta(days=WAITED)
    assert (board["lost"] or {})["due_on"] == earlier.isoformat()
    assert board["friend"] is None
    friend = walked.members["joined"]["friend"]
    assert (friend["standing"], friend["duty_rule"]) == ("active", None)


def a_certificate_meets_the_duty(walked: Walked) -> None:
    """In time: off the board, and the next round is the recertification."""
    assert walked.boards["met"]["met"] is None
    row = walked.members["met"]["met"]
    assert (row["standing"], row["duty_state"]) == ("active", "open")
    assert row["duty_rule"] == "recertification"
    told = ["duty_started", "certificate_granted", "duty_met", "duty_started"]
    assert walked.public("met") == told


def without_a_certificate_it_is_missed_suspended_and_forfeited(walked: Walked) -> None:
    """Two steps, a policy's number of days apart."""
    missed, grace = walked.members["missed"]["lost"], walked.members["last day of grace"]["lost"]
    assert (missed["standing"], missed["duty_state"]) == ("suspended", "missed")
    assert (walked.boards["missed"]["lost"] or {})["bucket"] == "past_due"
    missed_on = walked.due - timedelta(days=WAITED - 1)
    assert list(missed["suspensions"].values()) == [missed_on.isoformat()]
    forfeits_on = (missed_on + timedelta(days=GRACE)).isoformat()
    assert missed["forfeits_on"] == forfeits_on
    assert grace["standing"] == "suspended"
    gone = walked.members["forfeited"]["lost"]
    assert (gone["standing"], gone["ended_on"]) == ("forfeited", forfeits_on)


def nothing_is_said_while_audits_are_silent(walked: Walked) -> None:
    """The last day is over, and nobody is called late: the board says why."""
    for part in ("lagging", "late"):
        row = walked.boards["undetermined"][part] or {}
        assert row["bucket"] == "undetermined"
        assert "has closed" in row["reason"]
        assert walked.members["undetermined"][part]["standing"] == "active"
    assert "duty_missed" not in walked.public("lagging")


def a_certificate_recorded_late_but_in_time_retracts_the_miss(walked: Walked) -> None:
    """The member is suspended meanwhile, and reinstated by the rule itself."""
    after, then = walked.members["after"]["late"], walked.members["retracted"]["late"]
    assert (after["standing"], after["duty_state"]) == ("suspended", "missed")
    assert (then["standing"], then["suspensions"]) == ("active", {})
    assert walked.public("late") == [
        "duty_started",
        "duty_missed",
        "certificate_granted",
        "duty_miss_retracted",
        "duty_met",
        "duty_started",
    ]


def a_forfeited_membership_is_restored_by_a_person(walked: Walked) -> None:
    """Not while the ground stands; not by itself once it is gone; then by a command."""
    assert walked.refused_twice["slug"] == "forfeiture-stands"
    question, end = walked.members["in question"]["lost"], walked.members["end"]["lost"]
    assert (question["standing"], question["forfeiture_questioned"]) == ("forfeited", True)
    assert (end["standing"], end["forfeiture_questioned"]) == ("active", False)
    assert (end["suspensions"], end["ended_on"]) == ({}, None)


def three_orders_end_in_the_same_state(walked: Walked) -> None:
    """Certificate first, tick first, audits behind: rows, statuses on every day, deadlines."""
    for look in (_last_row, _last_status, _last_course, _last_deadline):
        met, lagging, late = (look(walked, part) for part in ("met", "lagging", "late"))
        assert met == lagging == late


def _same_id(walked: Walked, part: str, value: object) -> object:
    """A value without the names and counts that differ from member to member."""
    counts = ("version", "position", "through", "facts", "known_at", "name")
    if isinstance(value, dict):
        return {
            str(_same_id(walked, part, name)): _same_id(walked, part, one)
            for name, one in value.items()
            if name not in counts
        }
    if isinstance(value, list):
        return [_same_id(walked, part, one) for one in value]
    return value.replace(walked.id(part), "X") if isinstance(value, str) else value


def _last_row(walked: Walked, part: str) -> object:
    return _same_id(walked, part, walked.members["end"][part])


def _last_status(walked: Walked, part: str) -> object:
    return _same_id(walked, part, walked.statuses[part])


def _last_course(walked: Walked, part: str) -> object:
    return _same_id(walked, part, walked.course[part])


def _last_deadline(walked: Walked, part: str) -> object:
    return _same_id(walked, part, walked.explained[part]["deadline"])


def a_subscriber_receives_every_public_event_in_order(walked: Walked) -> None:
    """By long poll and as a stream with resumption: the same events, no hole, no repeat."""
    for heard in (walked.polled, walked.streamed):
        places = [one.position for one in heard]
        assert places == sorted(set(places))
        previous = [int(one.event["previous"]) for one in heard]
        assert previous == [0, *places[:-1]]
    last = walked.polled[-1].position
    assert walked.polled == [one for one in walked.streamed if one.position <= last]
    assert walked.connections > 2


CLAIMS: Sequence[Callable[[Walked], None]] = (
    the_clock_starts_by_class_and_date,
    a_certificate_meets_the_duty,
    without_a_certificate_it_is_missed_suspended_and_forfeited,
    nothing_is_said_while_audits_are_silent,
    a_certificate_recorded_late_but_in_time_retracts_the_miss,
    a_forfeited_membership_is_restored_by_a_person,
    three_orders_end_in_the_same_state,
    a_subscriber_receives_every_public_event_in_order,
)
