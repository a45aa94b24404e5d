"""The synthetic world's inventories: each can be calculated, and they look like an industry."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from castmark.operate import SIGN_IN
from contracts.values import Location
from services.ghg.activity.sent import DatumSent, SiteSent
from services.ghg.activity.taking import inventory_of, site_of
from services.ghg.activity.work import units_on
from services.ghg.app import factors, policies
from services.ghg.domain import COMMANDS, ROLES
from services.ghg.evidence import Calculated, FacilityEvidence
from services.ghg.results.commands import SubmitActivity
from services.ghg.results.reckoning import Version, packed_of, reckon, usual
from simulator.history import FacilityRegistered
from simulator.inventories import all_steps, inventory_steps
from simulator.steps import Step
from simulator.world import World, world

MADE = {command.NAME: command for command in COMMANDS}


@cache
def made() -> World:
    return world(7)


@cache
def registered() -> Mapping[str, FacilityRegistered]:
    found = [entry for entry in made().entries if isinstance(entry, FacilityRegistered)]
    return {entry.facility_id: entry for entry in found}


def evidence(step: Step) -> FacilityEvidence:
    entry = registered()[str(step.fields["facility_id"])]
    return FacilityEvidence(
        facility_id=entry.facility_id,
        member_id=entry.member_id,
        entity_id=entry.entity_id,
        location=Location(country=entry.site.country, subdivision=entry.site.subdivision),
        activities=entry.site.activities,
        start_year=entry.site.start_year,
    )


@cache
def results() -> Mapping[str, Calculated]:
    found: dict[str, Calculated] = {}
    for step in inventory_steps(made()):
        if step.command != SubmitActivity.NAME:
            continue
        data, site = step.fields["data"], step.fields["site"]
        assert isinstance(data, list)
        year = int(str(step.fields["year"]))
        policy = policies().on(step.on)
        inventory = inventory_of(
            site_of(evidence(step), SiteSent.model_validate(site)),
            year,
            tuple(DatumSent.model_validate(one) for one in data),
            units_on(step.on),
            policy,
        )
        version = Version(1, packed_of(inventory).data_hash, inventory)
        calculated = reckon(version, usual(policy, step.on), factors(), policies())
        found[f"{step.fields['facility_id']}:{year}"] = calculated
    return found


def metal() -> list[Decimal]:
    """Mine-to-metal intensities, power as bought."""
    return [
        one.t_per_t
        for result in results().values()
        for one in result.intensities
        if (one.of, one.power) == ("mine_to_metal", "market")
    ]


def test_every_inventory_can_be_calculated_and_nothing_in_it_blocks() -> None:
    assert len(results()) > 80
    assert [name for name, result in results().items() if result.blocking] == []


def test_smelters_lie_in_the_published_range_and_are_not_all_alike() -> None:
    assert all(Decimal(3) < one < Decimal(25) for one in metal())
    assert max(metal()) - min(metal()) > 8


def test_an_auditor_finds_something_in_some_and_nothing_grave_in_others() -> None:
    grave = [any(one.severity == "major" for one in r.findings) for r in results().values()]
    assert 0 < sum(grave) < len(grave)


def test_what_is_sent_has_the_form_of_its_command_and_a_sender_who_may() -> None:
    for step in inventory_steps(made()):
        role, _, who = step.sender.partition(":")
        assert role in ROLES[step.command], step
        assert step.fields[{"member": "member_id", "verifier": "verifier_id"}[role]] == who
        assert set(step.fields) <= set(MADE[step.command].model_fields)


def test_all_services_are_told_in_order_of_days_and_nothing_after_the_end() -> None:
    days = [step.on for step in all_steps(made())]
    assert days == sorted(days)
    assert days[-1] <= made().as_of
    assert {step.service for step in all_steps(made())} == {
        "membership",
        "audits",
        "ghg",
        "coc",
    }


def test_every_submission_is_one_of_its_facility_and_year() -> None:
    told = Counter(
        (step.fields["facility_id"], step.fields["year"])
        for step in inventory_steps(made())
        if step.command == SubmitActivity.NAME
    )
    assert set(told.values()) == {1}


def test_every_role_that_a_link_is_printed_for_finds_something_in_the_world() -> None:
    """As of its last day: a result that waits for the verifier, an audit that the firm has before
    it, a member."""
    lie: dict[str, str] = {}
    booked: dict[str, str] = {}
    for step in all_steps(made()):
        of = f"{step.fields.get('facility_id')}:{step.fields.get('year')}"
        match step.command:
            case "submit_for_verification":
                lie[of] = f"verifier:{step.fields['verifier_id']}"
            case "verify_result":
                lie.pop(of)
            case "schedule_audit" if str(step.fields["starts_on"]) > made().as_of.isoformat():
                booked[str(step.fields["audit_id"])] = f"auditor:{step.fields['auditor_firm']}"
            case "conclude_audit" | "cancel_audit":
                booked.pop(str(step.fields["audit_id"]), None)
            case _:
                pass
    members = {f"member:{member_id}" for member_id in made().members}
    found = {"ops", "subscriber:demo", *lie.values(), *booked.values(), *members}
    assert [role for _, role in SIGN_IN if role not in found] == []
    assert len(lie) < 20
