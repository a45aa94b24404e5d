"""What must be true of the ledger whatever was asked of it: balanced accounts, both sides of every
delivery, rows that say what streams say. Sums are over all pools, so that they hold over the end of
a period and of a scope."""

from collections.abc import Sequence
from datetime import date

from contracts.coc import MovementBooked
from contracts.coc_late import LateShared
from contracts.coc_movements import apart
from contracts.custody import Account, Carried, MovementKind, Origin
from services.coc_ledger.accounting.accounts import (
    NOTHING,
    Amount,
    amount_of,
    carried_amount,
    minus,
    plus,
)
from services.coc_ledger.accounting.balance import cover, figures, rule_of
from services.coc_ledger.accounting.balance_on import asked_from, balance_on
from services.coc_ledger.accounting.period import through
from services.coc_ledger.accounting.running import day_lines
from services.coc_ledger.exports.statements import lines
from services.coc_ledger.pools.carrying import KEPT, held
from services.coc_ledger.rows import DayRow, PoolRow
from tests.rules.coc.given import POLICY, balanced, kg
from tests.rules.coc.world import World

BY_HAND = (MovementKind.PROCESS_EMISSIONS, MovementKind.REVERSAL)
STAGES = (MovementKind.TO_STAGE, MovementKind.FROM_STAGE)


def of_step(carried: Carried) -> Amount:
    """What a step added to a lot, by the words of its document alone."""
    added, partly = carried.step_kgco2e - carried.untold_kgco2e, carried.step_partial_kgco2e
    return Amount(
        known_kg=-carried.untold_kg,
        emission_g=int(added * 1000),
        partial_g=int((partly + carried.untold_kgco2e) * 1000),
    )


def accounts_add_up_to_zero(world: World) -> None:
    for state in world.pools().values():
        assert balanced(state)
        assert through(state.days, None) == state.kgs
        for day in state.days:
            assert dict(state.standings(day))[day] == through(state.days, day)


def claims_and_deliveries_stand_on_both_sides(world: World) -> None:
    """To the gram: what documents claim, what their steps added, what their receivers booked."""
    claimed, own, brought = NOTHING, NOTHING, NOTHING
    for state in world.documents().values():
        document, check = state.issued, state.checked
        assert document is not None
        if state.designated:
            claimed = plus(claimed, carried_amount(document.mass_kg, document.carried))
            own = plus(own, of_step(document.carried))
        if check is not None and check.passed and state.ended is None:
            brought = plus(brought, carried_amount(check.mass_kg, check.carried))
    claimed = plus(claimed, by_stages(world, Account.OUTPUT_COC))
    assert all_hold(world, Account.OUTPUT_COC) == claimed
    own = plus(own, minus(plus(by_stages(world, Account.PROCESS), by_hand(world))))
    assert minus(all_hold(world, Account.PROCESS)) == own
    brought = plus(brought, minus(by_stages(world, Account.INPUT_COC)))
    assert minus(all_hold(world, Account.INPUT_COC)) == brought


def stages_hand_on_what_they_took(world: World) -> None:
    """To the gram: what went out of a stage with its material came into the next with what was made
    of it, whatever was taken back of both."""
    grams = dict.fromkeys(STAGES, 0)
    for recorded in world.desk.log:
        event = recorded.event
        if isinstance(event, MovementBooked) and event.moves_as in STAGES:
            stock = [amount_of(one) for one in event.entries if one.account is Account.STOCK]
            grams[event.moves_as] += sum(one.emission_g + one.partial_g for one in stock)
    assert grams[MovementKind.FROM_STAGE] == -grams[MovementKind.TO_STAGE]


def statements_end_in_the_balance(world: World) -> None:
    """Each line of a pool's statement follows from the one before, and the last says what its
    balance says, whatever was told."""
    for stream, pool in world.pools().items():
        booked = [one for one in world.desk.log if one.envelope.stream == stream]
        told = list(lines((part for one in booked for part in apart(one)), POLICY))
        stock = 0
        for line in told:
            stock += line.opening_kg + line.inflow_kg - line.output_kg
            stock -= line.losses_kg + line.unexplained_kg
            assert line.stock_kg == stock
        if told:
            made = cover(figures(pool.kgs), pool.terms, rule_of(POLICY))
            last = told[-1]
            assert (last.stock_kg, last.available_kg, last.overdraft_used_kg) == (
                kg(pool, Account.STOCK),
                made.available_kg,
                made.overdraft_used_kg,
            )
            assert (last.carried_kg, last.owed_kg) == (pool.carried_kg, pool.owed_kg)


def days_end_in_the_balance(world: World) -> None:
    """Each line of a pool's days follows from the one before and its own masses, and is the balance
    as of its day; the last one is that of today, or of the pool's last day."""
    rule = rule_of(POLICY)
    for row in world.reader.rows["pools"].values():
        booked = [one for one in world.reader.rows["pool_days"].values() if one.pool == row.pool]
        stock = claimed = 0
        told = day_lines(row, booked, rule, world.today)
        for line in told:
            stock += line.opening_kg + line.inflow_kg - line.output_kg
            stock -= line.losses_kg + line.unexplained_kg
            claimed += line.designated_kg
            covered = line.carried_kg + line.max_output_kg - line.owed_kg + line.overdraft_kg
            assert (line.stock_kg, line.available_kg) == (stock, max(0, covered - claimed))
            assert line.available_kg == _available(row, booked, date.fromisoformat(line.day))
        if told:
            last = min(world.today, row.ends_on)  # later days are the next pool's
            assert told[-1].available_kg == _available(row, booked, last)


def _available(row: PoolRow, booked: Sequence[DayRow], day: date) -> int:
    """As queries find it."""
    since = asked_from(row, day)
    later = {one.day: one.kgs for one in booked if one.day > since}
    return balance_on(row, day, later, POLICY).cover.available_kg


def by_stages(world: World, account: Account) -> Amount:
    """What mines and changes of stage booked in an account, less what was taken back."""
    found = NOTHING
    for recorded in world.desk.log:
        event = recorded.event
        if not isinstance(event, MovementBooked):
            continue
        if event.moves_as in STAGES or event.origin is Origin.OWN_MINE:
            for one in event.entries:
                found = plus(found, amount_of(one)) if one.account is account else found
    return found


def by_hand(world: World) -> Amount:
    """What was booked by hand of steps, less what was taken back, with what of it was found to be
    of other metal when it was shared."""
    found = NOTHING
    for recorded in world.desk.log:
        event = recorded.event
        shared = isinstance(event, LateShared)
        if not shared and not (isinstance(event, MovementBooked) and event.moves_as in BY_HAND):
            continue
        assert isinstance(event, LateShared | MovementBooked)
        for one in event.entries:
            found = plus(found, amount_of(one)) if one.account is Account.PROCESS else found
    return found


def no_metal_is_more_recycled_than_metal(world: World) -> None:
    """Nor known beyond its mass: what lies there, and what waits for a document, as soon as what
    came late is shared. A kilogram of each booking may be rounded."""
    for state in world.pools().values():
        if state.lots.late or state.end is not None:
            continue
        for account in (Account.STOCK, Account.OUTFLOW, Account.OUTFLOW_SCRAP):
            lot = state.books.get(account, NOTHING)
            if lot.kg >= 0:
                rounded = state.version
                assert -rounded <= lot.pre_kg + lot.post_kg <= lot.kg + rounded, account
                assert -rounded <= lot.known_kg <= lot.kg + rounded, account


def all_hold(world: World, account: Account) -> Amount:
    """What all pools together hold."""
    found = NOTHING
    for state in world.pools().values():
        found = plus(found, state.books.get(account, NOTHING))
    return found


def rows_say_what_streams_say(world: World) -> None:
    for pool in world.pools().values():
        row: PoolRow | None = world.reader.row("pools", pool.key.key) if pool.key else None
        if row is None:
            continue
        assert row.kgs == through(pool.days, None)
        assert row.version == pool.version
        told = row.history[-1][1:] if row.history else (0, 0, False, False)
        assert told == (pool.carried_kg, pool.owed_kg, pool.blocked, pool.case)
        for account in KEPT:
            assert held(row.carrying, account.value) == pool.books.get(account, NOTHING)
