"""The desks of the platform as it is: each service's definition, what its server fills in, and
what it shows, in the shape of the oracle's answers."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from contracts.values import DutyRule
from infra.decider import Command
from services.audit_scheduling import domain as audits
from services.audit_scheduling.app import definition as audits_definition
from services.certification import domain as certification
from services.certification.app import definition as certification_definition
from services.certification.lapse import lapsed
from services.certification.status import Status
from services.certification.subjects import loader
from services.membership import domain as membership
from services.membership.app import definition as membership_definition
from services.membership.standing import Member
from simulator.compare import ABSENT
from simulator.oracle import IN_FORCE, Deadline, Oracle
from simulator.rules import ONE_DAY

from .inmemory import APPROVER, Desk, Platform

Shown = dict[str, dict[str, Any]]


def platform() -> Platform:
    """A platform without a past."""
    return Platform(
        [
            Desk(audits_definition(), audits.COMMANDS, fill_audits),
            Desk(membership_definition(), membership.COMMANDS, fill_membership),
            Desk(certification_definition(), certification.COMMANDS, fill_nothing),
        ]
    )


def fill_membership(
    command: type[Command], sent: Mapping[str, object], desk: Desk, on: date
) -> Mapping[str, object]:
    """Evidence from its own streams, and who approves."""
    known = membership.Knowledge(
        state=desk.state,
        facilities_in=lambda entity_id: open_facilities(desk, entity_id),
        known_through=len(desk.log),
    )
    filled = membership.fill(command.NAME, sent, known)
    return {**filled, "approver": APPROVER} if "approver" in command.FILLED else filled


def open_facilities(desk: Desk, entity_id: str) -> list[str]:
    """Which facilities are open in an entity, by the service's own rows."""
    rows = desk.readers[0].rows["facilities"].values()
    return [row.facility_id for row in rows if (row.entity_id, row.state) == (entity_id, "open")]


def fill_audits(
    command: type[Command], sent: Mapping[str, object], desk: Desk, on: date
) -> Mapping[str, object]:
    """Evidence from its own streams, and from its rows of what membership told."""
    return audits.fill(command.NAME, sent, desk.readers[0].row, desk.state)


def fill_nothing(
    command: type[Command], sent: Mapping[str, object], desk: Desk, on: date
) -> Mapping[str, object]:
    """Users send certification nothing."""
    raise AssertionError(f"nobody sends {command.NAME} here")


# --- what is shown ---


def members_shown(made: Platform) -> Shown:
    """Membership's own word on every member, as `Oracle.state` puts it; a row that is not there is
    shown as such, for the oracle to tell."""
    rows = made.desks["membership"].readers[0].rows["members"]
    return {
        state.member_id: {
            "status": state.standing,
            "reasons": sorted(state.suspensions) if state.status == "member" else [],
            "duties": _duties(state) if state.status == "member" else {},
            "contradicted": (
                rows[state.member_id].class_contradicted if state.member_id in rows else ABSENT
            ),
        }
        for state in _members(made)
    }


def _members(made: Platform) -> Iterator[Member]:
    for stream, (_, state) in made.desks["membership"].folds.items():
        if stream.startswith("member/"):
            assert isinstance(state, Member)
            yield state


def _duties(state: Member) -> dict[str, dict[str, str]]:
    """The first duty once it was met, and the duty that runs."""
    first = DutyRule.INITIAL_CERTIFICATION
    shown = {
        met.duty.rule.value: {"due_on": met.duty.due_on.isoformat(), "state": "met"}
        for met in state.met
        if met.duty.rule is first
    }
    if state.duty is not None:
        missed = state.miss(state.duty.key) is not None
        shown[state.duty.rule.value] = {
            "due_on": state.duty.due_on.isoformat(),
            "state": "missed" if missed else "open",
        }
    return shown


def members_expected(oracle: Oracle, on: date, known: date) -> Shown:
    """The oracle's members: their standing on that day, and their duties by all that is known to
    hold later too, as membership says at once what a certificate to come will meet."""
    members = oracle.state(on, known)["members"]
    ahead = oracle.state(on, known, ahead=True)["members"]
    contradicted = oracle.contradicted(on, known)
    return {
        name: {
            "status": shown["status"],
            "reasons": shown["reasons"],
            "duties": ahead[name]["duties"],
            "contradicted": name in contradicted,
        }
        for name, shown in members.items()
    }


STOOD = (*IN_FORCE, "forfeited", "resigned", "terminated")
"""Standings of who has joined."""
WORDS = {"running": "open"}
"""The oracle's word for certification's."""


def certification_expected(oracle: Oracle, on: date, known: date) -> Shown:
    """The oracle's word on everybody and everything on that day."""
    state, sites = oracle.state(on, known), oracle.sites(on, known)
    steady = steady_members(oracle, on, known)
    return {
        "certificates": {name: shown["status"] for name, shown in state["certificates"].items()},
        "entities": dict(sites["entities"]),
        "facilities": dict(sites["facilities"]),
        "members": {
            name: _expected(member, steady=name in steady)
            for name, member in state["members"].items()
        },
    }


def certification_shown(made: Platform, oracle: Oracle, on: date, known: date) -> Shown:
    """Certification's word on the same: as the facts of the day have it, so a certificate that is
    to begin certifies nothing yet."""
    reader = made.desks["certification"].readers[0]
    load = loader(lambda subject: reader.row("subjects", subject))

    def status(subject: str) -> Status:
        return certification.status(certification.gather(subject, load), on)

    state, sites = oracle.state(on, known), oracle.sites(on, known)
    steady = steady_members(oracle, on, known)
    names: dict[str, Iterable[str]] = {**sites, "certificates": state["certificates"]}
    shown: Shown = {
        kind: {name: status(f"{one}/{name}").certification.value for name in names[kind]}
        for kind, one in KINDS.items()
    }
    shown["members"] = {
        name: _shown(
            status(f"member/{name}"), steady=name in steady, obliged=bool(member["duties"])
        )
        for name, member in state["members"].items()
    }
    return shown


def steady_members(oracle: Oracle, on: date, known: date) -> set[str]:
    """Whose duties are the same whether or not one looks ahead. Of the others membership has told
    already what only a certificate to come brings; how their duty stood until then is not told."""
    now, ahead = (oracle.state(on, known, ahead=looking)["members"] for looking in (False, True))
    return {name for name in now if now[name]["duties"] == ahead[name]["duties"]}


KINDS = {"certificates": "certificate", "entities": "entity", "facilities": "facility"}


def _expected(member: Mapping[str, Any], *, steady: bool) -> dict[str, Any]:
    """A member by the oracle; without its duties while they are not `steady`."""
    return {
        "certification": member["certification"],
        "status": member["status"] if member["status"] in STOOD else "none",
        "duties": {
            rule: [duty["due_on"], duty["state"]]
            for rule, duty in member["duties"].items()
            if steady
        },
    }


def _shown(status: Status, *, steady: bool, obliged: bool) -> dict[str, Any]:
    """A member by certification. A duty that was met stays on record after the member left the
    class that has it (no longer `obliged`): history, no duty any more. Steady or not,
    no duty runs before the one before it is met."""
    states = {duty.rule: duty.state for duty in status.duties}
    first = states.get(DutyRule.INITIAL_CERTIFICATION)
    early = first not in (None, "met") and DutyRule.RECERTIFICATION in states
    return {
        "certification": status.certification.value,
        "status": status.standing,
        "duties": {
            duty.rule.value: [duty.due_on.isoformat(), WORDS.get(duty.state, duty.state)]
            for duty in status.duties
            if steady and status.standing in IN_FORCE and (obliged or duty.state != "met")
        }
        | ({"runs before the first is met": True} if early else {}),
    }


def deadlines_shown(made: Platform, on: date) -> dict[str, str]:
    """What the board lists on a day: all that is still to be done, with its day."""
    reader = made.desks["certification"].readers[0]
    load = loader(lambda subject: reader.row("subjects", subject))
    rows = list(reader.rows["deadlines"].values())
    return {
        row.deadline_id: row.due_on.isoformat()
        for row in lapsed(rows, reader.rows["ended"], load, on)
        if row.due_on is not None and row.closed_on is None and row.state in ("open", "missed")
    }


def deadlines_expected(oracle: Oracle, on: date, known: date) -> dict[str, str]:
    """The same by the oracle."""
    return {_key(one): one.due_on.isoformat() for one in oracle.deadlines(on, known)}


def _key(one: Deadline) -> str:
    subject = f"{one.member_id}~{one.subject}" if one.kind == "fee_invoice" else one.subject
    return f"{one.kind}:{subject}"


def day_after(day: date) -> date:
    """What holds after a day was closed is what holds on the next."""
    return day + ONE_DAY
