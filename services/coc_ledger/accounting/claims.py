"""Claims on a pool's output: designated for a document, released, restored. Pure.

A claim needs a lot that has left, and cover: on the day of issue, and on every later one with all
that is booked by now. A stage change with a CoC part is a claim as well. A claim that replaces
another one of the same pool first gives that back, from that one's day on; of one of a period that
is closed it keeps what it can, and claims only the rest here (`claim_parts`).
Rules: sources.md 5.3, 5.4, 5.6 (4), 5.7, 8 (R-27, R-28, R-29).
"""

from collections.abc import Sequence
from datetime import date
from functools import reduce
from typing import NamedTuple

from contracts.coc import DesignationReleased, OutputDesignated
from contracts.coc_late import LateShared
from contracts.custody import Account, Carried, ClaimPart, Entry, Lot, StepEmissions
from infra.errors import Refused
from infra.policy import Policy
from services.coc_ledger.documents.words import replaced_before
from services.coc_ledger.evidence import (
    ReplacedClaim,
    ScopeEvidence,
    activity_of,
    age_of,
    facility_left,
    nothing_seen,
    told_age,
)
from services.coc_ledger.pools.commands import ChangeStage, ClaimChange, DesignateOutput
from services.coc_ledger.pools.late import share
from services.coc_ledger.pools.recent import remembered, replaced_key
from services.coc_ledger.pools.state import Pool, evolve
from services.coc_ledger.scopes.entity_rules import (
    PS,
    bare,
    check_certified,
    supplier_faults,
)

from . import accounts
from .accounts import NOTHING, Amount, carried_amount, entry, held, minus
from .balance import Tightest, cover, figures, late_before, rule_of, tightest
from .booking import LOT_ACCOUNT
from .claim_parts import Laid, laid_out, step_said
from .footprint import NO_STEP, carried, step_part
from .own_emissions import step_in, step_of
from .period import UNTOLD, not_in_time
from .ventures import holder_of


class Covered(NamedTuple):
    """What may be claimed: the least of the day's and of every later one's."""

    available_kg: int
    overdraft_used_kg: int


class Extra(NamedTuple):
    """Entries that are booked with a claim, and from which day on they count: what a stage change
    sends out, what a replaced claim of `mass_kg` gives back."""

    entries: tuple[Entry, ...] = ()
    since: date = date.min
    mass_kg: int = 0


def shipped(books: accounts.Books, onward: Amount, lot: Lot) -> Amount:
    """What has left and is not claimed: that which went `onward` to the next stage was not
    shipped."""
    out = held(books, LOT_ACCOUNT[lot])
    return accounts.plus(out, minus(onward)) if lot is Lot.PRODUCT else out


def check_cover(
    state: Pool,
    day: date,
    mass_kg: int,
    extra: Extra,
    policy: Policy,
    stopped: Sequence[str] = (),
    unshipped: Refused | None = None,
) -> Covered:
    """Refuse a claim that any day from its own on does not cover (`claim-not-covered`), with why
    claims are `stopped` where they are: then there is none ahead of input, and none at all until
    what was owed is made good. Days on which it claims no more than the one that it replaces are
    not asked: what is short there came by other means, and is not made worse. Of metal that has not
    left that is said (`unshipped`), but why claims are stopped first: to ship it helps nobody."""
    stands = [
        (one, accounts.posted_kg(kgs, extra.entries) if one >= extra.since else kgs)
        for one, kgs in state.standings(day)
    ]
    rule, before = rule_of(policy), state.terms_on(day)
    after = _posted(state, extra) if extra.entries else state
    missed = late_before(state.terms, after.through, day, rule)
    late = state.blocked or bool(missed)
    terms = after.terms_on(day)._replace(stopped=late)
    last = cover(figures(stands[0][1]), terms, rule)
    least = tightest(stands, terms, rule)
    barred = late and last.own_kg < 0
    if barred:
        least = Tightest(stands[0][0], 0)
    more = mass_kg > extra.mass_kg or terms.carried_kg < before.carried_kg
    asked = [one for one in stands if more or one[0] < extra.since]
    short = least if barred or not asked else tightest(asked, terms, rule)
    if asked and mass_kg > short.available_kg and (barred or unshipped is None):
        before_it = (stopped or (UNTOLD,)) if state.blocked else ()
        why = (*before_it, *not_in_time(missed))
        raise _uncovered(why, day, mass_kg, short, blocked=barred, unshipped=unshipped)
    if unshipped is not None:
        raise unshipped
    used = last.overdraft_used_kg
    over = min(mass_kg, max(0, used + mass_kg - max(0, last.own_kg)))
    return Covered(least.available_kg, over)


def _posted(state: Pool, extra: Extra) -> Pool:
    """The pool once what is booked with a claim is: what is given back of a day may lapse on it."""
    since = max(extra.since, state.key.period) if state.key is not None else extra.since
    kgs = accounts.posted_kg(state.days.get(since, accounts.NO_KGS), extra.entries)
    books = accounts.posted(state.books, extra.entries)
    return state._replace(books=books, days={**state.days, since: kgs})


def _uncovered(
    stopped: Sequence[str],
    day: date,
    mass_kg: int,
    short: Tightest,
    *,
    blocked: bool,
    unshipped: Refused | None,
) -> Refused:
    missing, why = mass_kg - short.available_kg, ""
    if stopped:
        what = "Claims are stopped" if blocked else "Nothing is claimed ahead of input"
        why = f" {what}: {'; '.join(stopped)}."
    if unshipped is not None:
        why += f" {unshipped.sentence}"
    return Refused(
        "claim-not-covered",
        f"{short.available_kg} kg may be claimed as CoC on {day}, not {mass_kg} kg: {missing} kg"
        f" would be missing on {short.day}.{why}",
        available_kg=short.available_kg,
        asked_kg=mass_kg,
        day=day,
        short_kg=missing,
        short_on=short.day,
        blocked=blocked,
        blocked_because=list(stopped),
    )


def check_may_claim(
    command: DesignateOutput | ChangeStage, scope: ScopeEvidence, policy: Policy
) -> None:
    """Refuse who may not claim on the day: knowledge too old, no certificate, suspended."""
    if command.behind_s > policy.integer("document.evidence_behind_at_most_s"):
        raise Refused(
            "certificates-not-known-yet",
            f"What is known of certificates is {age_of(command.behind_s)}; send the same again"
            " when it has caught up.",
            behind_s=told_age(command.behind_s),
        )
    if scope.vacant or scope.awaiting:
        raise facility_left(scope, command.stage, command.day)
    since = scope.suspended_since(command.day)
    if since is not None:
        raise Refused(
            "coc-suspended",
            f"Scope {scope.scope_id} is suspended since {since}: nothing is claimed from it"
            " (R-29).",
            scope_id=scope.scope_id,
            since=since,
        )
    seen = command.checked or nothing_seen(scope, command.day)
    check_certified(seen)
    if supplier_faults(seen, ps_pending=scope.ps_pending):
        raise Refused(
            "ps-certificate-needed",
            f"On {command.day} entity {scope.entity_id} held no valid certificate to the"
            f" Performance Standard{bare(seen, PS)}.",
            entity_id=scope.entity_id,
            day=command.day,
        )


def designated(
    command: DesignateOutput, state: Pool, scope: ScopeEvidence, policy: Policy
) -> tuple[DesignationReleased | LateShared | OutputDesignated, ...]:
    """The events of a claim, after what came late was shared; Refused where it is not covered."""
    check_may_claim(command, scope, policy)
    old = command.replaced
    if old is not None:
        _check_replaced_once(old, state)
    laid = laid_out(old, command.pool, command.lot, command.mass_kg)
    released, since = _released(command, old, laid.here, state)
    back = tuple(one for each in released for one in each.entries)
    after = reduce(evolve, released, state)
    late = share(after, command.on)
    after = reduce(evolve, late, after)
    books = after.books
    more = command.mass_kg - laid.kept_kg
    waiting = shipped(books, state.onward, command.lot)
    day = min(command.day, state.ends_on or command.day)  # late for the period of an error
    extra = Extra(back, since, laid.here.kg) if laid.here else Extra()
    left = _not_shipped(command, laid, waiting.kg) if more > max(0, waiting.kg) else None
    covered = check_cover(state, day, more, extra, policy, command.known.stopped, left)
    holder = holder_of(command, laid, state, scope)
    stepped_kg = after.stepped.of(command.lot, more, waiting.kg)
    if laid.kept and state.by_hand_g:
        stepped_kg = more  # beside what is kept of another period that has to be said
    step = _step(command, state, policy, all_in=0 < more <= stepped_kg)
    lot, entries = _claimed(command.lot, waiting, more, laid.kept, step, stepped_kg)
    event = OutputDesignated(
        pool=command.pool,
        member_id=command.member_id,
        document=command.document,
        draft=command.draft,
        day=day,
        mass_kg=command.mass_kg,
        lot=command.lot,
        entries=entries,
        carried=lot,
        covered_kg=covered.available_kg,
        overdraft_kg=covered.overdraft_used_kg,
        replaces=old.number if old else None,
        holder_scope_id=holder,
        evidence=command.checked,
        policy_id=policy.policy_id,
        step=step_said(step, old.step if old else None, laid, more),
        activity=activity_of(command.activity, scope, command.stage),
        from_closed=laid.kept,
        freed=laid.freed,
    )
    return (*released, *late, event)


def _released(
    command: DesignateOutput, old: ReplacedClaim | None, here: ClaimPart | None, state: Pool
) -> tuple[tuple[DesignationReleased, ...], date]:
    """What a claim gives back here of the one that it replaces, and from which day on."""
    if old is None or here is None:
        return (), command.day
    since = _since(old, state)
    return (_release(command, old.number, here, _given_back(here, old.lot), since),), since


def _not_shipped(command: DesignateOutput, laid: Laid, left_kg: int) -> Refused:
    """What left in an open period alone can be claimed: what a correction gave back in a closed one
    is balance of the next, and no lot."""
    asked, kept, first = command.mass_kg, laid.kept_kg, command.pool.period
    more = (
        f"{left_kg} kg have left in the period from {first} on and are not claimed; book the"
        f" shipment before a document claims {asked} kg."
    )
    if kept:
        more = (
            f"{kept} kg stay claimed in closed periods. Of the other {asked - kept} kg {left_kg} kg"
            f" have left in the period from {first} on and are not claimed. What left in a closed"
            " period is not claimed there any more, also where a correction gave it back: that is"
            " balance of the period after it, for metal that leaves then. Correct to"
            f" {kept + max(0, left_kg)} kg at most, or first book what leaves now."
        )
    return Refused(
        "lot-not-shipped",
        more,
        shipped_kg=left_kg,
        asked_kg=asked,
        kept_kg=kept,
        since=first,
    )


def _since(old: ReplacedClaim, state: Pool) -> date:
    """From which day on a replaced claim counts in its pool: one of an error counts from the last
    day of the period."""
    return min(old.day, state.ends_on or old.day)


def _check_replaced_once(old: ReplacedClaim, state: Pool) -> None:
    """Two corrections of one document meet here: the second would give its claim back again."""
    by = remembered(state.recent, replaced_key(old.number))
    if by is not None:
        raise replaced_before(old.number, by)


def _step(
    command: DesignateOutput, state: Pool, policy: Policy, *, all_in: bool
) -> StepEmissions | None:
    """What the step adds by itself; None for a claim of before that was told. `all_in`: a period
    before booked it by hand for all of the lot."""
    if command.material is None:
        return None
    by_hand = all_in or bool(state.by_hand_g)
    return step_of(command.results, command.material, command.day, policy, by_hand=by_hand)


def _claimed(
    of: Lot,
    waiting: Amount,
    more: int,
    kept: tuple[ClaimPart, ...],
    step: StepEmissions | None,
    stepped_kg: int,
) -> tuple[Carried, tuple[Entry, ...]]:
    """What the lot carries, with what is kept of a claim of closed periods, and the entries of the
    rest. The step's own emissions come from the account of the process."""
    total, steps, entries = NOTHING, NO_STEP, tuple[Entry, ...]()
    if more:
        total = accounts.bounded(accounts.part(waiting, more))
        steps = step_in(step, total, stepped_kg)
        total = accounts.plus(total, steps.change)
        entries = claim_entries(total, steps.change, of, restored=True)
    like = None
    for one in kept:
        assert one.carried is not None  # parts of a claim tell it
        total = accounts.plus(total, carried_amount(one.kg, one.carried))
        steps, like = steps.with_(step_part(one.carried)), like or one.carried
    return carried(total, like, steps), entries


def _given_back(part: ClaimPart, lot: Lot) -> tuple[Entry, ...]:
    assert part.carried is not None  # parts of a claim tell it
    whole = carried_amount(part.kg, part.carried)
    return claim_entries(whole, step_part(part.carried).change, lot, restored=False)


def _release(
    command: DesignateOutput,
    number: str,
    part: ClaimPart,
    entries: tuple[Entry, ...],
    day: date,
) -> DesignationReleased:
    return DesignationReleased(
        pool=command.pool,
        member_id=command.member_id,
        document=number,
        change_id=f"replaced:{command.document}",
        day=day,
        mass_kg=part.kg,
        entries=entries,
        because="superseded",
        restored=False,
        activity=part.activity,
        stepped_kg=part.carried.stepped_kg if part.carried else 0,
    )


def claim_entries(amount: Amount, step: Amount, lot: Lot, *, restored: bool) -> tuple[Entry, ...]:
    """A claim goes back to what is not claimed, or is claimed (again). `step` of it is the step's
    own change: it leaves the lot with the claim, and comes with it."""
    account = LOT_ACCOUNT[lot]
    moved, own = (minus(amount), minus(step)) if restored else (amount, step)
    unclaimed = entry(account, accounts.plus(moved, minus(own)))
    process = (entry(Account.PROCESS, own),) if any(own) else ()
    return unclaimed, *process, entry(Account.OUTPUT_COC, minus(moved))


def changed(change: ClaimChange) -> tuple[Entry, ...]:
    """The entries of a claim that is taken back or restored."""
    whole = carried_amount(change.mass_kg, change.carried)
    step = step_part(change.carried).change
    return claim_entries(whole, step, change.lot, restored=change.restored)
