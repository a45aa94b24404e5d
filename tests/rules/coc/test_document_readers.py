"""Who may read a document on which side, before and after scopes went over to other members."""

from datetime import date

import pytest

from services.coc_ledger import domain
from services.coc_ledger.documents.readers import Readers, readers_of
from services.coc_ledger.rows import ScopeRow
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from tests.rules.coc.monthly import Monthly
from tests.rules.coc.test_corrections_told import Books, bought, sell
from tests.rules.coc.world import World

OVER_ON = date(2026, 6, 20)
WHY = {"replaces": "D-1", "correction_reason": "weighed"}


class Rows(Books):
    """The rows of a world."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._known = world

    def scope(self, scope_id: str) -> ScopeRow | None:
        row: ScopeRow | None = self._known.reader.row("scopes", scope_id)
        return row


def readers(monthly: Monthly, number: str) -> Readers:
    rows = Rows(monthly.world)
    row = rows.document(number)
    assert row is not None
    return readers_of(row, rows, monthly.world.today)


def given_to_c(monthly: Monthly, scope_id: str, member_id: str) -> None:
    """Operations approve that a scope goes over into that of C."""
    world = monthly.world
    sent = {"scope_id": scope_id, "member_id": member_id, "to_scope_id": "C"}
    told = {**sent, "effective_on": OVER_ON}
    filled = domain.fill(ApproveScopeTransfer, told, world.known(), world.today)
    asked = {**told, **filled, "on": world.today, "approver": "person-1"}
    world.desk.handle(ApproveScopeTransfer.model_validate(asked), "over", "", world.today)
    world.settle()


@pytest.mark.parametrize("side", ["issuer", "buyer"])
def test_who_takes_over_a_scope_of_either_side_reads_from_that_day_on(side: str) -> None:
    monthly = bought("C")
    assert readers(monthly, "D-1") == (frozenset("B"), frozenset("A"))
    given_to_c(monthly, *(("B", "B") if side == "issuer" else ("M", "A")))
    assert "C" not in frozenset().union(*readers(monthly, "D-1")), "not before the day"
    monthly.world.today = OVER_ON
    found = readers(monthly, "D-1")
    assert "C" in (found.issuers if side == "issuer" else found.others)


def test_who_had_bought_reads_the_correction_for_who_has_its_scope() -> None:
    monthly = bought("C")
    given_to_c(monthly, "M", "A")
    monthly.world.today = OVER_ON
    sell(monthly, "D-2", 90_000, "C", **WHY)
    assert readers(monthly, "D-2") == (frozenset("B"), frozenset("AC"))


def test_a_correction_for_another_buyer_is_not_read_by_the_first_one() -> None:
    monthly = bought("C")
    sell(monthly, "D-2", 90_000, "C", **WHY)
    assert readers(monthly, "D-2") == (frozenset("B"), frozenset("C"))
    assert readers(monthly, "D-1") == (frozenset("B"), frozenset("A"))
