"""What went on to the next stage follows what is verified of its step later. Pure.

A change of stage adds its step's own emissions by the results that are verified by then. Where they
are verified, or corrected, afterwards, the pool tells anew what the step gave off, by the days on
which metal went on; the next pool follows as it does what comes late (`following`), and its
documents with it. So does metal of days on which other facilities were in the scope than was told
by then. A period that is closed tells it as well: it changes nothing of what that left.
Rules: sources.md 5.3, 5.7, decisions/0010.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import SkipValidation

from contracts.coc import MovementBooked, ScopeFacilityAdded, ScopeFacilityLeft
from contracts.coc_late import StepOfDays, StepToldAnew
from contracts.coc_scopes import ScopeFacilitiesCame
from contracts.custody import Account, MovementKind, PoolKey, Stage, StepEmissions
from contracts.envelope import Recorded
from contracts.ghg import ResultVerified
from contracts.values import MemberId
from infra.decider import Command, Lookup, Reaction
from infra.policy import Policies
from services.coc_ledger.accounting.accounts import PLACE, entry, minus
from services.coc_ledger.accounting.lots import NO_DAY
from services.coc_ledger.accounting.onward import (
    BOOKED,
    NOT_FOLLOWED,
    changed,
    rate_of,
    step_followed,
    step_more,
)
from services.coc_ledger.accounting.own_emissions import (
    LOOK_BACK,
    ONWARD,
    ResultRow,
    newest_of,
    passes_through,
    result_of,
    row_key,
    step_of,
)
from services.coc_ledger.evidence import FacilityResult
from services.coc_ledger.rows import ScopeRow
from services.coc_ledger.scopes.state import Scope, evidence

from .late import onward_days, otherwise
from .rows import PoolRow
from .state import Pool


class TellStep(Command):
    """Ours: tell what verified results say of the step of metal that went on, of a `day` or of all.
    `results` are those of all facilities that the scope ever had; which it had on a day its stream
    tells."""

    NAME: ClassVar[str] = "tell_step"
    FILLED: ClassVar[frozenset[str]] = frozenset({"scope"})
    pool: PoolKey
    member_id: MemberId
    results: tuple[FacilityResult, ...]
    day: date | None = None
    scope: Annotated[Scope | None, SkipValidation] = None

    @property
    def stream(self) -> str:
        return self.pool.stream

    def fresh(self, state: Callable[[str], Any]) -> Self:
        return self.model_copy(update={"scope": state(f"coc_scope/{self.pool.scope_id}")})


def told_anew(command: TellStep, state: Pool, policies: Policies) -> Sequence[StepToldAnew]:
    """What is known anew of it, and how what went on stands by that; nothing where nothing is."""
    news = _news(command, state, policies)
    if state.key is None or not news:
        return ()
    lots, by_hand = state.lots, state.by_hand_g != 0
    stepped = state.stepped.gone_onward(lots.days, state.key.period) if lots.shared else None
    before = {day: lots.followed.get(day, NOT_FOLLOWED) for day in news}
    after = {}
    for day, step in news.items():
        told = lots.days[day].onward
        stepped_kg = told.stepped_kg if stepped is None else stepped.get(day, 0)
        rate = BOOKED if by_hand else rate_of(step)
        after[day] = step_followed(told, before[day].left, rate, stepped_kg)
    onward = changed(before, after)
    more = step_more(before, onward)
    event = StepToldAnew(
        pool=state.key,
        member_id=state.member_id,
        told_on=command.on,
        steps=_by_step(news),
        entries=(entry(Account.PROCESS, minus(more)),) if any(more) else (),
        onward=onward_days(onward, lots.days),
        went_on=otherwise(more),
    )
    return (event,)


def _news(command: TellStep, state: Pool, policies: Policies) -> dict[date, StepEmissions]:
    """The days of which results say otherwise than was told last, or which were not told."""
    results = {row_key(one.facility_id, one.year): one for one in command.results}
    stage, found = command.pool.stage, dict[date, StepEmissions]()
    known = dict[tuple[object, ...], StepEmissions]()  # of most days it is that of the day before
    for day in [command.day] if command.day else sorted(state.lots.days):
        went_on = state.lots.days.get(day, NO_DAY).onward_kg > 0
        scope = evidence(command.scope, day) if command.scope and went_on else None
        if scope is None or passes_through(stage, scope.activities):
            continue
        policy = policies.on(day)
        of = (scope.facilities, day.year, policy.policy_id)
        if of not in known:
            its = newest_of(scope.facilities, day, results.get)
            known[of] = step_of(its, ONWARD[stage], day, policy)
        if rate_of(known[of]) != state.lots.steps.get(day):
            found[day] = known[of]
    return found


def _by_step(news: Mapping[date, StepEmissions]) -> tuple[StepOfDays, ...]:
    days = dict[StepEmissions, list[date]]()
    for day, step in news.items():
        days.setdefault(step, []).append(day)
    return tuple(StepOfDays(step=step, days=tuple(its)) for step, its in days.items())


# --- when it is asked ---

CAME_OR_WENT = (ScopeFacilityAdded, ScopeFacilitiesCame, ScopeFacilityLeft)


def tell_steps(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A result is verified, or the facilities of a scope are others than was told before: of each
    pool whose metal went on. So of a change of stage for which the news came while it was on its
    way."""
    event, on = recorded.event, date.fromisoformat(recorded.envelope.recorded_at[:10])
    if isinstance(event, ResultVerified):
        scopes: Sequence[ScopeRow] = rows("scopes", {"member_id": event.member_id})
        its = [one for one in scopes if event.facility_id in (*one.facilities, *one.left)]
        return [each for one in its for each in asked_of(on, one, rows, since=event.year)]
    if isinstance(event, CAME_OR_WENT):
        row: ScopeRow | None = rows("scopes", event.scope_id)
        return list(asked_of(on, row, rows)) if row is not None else ()
    if not isinstance(event, MovementBooked) or event.kind is not MovementKind.TO_STAGE:
        return ()
    scope: ScopeRow | None = rows("scopes", event.pool.scope_id)
    pool: PoolRow | None = rows("pools", event.pool.key)
    if scope is None or pool is None or event.step is None or _is_known(event, scope, rows):
        return ()
    asked = _asked(on, pool, scope, _results(scope, rows))
    return [asked.model_copy(update={"day": event.day})]


def _is_known(event: MovementBooked, scope: ScopeRow, rows: Lookup) -> bool:
    """Whether a change of stage named the results that are verified by now."""

    def name_of(key: str) -> str | None:
        row: ResultRow | None = rows("results", key)
        told = row.verified if row is not None else None
        ours = told is not None and told.get("member_id") == scope.member_id
        return f"{key}:{told['result']}" if told and ours else None

    named = event.step.results if event.step is not None else ()
    return newest_of(scope.facilities, event.day, name_of) == named


def asked_of(on: date, scope: ScopeRow, rows: Lookup, since: int = 0) -> Iterable[TellStep]:
    """Of the pools of a scope out of which metal went on, in periods that end in or behind a
    year."""
    pools: Sequence[PoolRow] = rows("pools", {"scope_id": scope.scope_id})
    asked = [one for one in pools if _went_on(one) and one.ends_on.year >= since]
    results = _results(scope, rows) if asked else ()
    return [_asked(on, one, scope, results) for one in asked]


def _went_on(pool: PoolRow) -> bool:
    gone = (pool.kgs[PLACE[one]] for one in (Account.OUTFLOW, Account.OUTPUT_COC))
    return Stage(pool.stage) in ONWARD and any(gone)


def _results(scope: ScopeRow, rows: Lookup) -> tuple[FacilityResult, ...]:
    """Its member's own results, of all facilities that it ever had."""
    ever = dict.fromkeys((*scope.facilities, *scope.left))
    kept: list[ResultRow] = [one for name in ever for one in rows("results", {"facility_id": name})]
    told = (result_of(one) for one in sorted(kept))
    return tuple(one for one in told if one is not None and one.member_id == scope.member_id)


def _asked(on: date, pool: PoolRow, scope: ScopeRow, results: Sequence[FacilityResult]) -> TellStep:
    years = range(pool.period.year - LOOK_BACK, pool.ends_on.year + 1)
    return TellStep(
        on=on,
        pool=PoolKey(scope_id=pool.scope_id, stage=Stage(pool.stage), period=pool.period),
        member_id=scope.member_id,
        results=tuple(one for one in results if one.year in years),
    )


STEP_REACTIONS: tuple[Reaction, ...] = (
    Reaction("tell_steps", tell_steps, frozenset({ResultVerified, MovementBooked, *CAME_OR_WENT})),
)
