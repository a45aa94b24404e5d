"""The synthetic chain of custody: a moderate number of scopes, who claim what is covered."""

from collections import Counter
from datetime import date
from functools import cache

import pytest

from services.coc_ledger.domain import COMMANDS, ROLES
from simulator.custody import FIRSTS, custody_steps
from simulator.inventories import all_steps
from simulator.keepers import Account, holds, keepers
from simulator.steps import Step
from tests.simulation.test_inventories import made

MADE = {command.NAME: command for command in COMMANDS}


@cache
def told() -> tuple[Step, ...]:
    return tuple(custody_steps(made()))


def test_what_is_sent_has_the_form_of_its_command_and_a_sender_who_may() -> None:
    for step in told():
        command = MADE[step.command]
        role, _, who = step.sender.partition(":")
        assert role in ROLES[step.command], step
        assert step.fields["member_id"] == who
        assert set(step.fields) <= set(command.model_fields) - command.FILLED


def test_it_adds_little_to_the_world() -> None:
    """Loading must not take noticeably longer."""
    assert 0.03 < len(told()) / sum(1 for _ in all_steps(made())) < 0.08


def test_the_chain_goes_from_a_mine_to_the_makers_and_has_odd_cases() -> None:
    kinds = Counter(keeper.kind for keeper in keepers(made(), FIRSTS))
    assert set(kinds) >= {"mine", "refinery", "smelter", "remelter", "mill", "maker"}
    sent = Counter(step.command for step in told())
    assert sent["confirm_document"] > 10 * sent["dispute_document"] > 0
    right = {str(one.fields["replaces"]) for one in told() if "replaces" in one.fields}
    disputed = {str(one.fields["number"]) for one in told() if one.command == "dispute_document"}
    assert right, "what was disputed is put right"
    assert right <= disputed
    assert sent["declare_overdraft_case"]
    assert sent["close_period"]


def test_only_documents_that_were_issued_in_an_earlier_week_are_answered() -> None:
    """The world is sent week by week, the members of a week side by side."""
    issued: dict[str, date] = {}
    for step in told():
        number = str(step.fields.get("number"))
        if step.command == "issue_document":
            assert issued.setdefault(number, step.on) == step.on, "a number is taken once"
        elif step.command in ("confirm_document", "dispute_document"):
            assert issued[number].toordinal() // 7 < step.on.toordinal() // 7


def test_scopes_hold_both_certificates_in_the_quarters_in_which_they_sell() -> None:
    keepers_by_scope = {one.scope_id: one for one in keepers(made(), FIRSTS)}
    sold = {
        (str(step.fields["scope_id"]), max(first for first in FIRSTS if first <= step.on))
        for step in told()
        if step.command == "issue_document"
    }
    for scope_id, first in sold:
        assert holds(made(), keepers_by_scope[scope_id].entity_id, first)


@pytest.mark.parametrize(
    ("account", "left"),
    [
        (Account(inflow=100, coc=40, output=50), 20),
        (Account(inflow=100, coc=40, output=50, claimed=15), 5),
        (Account(inflow=100, coc=40, output=200), 40),
        (Account(inflow=100, coc=0, output=50), 0),
        (Account(), 0),
    ],
)
def test_no_more_is_claimed_than_came_in_as_coc(account: Account, left: int) -> None:
    assert account.available == left
