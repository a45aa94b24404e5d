"""News of certificates that contradict each other, before anything that follows from the first has
been read: what a document is in the end is what is known in the end."""

from collections.abc import Sequence
from datetime import date

import pytest

from contracts import certification
from contracts.coc_documents import DocumentChecked
from contracts.custody import Account
from contracts.values import CertificationStatus
from tests.rules.coc.given import kg
from tests.rules.coc.test_periods_and_orders import KEY, document, send, stocked
from tests.rules.coc.world import World

FULL, NONE = CertificationStatus.CERTIFIED_FULL, CertificationStatus.SUSPENDED
SINCE = date(2026, 5, 1)
THEIRS = KEY.model_copy(update={"scope_id": "B"})
DELIVERY = {"number": "D-1", "member_id": "B", "received_kg": 100, "received_on": date(2026, 5, 25)}


def news(
    *, valid: bool
) -> certification.CertificateSuspended | certification.CertificateReinstated:
    """From the first of May on the seller's certificate holds, or does not."""
    told = {"certificate_id": "CA-CoC", "member_id": "A", "effective_on": SINCE}
    if valid:
        return certification.CertificateReinstated.model_validate({**told, "status": FULL})
    return certification.CertificateSuspended.model_validate({**told, "status": NONE})


def sold(*, confirmed: bool = True) -> World:
    """D-1 of 100 kg from A to B."""
    world = stocked()
    send(world, document("D-1", 100))
    world.settle()
    if confirmed:
        assert world.attempt("confirm_document", **DELIVERY) == ""
        world.settle()
    return world


def counts(world: World) -> tuple[bool, int, int]:
    """Whether D-1 passed its last check, what the seller claims, what the buyer has as CoC."""
    checked = world.documents()["D-1"].checked
    assert checked is not None
    claimed = kg(world.pool(KEY), Account.OUTPUT_COC)
    return checked.passed, claimed, -kg(world.pool(THEIRS), Account.INPUT_COC)


@pytest.mark.parametrize(
    "told", [(False, True), (False, True, False), (False, True, False, True), (True, False)]
)
def test_the_last_news_stands_however_many_were_read_before_the_first_check(
    told: Sequence[bool],
) -> None:
    world = sold()
    for valid in told:
        world.tell(news(valid=valid))
    world.settle()
    mass = 100 if told[-1] else 0
    assert counts(world) == (told[-1], mass, mass)


def test_news_that_come_between_a_confirmation_and_its_reading_are_not_lost() -> None:
    """The check rests on what was known before; nobody had told the rows of it yet."""
    world = sold(confirmed=False)
    assert world.attempt("confirm_document", **DELIVERY) == ""
    world.tell(news(valid=False))
    world.settle()
    assert counts(world) == (False, 0, 0)


def test_a_check_that_agrees_with_what_is_known_is_not_said_again() -> None:
    world = sold()
    for valid in (False, True):
        world.tell(news(valid=valid))
        world.settle()
    checks = [one.event for one in world.desk.log if isinstance(one.event, DocumentChecked)]
    assert [(one.check, one.passed) for one in checks] == [(1, True), (2, False), (3, True)]
    through = [one.evidence.known_through_position for one in checks]
    assert through == sorted(through)


def test_a_check_of_what_came_meanwhile_knows_all_that_was_told_by_then() -> None:
    world = sold()
    for valid in (False, True):
        world.tell(news(valid=valid))
    world.settle()
    checks = [one.event for one in world.desk.log if isinstance(one.event, DocumentChecked)]
    through = [one.evidence.known_through_position for one in checks]
    assert through == sorted(through)
    assert through[-1] == len(world.public)
