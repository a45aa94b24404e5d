"""What is remembered of a pool: its books, its days, what it may claim, its end. Pure.

`Pool` is the fold of `pool/<scope>:<stage>:<period>`; `evolve` is total over its events. It stays
small however many movements there are: sums, days, and the ids used lately.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple, assert_never

from contracts.coc import (
    BalanceCarried,
    DesignationReleased,
    MovementBooked,
    OutputDesignated,
    OverdraftCaseDeclared,
    PoolClosed,
    PoolOpened,
)
from contracts.coc_calendar import PoolShortened
from contracts.coc_corrections import BalanceCorrected, PoolCorrected
from contracts.coc_late import LateShared, StageFollowed, StepToldAnew
from contracts.coc_movements import MovementsBooked, added_up
from contracts.coc_periods import OverdraftForeseen, OverdraftMadeGood
from contracts.custody import Account, Entry, MovementKind, PoolKey, Switched
from services.coc_ledger.accounting.accounts import (
    ACCOUNTS,
    NO_KGS,
    NOTHING,
    Amount,
    Kgs,
    plus,
    posted,
    posted_kg,
    shifted,
    shifted_kg,
    standings,
)
from services.coc_ledger.accounting.balance import Terms, as_of, lapsed_before
from services.coc_ledger.accounting.lasting import parts, with_more
from services.coc_ledger.accounting.lots import (
    NO_DAY,
    NO_LOTS,
    Day,
    Lots,
    entered,
    gone_onward,
    in_order,
    of_claim,
    of_movement,
    of_ways,
    opened_late,
    otherwise_of,
    passed,
    told_onward,
    went_onward,
    with_day,
    with_opening,
    with_step,
    with_steps,
)
from services.coc_ledger.accounting.stages import altered, back_id
from services.coc_ledger.accounting.stepped import NONE_STEPPED, Stepped, stepped_after
from services.coc_ledger.evidence import TakenBack

from .deferred import ChangeDeferred
from .end import End, end_of
from .owing import Owing, PeriodOver, stopped_by
from .readings import Kept, Taken, by_hand_g, claimed_here, kept_by, known_g
from .recent import (
    Recent,
    change_key,
    claim_key,
    movement_key,
    remember,
    remember_all,
    replaced_key,
    reversal_key,
)

MOST_TAKEN_BACK = 2_000
"""Changes of stage that were taken back and are remembered: the next pool is told of them soon."""


PoolEvent = (
    PoolOpened
    | PoolShortened
    | MovementBooked
    | MovementsBooked
    | OutputDesignated
    | DesignationReleased
    | OverdraftCaseDeclared
    | BalanceCarried
    | PoolClosed
    | PoolCorrected
    | BalanceCorrected
    | ChangeDeferred
    | PeriodOver
    | OverdraftForeseen
    | OverdraftMadeGood
    | LateShared
    | StepToldAnew
    | StageFollowed
)


class Pool(NamedTuple):
    """The fold; without a key it was never opened. `days` are the masses by account and day,
    `stakes` what joint ventures' holders took, by document, `by_hand_g` the step's own emissions
    that were booked as movements, `altered` what became of changes of stage, and of entries from
    one, that are no longer as they were booked. `taken_back` are the last changes of stage that
    were taken back here, `came_back` the last movement by which a product left this pool for it.
    `told` is what it would owe, said since it is over, `foreseen` the same of earlier periods that
    are not closed, by their pools: it counts in `owed_kg` and `blocked`; `stopped_by` are the
    closed periods that stop claims. `passed_on` are documents of which a claim of this closed
    period was given back in a later one, `brought_later` deliveries of it that are booked there.
    `onward` is what of the outflow went on to the next stage without CoC status: no document claims
    it. `lots` are its days by which late bookings are put in order; `told_otherwise` belongs to
    lots that were told otherwise, `went_on` to the next stage, which followed: with both the books
    add up to zero. `lasting` of what is carried, and `due` of what is owed, have a last day of
    their own; `switched`: it ends since its scope goes over. `kept` are corrections that were
    claimed here and keep something in closed pools, `stepped` is what came with its step in.
    `made_good` is since when all that is owed is covered, as it was told last; None where not."""

    key: PoolKey | None = None
    member_id: str = ""
    ends_on: date | None = None
    books: Mapping[Account, Amount] = {}
    days: Mapping[date, Kgs] = {}
    recent: Recent = Recent()
    version: int = 0
    carried_kg: int = 0
    owed_kg: int = 0
    blocked: bool = False
    case: bool = False
    stakes: Mapping[str, Taken] = {}
    end: End | None = None
    by_hand_g: int = 0
    taken_back: tuple[TakenBack, ...] = ()
    came_back: str = ""
    altered: Mapping[str, str] = {}
    told: Owing | None = None
    foreseen: Mapping[str, Owing] = {}
    stopped_by: frozenset[str] = frozenset()
    passed_on: frozenset[str] = frozenset()
    brought_later: frozenset[str] = frozenset()
    onward: Amount = NOTHING
    lots: Lots = NO_LOTS
    told_otherwise: Amount = NOTHING
    went_on: Amount = NOTHING
    lasting: Mapping[date, int] = {}
    due: Mapping[date, int] = {}
    switched: Switched | None = None
    kept: Mapping[str, Kept] = {}
    stepped: Stepped = NONE_STEPPED
    made_good: date | None = None

    @property
    def terms(self) -> Terms:
        """What bears on the cover beside the masses."""
        due = self.due
        for one in self.foreseen.values():
            due = with_more(due, one.due)
        lasting, due_parts = parts(self.lasting), parts(due)
        return Terms(
            self.carried_kg, self.owed_kg, self.case, lasting, due_parts, stopped=self.blocked
        )

    def lapsed(self, terms: Terms, day: date) -> int:
        """What of a balance with a last day of its own lapsed before a day."""
        return lapsed_before(terms, self.through, day)

    def terms_on(self, day: date) -> Terms:
        """What bears on the cover of a claim of a day: what lapsed before that is not there."""
        return as_of(self.terms, self.through, day)

    def through(self, day: date) -> Kgs:
        """The masses through a day."""
        *_, (_, kgs) = self.standings(day)
        return kgs

    @property
    def told_terms(self) -> Terms:
        """The same as closed periods alone tell it, by which this one is closed."""
        ahead = sum(one.kg for one in self.foreseen.values())
        return self.terms._replace(owed_kg=self.owed_kg - ahead, due=parts(self.due))

    @property
    def kgs(self) -> Kgs:
        """The masses of all that is booked: the sums of the books, so no day is gone through."""
        return tuple(self.books.get(account, NOTHING).kg for account in ACCOUNTS)

    def standings(self, day: date) -> Iterator[tuple[date, Kgs]]:
        """The masses after each day from one on, the last first. Few days come after the one that
        is asked about, as a rule."""
        return standings(self.kgs, self.days, day)


INITIAL = Pool()


def evolve(state: Pool, event: PoolEvent) -> Pool:
    """The pool after an event."""
    after = _evolved(state, event)
    days = after.lots.days
    stepped = stepped_after(state.stepped, event, state.books, state.onward, days)
    return after if stepped is state.stepped else after._replace(stepped=stepped)


def _evolved(state: Pool, event: PoolEvent) -> Pool:
    state = state._replace(version=state.version + 1)
    match event:
        case PoolOpened():
            return state._replace(key=event.pool, member_id=event.member_id, ends_on=event.ends_on)
        case PoolShortened():
            return state._replace(ends_on=event.ends_on, switched=event.switched)
        case MovementBooked():
            return _booked(state, event)
        case MovementsBooked():
            return _moved(state, event)
        case OutputDesignated():
            stakes = state.stakes
            if event.holder_scope_id is not None:
                taken = Taken(event.holder_scope_id, claimed_here(event), True)
                stakes = {**stakes, event.document: taken}
            used = _used(state, claim_key(event.document), event.draft)
            if event.replaces is not None:
                used = _used(used, replaced_key(event.replaces), event.document)
            used = _of_day(used, event.day, of_claim(event.entries))
            after = _posted(used, event.day, event.entries)._replace(stakes=stakes)
            return after._replace(kept={**state.kept, **kept_by(event)})
        case DesignationReleased():
            used = _used(state, change_key(event.change_id), event.document)
            if event.because == "superseded":
                used = _used(used, replaced_key(event.document), event.change_id)
            late = any(state.told_otherwise) or (state.lots.shared and state.stepped.opened_kg != 0)
            used = _of_day(used, event.day, of_claim(event.entries), late=late)
            after = _posted(used, event.day, event.entries)
            before = state.stakes.get(event.document)
            if before is None:
                return after
            counts = before._replace(counts=event.restored)
            return after._replace(stakes={**state.stakes, event.document: counts})
        case OverdraftCaseDeclared():
            return state._replace(case=True)
        case BalanceCarried() | BalanceCorrected() | OverdraftForeseen() | OverdraftMadeGood():
            return _from_before(state, event)
        case PoolClosed():
            return state._replace(end=end_of(event, event.closed_on, event.switched))
        case PoolCorrected():
            assert state.end is not None  # only what is closed is corrected
            return state._replace(end=end_of(event, state.end.closed_on, state.end.switched))
        case ChangeDeferred():
            used = _used(state, change_key(event.change_id), "deferred")
            passed_on = {event.claim.document} if event.claim else ()
            later = {event.delivery.name} if event.delivery else ()
            return used._replace(
                passed_on=state.passed_on.symmetric_difference(passed_on),
                brought_later=state.brought_later.union(later),
            )
        case LateShared() | StepToldAnew() | StageFollowed():
            return _in_order(state, event)
        case PeriodOver():
            return state._replace(told=Owing(event.owed_kg, event.blocked, event.due))
        case _:
            assert_never(event)


def _in_order(state: Pool, event: LateShared | StepToldAnew | StageFollowed) -> Pool:
    """After what came late was shared, here or in the earlier stage, or a step is told anew."""
    state = state._replace(books=posted(state.books, event.entries))
    if isinstance(event, StageFollowed):
        return state._replace(lots=entered(state.lots, event))
    state = state._replace(went_on=plus(state.went_on, otherwise_of(event.went_on)))
    if isinstance(event, StepToldAnew):
        return state._replace(lots=with_steps(told_onward(state.lots, event.onward), event.steps))
    return state._replace(
        told_otherwise=plus(state.told_otherwise, otherwise_of(event.told_otherwise)),
        lots=in_order(state.lots, known_g(event, state.lots.followed), event),
    )


FromBefore = BalanceCarried | BalanceCorrected | OverdraftForeseen | OverdraftMadeGood


def _from_before(state: Pool, event: FromBefore) -> Pool:
    """What the period before leaves, or would leave."""
    match event:
        case OverdraftMadeGood():
            return state._replace(made_good=event.since)
        case BalanceCarried():
            carried = _posted(_carried(state, event), event.pool.period, event.entries)
            key = change_key(f"carry:{event.from_pool.key}")
            return _used(carried, key, event.from_pool.key)._replace(
                carried_kg=state.carried_kg + event.balance_kg,
                owed_kg=state.owed_kg + event.owed_kg,
                lasting=with_more(state.lasting, event.lasting),
                due=with_more(state.due, event.due),
                blocked=state.blocked or event.blocked,
                stopped_by=stopped_by(state.stopped_by, event),
            )
        case BalanceCorrected():
            after = _posted(_carried(state, event), event.pool.period, event.entries)
            return after._replace(
                carried_kg=state.carried_kg + event.balance_change_kg,
                owed_kg=state.owed_kg + event.owed_change_kg,
                lasting=with_more(state.lasting, event.lasting_change),
                due=with_more(state.due, event.due_change),
                blocked=event.blocked,
                stopped_by=stopped_by(state.stopped_by, event),
            )
        case OverdraftForeseen():
            others = {key: one for key, one in state.foreseen.items() if key != event.from_pool.key}
            its = {event.from_pool.key: Owing(event.owed_kg, event.stops, event.due)}
            return state._replace(
                foreseen={**others, **its} if event.owed_kg else others,
                owed_kg=state.owed_kg + event.owed_change_kg,
                blocked=event.blocked,
            )
        case _:
            assert_never(event)


def _posted(state: Pool, day: date, entries: tuple[Entry, ...]) -> Pool:
    kgs = posted_kg(state.days.get(day, NO_KGS), entries)
    return state._replace(books=posted(state.books, entries), days={**state.days, day: kgs})


def _booked(state: Pool, event: MovementBooked) -> Pool:
    """After a movement."""
    used = _used(state, movement_key(event.movement_id), event.digest)
    if event.reverses is not None:
        used = _used(used, reversal_key(event.reverses), event.movement_id)
    used = used._replace(
        by_hand_g=used.by_hand_g + by_hand_g(event),
        altered=altered(used.altered, event),
        onward=plus(used.onward, gone_onward(event)),
    )
    return _posted(_undone(_came(used, event), event), event.day, event.entries)


def _undone(state: Pool, event: MovementBooked) -> Pool:
    """With a change of stage that is taken back, on either side of it."""
    if event.undoes is MovementKind.FROM_STAGE:
        return state._replace(came_back=event.movement_id)
    if event.undoes is None or event.produced_kg is None:
        return state
    name = back_id(event.pool.stage, event.reverses or "")
    made = TakenBack(name, event.day, event.produced_kg, event.produced_coc_kg or 0)
    return state._replace(taken_back=(*state.taken_back, made)[-MOST_TAKEN_BACK:])


def _came(state: Pool, event: MovementBooked | MovementsBooked) -> Pool:
    """With the days of its lots, and whether something came late for them."""
    stock_kg = state.books.get(Account.STOCK, NOTHING).kg
    by, late = passed(event, state.lots.passed, stock_kg)
    state = state._replace(lots=state.lots._replace(passed=by, late=late or state.lots.late))
    if isinstance(event, MovementBooked):
        onward = event.moves_as is MovementKind.TO_STAGE
        made = of_movement(event.entries, onward=onward)
        if onward and made is not NO_DAY:
            stepped_kg = state.stepped.onward(made.onward_kg, stock_kg)
            by_hand = state.by_hand_g != 0
            made = went_onward(state.lots, event, made, by_hand=by_hand, stepped_kg=stepped_kg)
            state = state._replace(lots=with_step(state.lots, event))
        return _of_day(state, event.day, made)
    for day, ways in event.totals.items():
        state = _of_day(state, day, of_ways(ways))
    return state


def _carried(state: Pool, event: BalanceCarried | BalanceCorrected) -> Pool:
    """What the period before left was there before any lot left."""
    stock_kg = state.books.get(Account.STOCK, NOTHING).kg
    late = opened_late(event.entries, state.lots.passed, stock_kg)
    lots = with_opening(state.lots, event.pool.period, event.from_pool.key, event.entries)
    return state._replace(lots=lots._replace(late=late or lots.late))


def _of_day(state: Pool, day: date, more: Day, *, late: bool = False) -> Pool:
    lots = with_day(state.lots, day, more)
    return state._replace(lots=lots._replace(late=late or lots.late))


def _moved(state: Pool, event: MovementsBooked) -> Pool:
    """After many movements: their ids, and what went each way in all."""
    state = _came(state, event)
    used = dict(zip(map(movement_key, event.movement_ids), event.digests, strict=True))
    days = {
        day: shifted_kg(state.days.get(day, NO_KGS), ways) for day, ways in event.totals.items()
    }
    return state._replace(
        recent=remember_all(state.recent, used, state.version),
        books=shifted(state.books, added_up(event.totals.values())),
        days={**state.days, **days},
    )


def _used(state: Pool, key: str, what: str) -> Pool:
    return state._replace(recent=remember(state.recent, key, what, state.version))
