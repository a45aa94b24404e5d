"""The services' rules against the oracle, in memory: every step of the world is accepted, and what
the platform then shows is what the oracle expects, member by member, day by day.

The oracle was written from the domain's rules without the services' code; a difference is a
mistake in one of the two, and the seed finds it again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import pairwise
from multiprocessing import get_context
from typing import Any

import pytest

from contracts.machinery import DayClosed
from infra.errors import Refused
from services.audit_scheduling import domain as audits
from services.membership import domain as membership
from simulator.compare import Difference, differences, report
from simulator.oracle import Oracle
from simulator.rules import Rules
from simulator.steps import Step, step_of, steps
from simulator.world import World, clock_days, world

from .desks import (
    certification_expected,
    certification_shown,
    day_after,
    deadlines_expected,
    deadlines_shown,
    members_expected,
    members_shown,
    platform,
)
from .inmemory import Platform
from .wild import Value, WildLife

ROLES = {"membership": membership.ROLES, "audits": audits.ROLES}


def by_day(made: World, without: Collection[str]) -> dict[date, list[Step]]:
    """The steps of each day, without those of some members."""
    found: dict[date, list[Step]] = defaultdict(list)
    for entry in made.entries:
        if entry.member_id not in without:
            found[entry.recorded_on].append(step_of(entry))
    return found


def lived(made: World, running: Platform, without: Collection[str] = frozenset()) -> Iterator[date]:
    """Live through the world, without some members; each day that is over. Every step makes
    something happen."""
    todo = by_day(made, without)
    for day in clock_days(made.first_day, made.as_of):
        for step in todo.get(day, ()):
            assert running.send(step) > 0, f"nothing happened: {step}"
        running.close(day)
        yield day


def compared(running: Platform, oracle: Oracle, day: date) -> list[Difference]:
    """What differs on the morning after a day."""
    on = day_after(day)
    return differences(
        {
            "membership": members_expected(oracle, on, day),
            "board": deadlines_expected(oracle, on, day),
            **certification_expected(oracle, on, day),
        },
        {
            "membership": members_shown(running),
            "board": deadlines_shown(running, on),
            **certification_shown(running, oracle, on, day),
        },
    )


def test_every_sender_may_send_its_step() -> None:
    for step in steps(world(7)):
        role, _, who = step.sender.partition(":")
        assert role in ROLES[step.service][step.command], step
        if role != "ops":
            field = {"member": "member_id", "auditor": "auditor_firm"}[role]
            assert step.fields[field] == who, step


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_the_whole_world_is_accepted_and_ends_as_the_oracle_says() -> None:
    made, running = world(7), platform()
    oracle = Oracle(made.entries, made.rules)
    for day in lived(made, running):
        if (day.day, day.month, day.year % 3) == (1, 3, 0):
            found = compared(running, oracle, day)
            assert not found, report(found, title=f"{day}, seed 7")
    assert running.refusals == []
    found = compared(running, oracle, made.as_of)
    assert not found, report(found, title="seed 7")


@pytest.mark.soak
def test_a_small_world_is_as_the_oracle_says_all_along(seed: int) -> None:
    made, running = world(seed, members=16, chinese=4), platform()
    oracle = Oracle(made.entries, made.rules)
    for day in lived(made, running):
        if day.toordinal() % 14 == 0 and day >= made.rules.launch:
            found = compared(running, oracle, day)
            assert not found, report(found, title=f"{day}, seed {seed}")
    assert running.refusals == []


def test_a_wrong_figure_is_found_out() -> None:
    """Must fail: an oracle that forfeits a day early differs."""
    made, running = world(7, members=24, chinese=6), platform()
    early = replace(made.rules, forfeit_days=made.rules.forfeit_days - 1)
    oracle = Oracle(made.entries, early)
    assert any(
        differences(members_expected(oracle, day_after(day), day), members_shown(running))
        for day in lived(made, running)
    )


def test_a_short_wild_life_is_as_the_oracle_says(seed: int) -> None:
    """The short form of the one below, for every run."""
    life = WildLife(seed + 7)
    found = life.live(days=700)
    assert not found, report(found, title=f"{life.today}, wild {seed + 7}") + life.told()
    assert len(life.diary) > 15


def test_a_duty_that_falls_due_again_on_a_day_of_which_it_was_met_before_is_open() -> None:
    """A life in which the class is changed and changed back; found among the many below."""
    life = WildLife(20261137, replace(Rules(), early_expiry_waits=False), **OTHERWISE[2][0])
    found = life.live(days=400)
    assert not found, report(found, title=f"{life.today}") + life.told()


@pytest.mark.soak
@pytest.mark.parametrize("number", range(8))
def test_a_wild_life_is_as_the_oracle_says_day_by_day(seed: int, number: int) -> None:
    life = WildLife(seed + number)
    found = life.live(days=1500)
    assert not found, report(found, title=f"{life.today}, wild {seed + number}") + life.told()


OTHERWISE: tuple[tuple[Mapping[str, Value], Mapping[str, Any]], ...] = (
    ({"duty__suspended_certificate_counts": False}, {"suspended_counts": False}),
    ({"duty__provisional_counts": False}, {"provisional_counts": False}),
    ({"duty__early_expiry_waits_for_first_due": False}, {"early_expiry_waits": False}),
    ({"duty__late_certificate_reinstates": False}, {"late_cures": False}),
    ({"forfeit__days_after_miss": 0}, {"forfeit_days": 0}),
    ({"duty__years": 1, "fees__payment_days": 20}, {"duty_years": 1, "invoice_days": 20}),
)
"""Figures of the policy that may turn out to be others, and the oracle's own names for them."""


@pytest.mark.soak
@pytest.mark.parametrize(("figures", "rules"), OTHERWISE, ids=lambda value: ",".join(value))
def test_figures_that_may_change_change_both_alike(
    seed: int, figures: Mapping[str, Value], rules: Mapping[str, Any]
) -> None:
    life = WildLife(seed + 20, replace(Rules(), **rules), **figures)
    found = life.live(days=1200)
    assert not found, report(found, title=f"{life.today}, wild {seed + 20}") + life.told()


LIVES = 300


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_many_wild_lives_are_as_the_oracle_says(seed: int) -> None:
    """Measured on 28: 4 s of a core on the mean, 10 s for the fullest; all, twenty minutes of one
    core. Each core lives its share."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as cores:
        told = list(cores.map(wild_life, [seed] * LIVES, range(LIVES)))
    assert "".join(told) == ""


def wild_life(seed: int, number: int) -> str:
    """What a life of eight years shows that the oracle does not say; "" for nothing."""
    figures, rules = ({}, {}) if number % 2 else OTHERWISE[number // 2 % len(OTHERWISE)]
    life = WildLife(seed + number, replace(Rules(), **rules), **figures)
    found = life.live(days=3000)
    if not found:
        return ""
    return report(found, title=f"{life.today}, wild {seed + number}") + life.told()


@pytest.mark.soak
@pytest.mark.parametrize("lag", [3, 45])
def test_audits_that_are_heard_of_late_lead_to_the_same_end(seed: int, lag: int) -> None:
    """Membership hears of audits only every `lag` days, and decides nothing before it has. (Those
    who restore a membership wait for the news first, so their members are left out.)"""
    made = world(seed, members=16, chinese=4)
    restored = {name for name, seat in made.members.items() if seat.script == "restored"}
    prompt, slow = platform(), platform()
    for _ in lived(made, prompt, restored):
        continue
    for number, _ in enumerate(lived(made, slow, restored)):
        slow.away = {("membership", "audit_scheduling")} if number % lag else set()
    slow.away = set()
    slow.settle(made.as_of)
    slow.close(made.as_of)
    assert not differences(members_shown(prompt), members_shown(slow))
    assert not differences(deadlines_shown(prompt, made.as_of), deadlines_shown(slow, made.as_of))
    assert slow.refusals == []


def test_days_are_closed_one_after_the_other() -> None:
    made, running = world(7, members=5, chinese=1), platform()
    list(lived(made, running))
    for desk in running.ordered:
        days = [one.event.on for one in desk.log if isinstance(one.event, DayClosed)]
        assert all((after - before).days == 1 for before, after in pairwise(days))


def test_a_step_that_breaks_a_rule_is_refused() -> None:
    made, running = world(7, members=5, chinese=1), platform()
    step = next(one for one in steps(made) if one.command == "submit_application")
    with pytest.raises(Refused):
        running.prefixes["membership"].built(step._replace(fields={**step.fields, "extra": 1}))
    assert running.send(step) == 0
    assert [one.refused.slug for one in running.refusals] == ["unknown-member"]
    assert Rules() == made.rules
