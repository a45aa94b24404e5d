"""The yearly report to ASI: what each CoC scope took in and gave out, by stage and activity. Pure.

A calendar year, whatever the accounting period. The ledger keeps one pool per stage, so activities
of the same stage (a smelter and its casthouse) share it, and the mass balance with its indicators
is that of the stage. Each activity has a line with what movements, deliveries and claims told of
it; what they told of none is a line of its own, never divided among them (documents of before they
could name one are of the pool). An activity that has the pool for itself has all of it. Circularity
indicators come from the same entries; what a document claims is an allocation, and changes none of
them: scrap that is sold as CoC was generated all the same. Scrap that comes in is recycled mass of
its kind, by a document as without one: what its seller took in made its metal, and not the scrap.
Shares are exact fractions, cut to six places; one is None where its whole is zero. Sources:
sources.md 5.5 (kinds of scrap), 5.8 (the report; its due date is unverified), 6 (formulas, general
knowledge).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from contracts.coc import DesignationReleased, MovementBooked, OutputDesignated
from contracts.custody import Account, Entry, MovementKind, PoolKey, Stage
from contracts.envelope import Event
from contracts.values import Activity
from services.coc_ledger.accounting.accounts import ELIGIBLE_SCRAP, INFLOWS, INPUTS, OUTPUTS
from services.coc_ledger.evidence import activities_at

SIX_PLACES = Decimal("0.000001")
Posting = MovementBooked | OutputDesignated | DesignationReleased


class Sums(NamedTuple):
    """What was booked in a year: kilograms by account; of what came in the recycled mass by kind as
    it was told, and the part that came from an earlier stage of the same scope; of what left the
    scrap, whether a document claimed it afterwards or not. `named` are the kilograms by account of
    what told its activity, by activity; of scrap that was claimed under a name of its own, so that
    what an activity shipped as scrap stays known. `scrap_pre_kg` and `scrap_post_kg` are
    what documents of scrap told, whose metal is pre-consumer scrap whatever they told."""

    kgs: Mapping[str, int]
    pre_kg: int = 0
    post_kg: int = 0
    earlier_stage_kg: int = 0
    scrap_kg: int = 0
    named: Mapping[str, Mapping[str, int]] = {}
    scrap_pre_kg: int = 0
    scrap_post_kg: int = 0


class ReportLine(NamedTuple):
    """A stage of a scope in a calendar year, in kilograms."""

    scope_id: str
    year: int
    stage: str
    activities: tuple[str, ...]
    inflow_kg: int
    input_coc_kg: int
    eligible_scrap_kg: int
    non_coc_kg: int
    from_earlier_stage_kg: int
    output_kg: int
    output_coc_kg: int
    output_non_coc_kg: int
    scrap_kg: int
    scrap_not_claimed_kg: int
    losses_kg: int
    unexplained_kg: int
    stock_change_kg: int
    coc_share_of_input: Decimal | None
    recycled_content: Decimal | None
    post_consumer_content: Decimal | None
    process_scrap_rate: Decimal | None
    metal_yield: Decimal | None


class ActivityLine(NamedTuple):
    """An activity at a stage of a scope in a calendar year, in kilograms; without a name what was
    told of none of those that share the pool."""

    scope_id: str
    year: int
    stage: str
    activity: str | None
    shares_pool_with: tuple[str, ...]
    inflow_kg: int
    input_coc_kg: int
    output_kg: int
    output_coc_kg: int
    scrap_kg: int
    losses_kg: int
    unexplained_kg: int
    stock_change_kg: int


COLUMNS: tuple[str, ...] = ReportLine._fields
ACTIVITY_COLUMNS: tuple[str, ...] = ActivityLine._fields
MASSES = ActivityLine._fields[5:]
NOTHING = Sums({})
CLAIMED_SCRAP = "claimed_scrap"


def year_of(event: Event) -> tuple[PoolKey, int] | None:
    """The pool and the calendar year that an event counts in. A balance carried over is no
    movement: it was counted when the metal came."""
    if isinstance(event, Posting):
        return event.pool, event.day.year
    return None


def added(sums: Sums, event: Event) -> Sums:
    """The sums after one more event."""
    if not isinstance(event, Posting):
        return sums
    kgs = dict(sums.kgs)
    for one in event.entries:
        kgs[one.account.value] = kgs.get(one.account.value, 0) + one.kg
    came = [one for one in event.entries if one.account in INFLOWS]
    sold = [one for one in came if one.account is Account.INPUT_PRE_CONSUMER]
    moved = isinstance(event, MovementBooked)
    earlier = isinstance(event, MovementBooked) and event.moves_as is MovementKind.FROM_STAGE
    scrap = [one for one in event.entries if moved and one.account is Account.OUTFLOW_SCRAP]
    return Sums(
        {account: kg for account, kg in sorted(kgs.items()) if kg},
        sums.pre_kg - sum(one.pre_kg for one in came),
        sums.post_kg - sum(one.post_kg for one in came),
        sums.earlier_stage_kg - (mass(came) if earlier else 0),
        sums.scrap_kg + mass(scrap),
        _named(sums.named, event),
        sums.scrap_pre_kg - sum(one.pre_kg for one in sold),
        sums.scrap_post_kg - sum(one.post_kg for one in sold),
    )


def as_told(sums: Sums) -> Sums:
    """The sums as if each document of scrap brought what it told, and no scrap: how recycled
    content was found before."""
    bought_kg = -sums.kgs.get(Account.INPUT_PRE_CONSUMER.value, 0)
    return sums._replace(
        pre_kg=sums.pre_kg + sums.scrap_pre_kg - bought_kg,
        post_kg=sums.post_kg + sums.scrap_post_kg,
    )


def _named(
    named: Mapping[str, Mapping[str, int]], event: Posting
) -> Mapping[str, Mapping[str, int]]:
    if event.activity is None:
        return named
    kgs = dict(named.get(event.activity.value, {}))
    for one in event.entries:
        kgs[one.account.value] = kgs.get(one.account.value, 0) + one.kg
        if one.account is Account.OUTFLOW_SCRAP and not isinstance(event, MovementBooked):
            kgs[CLAIMED_SCRAP] = kgs.get(CLAIMED_SCRAP, 0) - one.kg
    return {**named, event.activity.value: {name: kg for name, kg in sorted(kgs.items()) if kg}}


def mass(entries: Iterable[Entry]) -> int:
    """The kilograms of entries."""
    return sum(one.kg for one in entries)


def report_line(
    scope_id: str, year: int, stage: Stage, activities: Sequence[Activity], sums: Sums
) -> ReportLine:
    """The line of a stage."""

    def kg(*accounts: Account) -> int:
        return sum(sums.kgs.get(account.value, 0) for account in accounts)

    inflow, output = -kg(*INFLOWS), kg(*OUTPUTS)
    stock = kg(Account.STOCK)
    used = inflow - stock
    pre_kg = sums.pre_kg - sums.scrap_pre_kg - kg(Account.INPUT_PRE_CONSUMER)
    post_kg = sums.post_kg - sums.scrap_post_kg
    return ReportLine(
        scope_id=scope_id,
        year=year,
        stage=stage.value,
        activities=tuple(one.value for one in activities_at(activities, stage)),
        inflow_kg=inflow,
        input_coc_kg=-kg(*INPUTS),
        eligible_scrap_kg=-kg(*ELIGIBLE_SCRAP),
        non_coc_kg=-kg(Account.NON_COC),
        from_earlier_stage_kg=sums.earlier_stage_kg,
        output_kg=output,
        output_coc_kg=kg(Account.OUTPUT_COC),
        output_non_coc_kg=kg(Account.OUTFLOW, Account.OUTFLOW_SCRAP),
        scrap_kg=sums.scrap_kg,
        scrap_not_claimed_kg=kg(Account.OUTFLOW_SCRAP),
        losses_kg=kg(Account.LOSSES),
        unexplained_kg=kg(Account.UNEXPLAINED),
        stock_change_kg=stock,
        coc_share_of_input=share(-kg(*INPUTS), inflow),
        recycled_content=share(pre_kg + post_kg, inflow),
        post_consumer_content=share(post_kg, inflow),
        process_scrap_rate=share(sums.scrap_kg, used),
        metal_yield=share(output, used),
    )


def activity_lines(line: ReportLine, sums: Sums) -> list[ActivityLine]:
    """The activities of a stage's line, one by one, and last what was told of none of them."""
    whole = dict(zip(MASSES, (getattr(line, name) for name in MASSES), strict=True))
    names = tuple(dict.fromkeys((*line.activities, *sorted(sums.named))))

    def made(name: str | None, masses: Mapping[str, int]) -> ActivityLine:
        others = tuple(one for one in names if one != name)
        return ActivityLine(line.scope_id, line.year, line.stage, name, others, **masses)

    if len(names) == 1:
        return [made(names[0], whole)]
    told = {name: _masses(sums.named.get(name, {})) for name in names}
    rest = {one: kg - sum(of[one] for of in told.values()) for one, kg in whole.items()}
    lines = [made(name, masses) for name, masses in told.items()]
    return [*lines, made(None, rest)] if any(rest.values()) else lines


def _masses(kgs: Mapping[str, int]) -> dict[str, int]:
    """What was told of an activity, in the order of the columns."""

    def kg(*accounts: Account) -> int:
        return sum(kgs.get(account.value, 0) for account in accounts)

    masses = (
        -kg(*INFLOWS),
        -kg(*INPUTS),
        kg(*OUTPUTS),
        kg(Account.OUTPUT_COC),
        kg(Account.OUTFLOW_SCRAP) + kgs.get(CLAIMED_SCRAP, 0),
        kg(Account.LOSSES),
        kg(Account.UNEXPLAINED),
        kg(Account.STOCK),
    )
    return dict(zip(MASSES, masses, strict=True))


def share(part: int, whole: int) -> Decimal | None:
    """A part of a whole, cut to six places; None of nothing."""
    if whole <= 0:
        return None
    return (Decimal(part) / whole).quantize(SIX_PLACES, ROUND_DOWN)
