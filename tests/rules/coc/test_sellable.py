"""What may be sold as CoC and until when: what covers it and what bars it, in one answer."""

from datetime import date, timedelta
from typing import Any

import pytest

from contracts import certification
from contracts.custody import PoolKey
from contracts.values import CertificationStatus, Standard
from services.coc_ledger.accounting.lasting import Until
from services.coc_ledger.accounting.sellable import Held, Sellable, sellable, valid_through
from services.coc_ledger.evidence import UNKNOWN_S
from services.coc_ledger.knowledge import scope_on
from services.coc_ledger.pools.commands import DeclareOverdraftCase
from services.coc_ledger.rows import PoolRow
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from tests.rules.coc.test_balance_on import told
from tests.rules.coc.test_periods_and_orders import AFTER, KEY, close, document, send, stocked
from tests.rules.coc.world import LEDGER, YEAR, World, granted

MAY = date(2026, 5, 20)
YEAR_END = date(2026, 12, 31)


def answer(
    world: World, day: date = MAY, key: PoolKey = KEY, due: tuple[str, ...] = (), **changed: Any
) -> Sellable:
    """The answer as the service's queries find it; `changed` of the scope."""
    found = scope_on(key.scope_id, day, world.known())
    assert found is not None
    pool: PoolRow | None = world.reader.row("pools", key.key)
    held = Held(world.certificates(found.entity_id), world.public_read, world.known().behind_s)
    scope, dues = found.model_copy(update=changed), map(date.fromisoformat, due)
    policy = LEDGER.policies.on(day)
    return sellable(scope, dues, pool, day, told(world, day, key), held, policy)


def correct(world: World, standard: str, status: CertificationStatus, day: date = YEAR) -> None:
    """A certificate of A's has another status from a day on."""
    world.tell(
        certification.CertificateStatusCorrected(
            certificate_id=f"CA-{standard}", member_id="A", effective_on=day, status=status
        )
    )
    world.settle()


@pytest.mark.parametrize("days", [0, 40, 100, 139])
def test_what_is_told_is_sold_and_no_kilogram_more(days: int) -> None:
    day = YEAR + timedelta(days=days)
    world = stocked()
    most = answer(world, day).kg
    more = {**document("D-1", most + 1), "day": day}
    name = more.pop("command_name")
    assert world.attempt(name, **more) in ("claim-not-covered", "lot-not-shipped")
    if most:
        assert world.attempt(name, **{**more, "mass_kg": most, "total_mass_kg": most}) == ""


@pytest.mark.parametrize("standard", ["CoC", "PS"])
@pytest.mark.parametrize("status", [CertificationStatus.SUSPENDED, CertificationStatus.WITHDRAWN])
def test_nothing_may_be_sold_on_a_day_without_a_certificate(
    standard: str, status: CertificationStatus
) -> None:
    world = stocked()
    assert answer(world).kg > 0
    correct(world, standard, status, MAY)
    found = answer(world)
    assert (found.kg, found.until) == (0, None)
    assert "certificate is not valid on that day" in str(found.barred)
    more = document("D-1", 1)
    refused = world.attempt(more.pop("command_name"), **more)
    assert refused in ("coc-certificate-not-valid", "ps-certificate-needed")
    assert answer(world, MAY - timedelta(days=1)).kg > 0, "the day before it was certified"


@pytest.mark.parametrize(
    ("day", "chain"),
    [(MAY, YEAR_END), (YEAR_END, YEAR_END), (date(2027, 1, 1), None), (date(2027, 2, 1), None)],
)
def test_a_certificate_of_one_facility_does_not_go_on_for_the_scope(
    day: date, chain: date | None
) -> None:
    """Of two facilities each has its own; what is told of certificates is what the answer says."""
    world = stocked()
    ends = {"CA-CoC": ("F-1", YEAR_END), "CA-CoC-2": ("F-2", date(2027, 1, 31))}
    for name, (facility, end) in ends.items():
        seen = granted("A", Standard.CHAIN_OF_CUSTODY)
        own = {"certificate_id": name, "facilities": (facility,), "valid_to": end}
        world.tell(seen.model_copy(update=own))
    both = {"facilities": ("F-1", "F-2"), "certificate_id": "CA-PS"}
    world.tell(granted("A", Standard.PERFORMANCE).model_copy(update=both))
    world.settle()
    scope = scope_on("A", day, world.known())
    assert scope is not None
    scope = scope.model_copy(update={"facilities": ("F-1", "F-2")})
    found = valid_through(scope, day, world.certificates("EA"))
    ps_ends = date(2028, 12, 31)
    assert found == {Standard.CHAIN_OF_CUSTODY: chain, Standard.PERFORMANCE: ps_ends}
    barred = answer(world, day, facilities=("F-1", "F-2")).barred
    assert (barred is not None and "Chain of Custody" in barred) is (chain is None)


def test_a_scope_that_is_suspended_sells_nothing_until_it_is_reinstated() -> None:
    world, again = stocked(), date(2026, 5, 1)
    ended: dict[str, Any] = {"suspended_from": date(2026, 4, 1), "reinstated_from": again}
    days = (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), again, MAY)
    found = [answer(world, day, **ended).barred for day in days]
    said = "the scope is suspended since 2026-04-01"
    assert found == [None, said, said, None, None]
    assert answer(world, suspended_from=MAY).barred == "the scope is suspended since 2026-05-20"


def test_nothing_may_be_sold_from_the_day_on_which_a_scope_goes_over() -> None:
    world = stocked()
    approved = ApproveScopeTransfer(
        on=world.today,
        scope_id="A",
        member_id="A",
        to_scope_id="B",
        effective_on=date(2026, 7, 1),
        approver="person-1",
        known_to=True,
    )
    world.desk.handle(approved, "transfer", "", world.today)
    world.settle()
    before, then = answer(world), answer(world, date(2026, 7, 1))
    assert (before.until, before.because) == (date(2026, 6, 30), "the scope goes over into B")
    assert then.barred == "the scope went over into B on 2026-07-01"


def test_nothing_may_be_sold_from_a_closed_period() -> None:
    world = stocked()
    world.today = AFTER
    close(world)
    assert answer(world).barred == "the period was closed on 2027-01-10"


@pytest.mark.parametrize(
    ("changed", "until", "because"),
    [
        ({}, YEAR_END, "the period ends"),
        ({"due": ("2026-09-01",)}, date(2026, 9, 1), "the Performance certificate is due"),
        ({"due": ("2027-09-01",)}, YEAR_END, "the period ends"),
    ],
)
def test_the_last_day_is_told_and_what_is_then(
    changed: dict[str, Any], until: date, because: str
) -> None:
    found = answer(stocked(), **changed)
    assert (found.until, found.barred) == (until, None)
    assert str(found.because).startswith(because)


def test_a_certificate_that_ends_before_the_period_bounds_the_answer() -> None:
    world = stocked()
    held = [
        row._replace(valid_to=date(2026, 8, 31)) if row.standard == "CoC" else row
        for row in world.certificates("EA")
    ]
    scope = scope_on("A", MAY, world.known())
    assert scope is not None
    pool: PoolRow = world.reader.row("pools", KEY.key)
    policy = LEDGER.policies.on(MAY)
    found = sellable(scope, (), pool, MAY, told(world, MAY), Held(held, 9, 0), policy)
    assert (found.until, found.known_through_position) == (date(2026, 8, 31), 9)
    assert found.because == "the Chain of Custody certificate ends"


def test_the_performance_standard_may_be_pending_for_the_whole_scope_alone() -> None:
    world = stocked()
    correct(world, "PS", CertificationStatus.WITHDRAWN)
    assert answer(world, ps_pending=True).kg > 0
    assert answer(world, ps_pending=False).barred is not None


def test_certificates_cover_each_facility_of_the_scope() -> None:
    """As a document of the scope is refused otherwise."""
    world = stocked()
    own = scope_on("A", MAY, world.known())
    assert own is not None
    more = (*own.facilities, "F-99")
    assert "Chain of Custody" in str(answer(world, facilities=more).barred)


def test_the_last_day_is_that_before_a_change_that_is_known_already() -> None:
    world = stocked()
    correct(world, "CoC", CertificationStatus.SUSPENDED, date(2026, 7, 1))
    found = answer(world)
    assert (found.until, found.because) == (
        date(2026, 6, 30),
        "the Chain of Custody certificate ends",
    )


def test_what_is_only_overdraft_is_told_apart() -> None:
    world = stocked()
    assert answer(world).ahead_kg == 0
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": YEAR}
    world.send(DeclareOverdraftCase.NAME, reason="furnace-fire", **where)
    world.settle()
    covered = answer(world)
    assert (covered.kg, covered.ahead_kg) == (820, 200), "620 earned, and a fifth of the input"
    send(world, document("D-1", 700))
    world.settle()
    assert (answer(world).kg, answer(world).ahead_kg) == (120, 120)


@pytest.mark.parametrize(
    ("behind_s", "told_s", "words"),
    [(0, 0, None), (60, 60, None), (61, 61, "is 61 s old"), (UNKNOWN_S, None, "is of unknown age")],
)
def test_a_document_of_this_moment_waits_as_the_answer_says(
    behind_s: int, told_s: int | None, words: str | None
) -> None:
    """Whose document is refused because of old knowledge was told so, and nobody else."""
    world = stocked()
    world.behind_s = behind_s
    found, more = answer(world), document("D-1", 1)
    assert found.behind_s == told_s
    assert found.known == f"Certificates are known through public event {world.public_read}."
    assert (found.kg, found.barred) == (answer(stocked()).kg, None), "that is covered all the same"
    refused = world.attempt(more.pop("command_name"), **more)
    if words is None:
        assert (found.waits, refused) == (None, "")
    else:
        assert words in str(found.waits)
        assert refused == "certificates-not-known-yet"


def test_the_check_of_a_confirmed_document_waits_as_the_answer_says() -> None:
    world = stocked()
    send(world, document("D-1", 1))
    world.behind_s = 61
    where = {"number": "D-1", "member_id": "B"}
    world.send("confirm_document", **where, received_kg=1, received_on=world.today)
    world.settle()
    row = world.reader.row("documents", "D-1")
    assert row.state == "pending_check"
    assert "the check of one that is confirmed is pending" in str(answer(world).waits)


def test_where_nothing_may_be_sold_it_is_said_too_how_far_that_is_known() -> None:
    world = stocked()
    correct(world, "CoC", CertificationStatus.SUSPENDED)
    world.behind_s = UNKNOWN_S
    found = answer(world)
    assert found.barred is not None
    assert (found.known_through_position, found.behind_s) == (world.public_read, None)
    assert str(found.waits).startswith("A document of this moment waits")


@pytest.mark.parametrize(
    ("kg", "own_kg", "carried_kg", "then"),
    [
        (90, 90, 0, "what is left then is carried on"),
        (90, 60, 0, "what is left then is carried on, save overdraft"),
        (90, 0, 0, "nothing of it is carried on: it is overdraft"),
        (90, 90, 50, "what is left then is carried on, save what was carried into it"),
        (90, 50, 50, "nothing of it is carried on: it is overdraft or what was carried into it"),
    ],
)
def test_the_answer_says_what_of_it_serves_no_longer_once_the_period_ends(
    kg: int, own_kg: int, carried_kg: int, then: str
) -> None:
    """As a close has it: overdraft, and what was carried in and not used, go no further."""
    world = stocked()
    stood = told(world, MAY)
    stood = stood._replace(
        claimable=stood.claimable._replace(available_kg=kg),
        claimable_own_kg=own_kg,
        unused=(Until(YEAR_END, carried_kg), Until(date(2027, 3, 1), 7)) if carried_kg else (),
    )
    scope = scope_on("A", MAY, world.known())
    assert scope is not None
    held = Held(world.certificates("EA"), 9, 0)
    policy = LEDGER.policies.on(MAY)
    found = sellable(scope, (), world.reader.row("pools", KEY.key), MAY, stood, held, policy)
    assert found.because == f"the period ends; {then}"
