"""The chain of custody: reports, overdrafts, certificates that follow, confirmations. Pure.

What is due of a scope or a pool is said by one stream. Confirmations are the exception: a scope
gets hundreds of documents a day, each a stream. So they are counted by the day on which they are
due, as a sum that any order of reading gives, and the row is about the oldest of them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts import coc, coc_reports
from contracts.coc_calendar import PoolShortened
from contracts.coc_corrections import BalanceCorrected, PoolCorrected
from contracts.coc_documents import (
    Awaited,
    DocumentConfirmed,
    DocumentDisputed,
    DocumentEnded,
    DocumentIssued,
    DocumentLapsed,
)
from contracts.coc_periods import OverdraftForeseen, OverdraftMadeGood
from contracts.coc_scopes import PsObligationEnded
from contracts.custody import Dated
from contracts.envelope import Recorded

from .deadline_parts import UNOPENED, Outcome, Part, day, reference
from .duty_parts import REOPENED
from .facts import iso
from .reporting_parts import cancelled, done, missed, opened

# --- yearly report ---


def report_expected(event: coc_reports.ReportExpected, part: Part | None, at: Recorded) -> Part:
    """A calendar year is to be reported."""
    return opened(event.member_id, event.expected_on, event.due_on, event.policy_id, at)


def report_submitted(
    event: coc_reports.ReportSubmitted, part: Part | None, at: Recorded
) -> Part | None:
    """It lies with ASI, in time or late. A correction of what was reported changes nothing, nor
    does a report that nobody expected."""
    if part is None or part["closed_on"] is not None:
        return part
    return done(event.submitted_on, part, at)


def report_returned(
    event: coc_reports.ReportReturned, part: Part | None, at: Recorded
) -> Part | None:
    """It is to be submitted again; a correction that is returned leaves what was accepted."""
    if part is None or "accepted" in part:
        return part
    late = {"state": "missed"} if part.get("missed") else REOPENED
    return {**part, **late, "closed_on": None, "closed": None, "moved": reference("moved", at)}


def report_accepted(
    event: coc_reports.ReportAccepted, part: Part | None, at: Recorded
) -> Part | None:
    """Nothing more is asked of this year, whatever comes of a correction."""
    return None if part is None else {**part, "accepted": event.version}


def report_overdue(
    event: coc_reports.ReportOverdue, part: Part | None, at: Recorded
) -> Part | None:
    """Its last day is over."""
    return missed(part, at)


def report_excused(
    event: coc_reports.ReportExcused, part: Part | None, at: Recorded
) -> Part | None:
    """No certificate asks for it any more."""
    return cancelled(event.excused_on, part, at)


# --- overdraft ---


def pool_opened(event: coc.PoolOpened, part: Part | None, at: Recorded) -> Part:
    """A period has a last day; nothing is owed in it yet."""
    begun = opened(event.member_id, event.pool.period, event.ends_on, event.policy_id, at)
    return {**begun, "owed_kg": 0}


def pool_shortened(event: PoolShortened, part: Part | None, at: Recorded) -> Part | None:
    """The scope's periods changed: this one ends earlier, and what is owed is due by then. Where it
    ends since its scope goes over, that is due by the day by which it was."""
    if part is None:
        return None
    if event.switched is None:
        return _due(part, iso(event.ends_on))
    until = iso(event.switched.carried_until)
    return _due({**part, "switched": until}, until)


def to_close(event: coc.PoolOpened, part: Part | None, at: Recorded) -> Part | None:
    """A period is to be closed some time after its last day."""
    if event.close_by is None:
        return None
    return opened(event.member_id, event.pool.period, event.close_by, event.policy_id, at)


def close_earlier(event: PoolShortened, part: Part | None, at: Recorded) -> Part | None:
    """The scope's periods changed: this one is to be closed earlier."""
    if part is None:
        return None
    return {**part, "due_on": iso(event.close_by), "moved": reference("moved", at)}


def was_closed(event: coc.PoolClosed, part: Part | None, at: Recorded) -> Part | None:
    """It is closed, in time or late."""
    return done(event.closed_on, part, at)


def balance_carried(event: coc.BalanceCarried, part: Part | None, at: Recorded) -> Part | None:
    """The period before left an overdraft."""
    return _owed_changes(event.owed_kg, event.due, part, at)


def overdraft_foreseen(event: OverdraftForeseen, part: Part | None, at: Recorded) -> Part | None:
    """The period before is over and open: its overdraft is due whether it is closed or not."""
    if part is None or not event.owed_change_kg:
        return part
    others = {key: due for key, due in part.get("ahead", {}).items() if key != event.from_pool.key}
    its = {event.from_pool.key: _more({}, event.due)} if event.due else {}
    part = _with(part, "ahead", {**others, **its})
    return _owed_changes(event.owed_change_kg, (), part, at)


def overdraft_made_good(event: OverdraftMadeGood, part: Part | None, at: Recorded) -> Part | None:
    """The books cover what is owed; or they do not any more, and it is open again. Of parts with
    days of their own it is due by that of the first which is open; one that was late is missed,
    also where it was met until something came late, and once all is covered nothing is left."""
    if part is None or not part["owed_kg"]:
        return part
    if event.due_on is not None:
        part = {**part, "due_on": iso(event.due_on)}
    if event.missing_kg:
        part = {**part, **REOPENED} if part["state"] != "open" else part
        return missed(part, at) if event.late_kg else part
    told = "missed" if event.late_kg else "met"
    if part["closed_on"] is not None and part["state"] == told and event.since is None:
        return part  # said once more
    return _again(done(event.since or event.on, part, at), part)


def pool_closed(event: coc.PoolClosed, part: Part | None, at: Recorded) -> Part | None:
    """The books of the period tell whether it was made good in it. If not, what is owed goes on
    into the next period, where it is due again; or by its own day, where the scope went over before
    that had come."""
    if part is None:
        return None
    part = {**part, "books_closed": iso(event.closed_on)}
    if not part["owed_kg"]:
        return part
    if event.unmet_kg:
        return _unmet(event.closed_on, part, at)
    if event.switched is not None:
        part = {**part, "switched": iso(event.switched.carried_until)}
    told, known = "missed" if event.late_kg else "met", event.made_good is None
    if known and part["closed_on"] is not None and part["state"] == told:
        if not _goes_on(event, part):
            return part  # the books told it before
    return _again(_made_good(event, event.closed_on, part, at), part)


def _unmet(on: date, part: Part, at: Recorded) -> Part:
    return {
        **part,
        "state": "missed",
        "closed_on": iso(on),
        "closed": reference("closed", at),
    }


def _again(after: Part | None, before: Part) -> Part | None:
    """What was told before, where it is told once more."""
    if after is None:
        return None
    same = all(after[name] == before[name] for name in ("state", "closed_on", "due_on"))
    return before if same else after


def balance_corrected(event: BalanceCorrected, part: Part | None, at: Recorded) -> Part | None:
    """What the period before left was corrected."""
    return _owed_changes(event.owed_change_kg, event.due_change, part, at)


def _owed_changes(
    change_kg: int, due: tuple[Dated, ...], part: Part | None, at: Recorded
) -> Part | None:
    if part is None or not (change_kg or due):
        return part
    ends_on = part["ends_on"] if "ends_on" in part else part["due_on"]
    part = _with(part, "due", _more(part.get("due", {}), due))
    owed = max(0, part["owed_kg"] + change_kg)
    return _due({**part, "owed_kg": owed, "opened": reference("opened", at)}, ends_on)


def _more(before: Mapping[str, int], more: tuple[Dated, ...]) -> dict[str, int]:
    """What is due by days of its own, by day."""
    after = dict(before)
    for one in more:
        after[iso(one.day)] = after.get(iso(one.day), 0) + one.kg
    return {due_on: kg for due_on, kg in after.items() if kg}


def _with(part: Part, name: str, what: Mapping[str, object]) -> Part:
    """With something that few pools have; without its name where there is none of it."""
    others = {key: value for key, value in part.items() if key != name}
    return {**others, name: what} if what else others


def _due(part: Part, ends_on: str) -> Part:
    """With the first day by which something of it is due: the period's last one, or, of what came
    with a scope that went over, a day of its own."""
    kept = [part.get("due", {}), *part.get("ahead", {}).values()]
    days = {due_on for one in kept for due_on in one}
    part = {key: value for key, value in part.items() if key != "ends_on"}
    if not days:
        return {**part, "due_on": ends_on}
    if part["owed_kg"] > sum(kg for one in kept for kg in one.values()):
        days.add(ends_on)
    return {**part, "ends_on": ends_on, "due_on": min(days)}


def _made_good(
    event: coc.PoolClosed | PoolCorrected, on: date, part: Part, at: Recorded
) -> Part | None:
    """What of it was to be made good in the period was: in time, or after its own last day, by the
    period's end at the latest."""
    made_good_by = min(on, event.ends_on)
    part = _due(part, part["ends_on"]) if "ends_on" in part else part
    if event.made_good is not None:
        due_on = event.made_good.due_on
        part = part if due_on is None else {**part, "due_on": iso(due_on)}
        return done(event.made_good.since, part, at)
    if event.late_kg:
        return done(made_good_by, part, at)
    if _goes_on(event, part):
        return cancelled(on, part, at)
    return done(min(made_good_by, day(part["due_on"])), part, at)


def _goes_on(event: coc.PoolClosed | PoolCorrected, part: Part) -> bool:
    """Whether something that was owed here goes on, since its day has not come yet. Events of
    before do not tell what of it the period made itself: then the days have to."""
    if event.ahead_kg is not None:
        return event.owed_kg > event.ahead_kg
    own = {*part.get("due", {}), part.get("switched")}
    return not own.isdisjoint(iso(one.day) for one in event.due)


def pool_corrected(event: PoolCorrected, part: Part | None, at: Recorded) -> Part | None:
    """The close was worked out anew: whether it was made good may have changed."""
    if part is None or not part["owed_kg"]:
        return part
    on = day(part["books_closed"]) if "books_closed" in part else event.corrected_on
    if event.unmet_kg:
        return _again(_unmet(on, part, at), part)
    return _again(_made_good(event, on, {**part, "state": "open", "closed_on": None}, at), part)


def overdraft(own: Part | None, others: Sequence[Part]) -> Outcome:
    """Nothing is due where nothing is owed."""
    if own is None or not own["owed_kg"]:
        return UNOPENED
    closed_on = own["closed_on"] and day(own["closed_on"])
    return Outcome(own["state"], day(own["due_on"]), closed_on, own.get("closed"))


# --- Performance Standard ---

Needing = coc.ScopeOpened | coc.ScopeFacilityAdded


def ps_to_follow(event: Needing, part: Part | None, at: Recorded) -> Part | None:
    """Chain of Custody was granted before the Performance Standard covers all of it."""
    if event.ps_due_on is None:
        return part
    since = event.opened_on if isinstance(event, coc.ScopeOpened) else event.added_on
    return opened(event.member_id, since, event.ps_due_on, event.policy_id, at)


Gone = coc.ScopeFacilityLeft | PsObligationEnded


def left(event: Gone, part: Part | None, at: Recorded) -> Part | None:
    """It is in the scope no longer, or nothing of the whole is, and nothing is due of it there;
    what it brought, or missed, stands: also where the clock has not told yet that its last day was
    over before it left."""
    if part is None or part["closed_on"] is not None:
        return part
    if iso(event.effective_on) > part["due_on"]:
        return done(event.effective_on, part, at)
    return cancelled(event.effective_on, part, at)


def ps_followed(event: coc.PsObligationMet, part: Part | None, at: Recorded) -> Part | None:
    """A certificate covers it, in time or late."""
    followed = done(event.effective_on, part, at)
    return None if followed is None else {**followed, "certificate_id": event.certificate_id}


def scope_suspended(event: coc.ScopeSuspended, part: Part | None, at: Recorded) -> Part | None:
    """Its last day is over."""
    return missed(part, at)


# --- confirmations ---

Answering = DocumentConfirmed | DocumentDisputed | DocumentLapsed | DocumentEnded


class Oldest(NamedTuple):
    """The confirmations that wait longest."""

    confirm_by: str
    issued_on: str
    policy_id: str


def document_issued(event: DocumentIssued, part: Part | None, at: Recorded) -> Part | None:
    """One more waits."""
    return _counted(event.awaited, 1, part)


def document_answered(event: Answering, part: Part | None, at: Recorded) -> Part | None:
    """One less: confirmed, disputed, lapsed or replaced."""
    return part if event.answers is None else _counted(event.answers, -1, part)


def _counted(awaited: Awaited, more: int, part: Part | None) -> Part | None:
    """`waiting` counts by last day, day of issue and policy, in their order; what is none is left
    out, and with the last of them the part. Below zero it falls where an operator skipped the issue
    of a document: then another one of that day is not seen here."""
    key = " ".join(Oldest(iso(awaited.confirm_by), iso(awaited.issued_on), awaited.policy_id))
    waiting: dict[str, int] = dict(part["waiting"]) if part else {}
    waiting[key] = waiting.get(key, 0) + more
    kept = {name: count for name, count in sorted(waiting.items()) if count}
    if not kept:
        return None
    left = [name for name, count in kept.items() if count > 0]
    oldest = Oldest(*(left or list(kept))[0].split(" "))
    return {
        "member_id": awaited.member_id,
        "opened_on": oldest.issued_on,
        "due_on": oldest.confirm_by,
        "policy_id": oldest.policy_id,
        "items": sum(kept[name] for name in left),
        "waiting": kept,
    }


def confirmations(own: Part | None, others: Sequence[Part]) -> Outcome:
    """Open while any waits, by the last day of the oldest."""
    if own is None or not own["items"]:
        return UNOPENED
    return Outcome("open", day(own["due_on"]))
