"""A scope's ledger as a statement: each booking of a pool in its order, with running figures. Pure.

One line per event that moved anything, as it was booked: the day it is about, what came in or left,
and what stock, cover and overdraft were after it. The last line's figures are the pool's own. Lines
come one by one, so that a pool with a million movements needs no memory. Rules: sources.md 5.3,
5.4.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts.coc import (
    BalanceCarried,
    DesignationReleased,
    MovementBooked,
    OutputDesignated,
    OverdraftCaseDeclared,
)
from contracts.coc_corrections import BalanceCorrected
from contracts.coc_movements import apart
from contracts.coc_periods import OverdraftForeseen
from contracts.custody import Account, FootprintWords, Remark
from contracts.envelope import Recorded
from infra.policy import Policy
from services.coc_ledger.accounting.accounts import (
    INFLOWS,
    INPUTS,
    NO_KGS,
    OUTPUTS,
    PLACE,
    Kgs,
    grams_of,
    posted_kg,
    standings,
)
from services.coc_ledger.accounting.balance import Terms, cover, figures, lapsed_before, rule_of
from services.coc_ledger.accounting.lasting import ByDay, parts, with_more


class Line(NamedTuple):
    """One booking. Masses are what it moved; `stock_kg` to `owed_kg` are what stands after it.
    `certificates` are those on which a claim rests, each with its status on the day of issue. The
    footprint is of the metal that came into stock (negative: left it), or was claimed: the mass for
    which it is wholly known, with its emissions, and what is known of those of the rest. Of metal
    that came in, `origin_ref` names the proof of its origin, and `told_...` say how its supplier
    found the footprint: nobody here looked at that. `opening_kg` is stock that the period before
    left, so that stock is what it was, with that and what came in, without what left, was lost or
    not found. `counterparty` is as a movement names it, and of a document the other side's scope,
    or its name where it has none here (`with_parties`)."""

    number: int
    recorded_at: str
    day: str = ""
    kind: str = ""
    movement: str = ""
    document: str = ""
    counterparty: str = ""
    certificates: str = ""
    inflow_kg: int = 0
    input_kg: int = 0
    output_kg: int = 0
    designated_kg: int = 0
    losses_kg: int = 0
    unexplained_kg: int = 0
    stock_kg: int = 0
    available_kg: int = 0
    overdraft_used_kg: int = 0
    carried_kg: int = 0
    owed_kg: int = 0
    remarks: str = ""
    known_kg: int = 0
    emission_gco2e: int = 0
    partial_gco2e: int = 0
    origin_ref: str = ""
    told_boundary: str = ""
    told_method: str = ""
    told_period: str = ""
    told_verifier: str = ""
    opening_kg: int = 0
    contractor: str = ""


SHOWN = (
    MovementBooked,
    OutputDesignated,
    DesignationReleased,
    BalanceCarried,
    BalanceCorrected,
    OverdraftCaseDeclared,
    OverdraftForeseen,
)
"""Events that have a line."""
Shown = (
    MovementBooked
    | OutputDesignated
    | DesignationReleased
    | BalanceCarried
    | BalanceCorrected
    | OverdraftCaseDeclared
    | OverdraftForeseen
)
WITHOUT_METAL = (OverdraftCaseDeclared, OverdraftForeseen)
"""Those of them that move no metal: they change what it covers."""
COLUMNS: tuple[str, ...] = Line._fields
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would take a text that begins so for a formula."""


def lines(records: Iterable[Recorded], policy: Policy) -> Iterator[Line]:
    """The lines of a pool's events, in the order of booking. What is available is so on the last
    day that was booked by then: a balance with a last day of its own may have lapsed before it."""
    kgs, terms, rule = NO_KGS, Terms(), rule_of(policy)
    days: dict[date, Kgs] = {}
    lasting: ByDay = {}
    for recorded in records:
        event = recorded.event
        if not isinstance(event, SHOWN):
            continue
        before = kgs
        match event:
            case MovementBooked() | OutputDesignated() | DesignationReleased():
                kgs = posted_kg(kgs, event.entries)
                days[event.day] = posted_kg(days.get(event.day, NO_KGS), event.entries)
            case BalanceCarried():
                kgs = posted_kg(kgs, event.entries)
                terms = terms._replace(
                    carried_kg=terms.carried_kg + event.balance_kg,
                    owed_kg=terms.owed_kg + event.owed_kg,
                    stopped=terms.stopped or event.blocked,
                )
                lasting = with_more(lasting, event.lasting)
            case BalanceCorrected():
                kgs = posted_kg(kgs, event.entries)
                terms = terms._replace(
                    carried_kg=terms.carried_kg + event.balance_change_kg,
                    owed_kg=terms.owed_kg + event.owed_change_kg,
                    stopped=event.blocked,
                )
                lasting = with_more(lasting, event.lasting_change)
            case OverdraftCaseDeclared():
                terms = terms._replace(case=True)
            case OverdraftForeseen():
                owed_kg = terms.owed_kg + event.owed_change_kg
                terms = terms._replace(owed_kg=owed_kg, stopped=event.blocked)
        made = cover(figures(kgs), _not_lapsed(terms, lasting, kgs, days), rule)
        yield _moved(_footprint(_words(recorded), event), before, kgs)._replace(
            stock_kg=kgs[PLACE[Account.STOCK]],
            available_kg=made.available_kg,
            overdraft_used_kg=made.overdraft_used_kg,
            carried_kg=terms.carried_kg,
            owed_kg=terms.owed_kg,
        )


def _not_lapsed(terms: Terms, lasting: ByDay, kgs: Kgs, days: Mapping[date, Kgs]) -> Terms:
    """What bears on the cover on the last day that was booked."""
    if not lasting or not days:
        return terms
    dated = terms._replace(lasting=parts(lasting))
    gone = lapsed_before(dated, lambda day: list(standings(kgs, days, day))[-1][1], max(days))
    return terms._replace(carried_kg=terms.carried_kg - gone)


def moved_lines(records: Iterable[Recorded]) -> Iterator[Line]:
    """Some lines from the middle: what each moved, without what stood after it."""
    for recorded in records:
        event = recorded.event
        if isinstance(event, SHOWN):
            entries = () if isinstance(event, WITHOUT_METAL) else event.entries
            line = _footprint(_words(recorded), event)
            yield _moved(line, NO_KGS, posted_kg(NO_KGS, entries))


class Sides(NamedTuple):
    """Who issued a document, and to whom."""

    issuer: str
    customer: str


def with_parties(found: Iterable[Line], sides: Mapping[str, Sides]) -> Iterator[Line]:
    """Lines of documents with the other side: who claims has the customer, who got it the
    issuer."""
    for line in found:
        one = sides.get(line.document)
        if one is None or line.counterparty:
            yield line
        else:
            ours = line.kind.startswith("designation")
            yield line._replace(counterparty=one.customer if ours else one.issuer)


class Before(NamedTuple):
    """A place in a pool's stream: behind it are the events before `version`, and of the event of
    that version its first `place` movements."""

    version: int
    place: int = 0

    def __str__(self) -> str:
        return f"{self.version}.{self.place}" if self.place else str(self.version)


def before_of(text: str) -> Before:
    """A place as it is written: `17`, or `17.240` within the event of version 17."""
    version, _, place = text.partition(".")
    return Before(int(version), int(place or 0))


def last_lines(
    records: Sequence[Recorded], start: Before, limit: int, *, more: bool
) -> tuple[list[Line], Before | None]:
    """The lines before a place, newest first, so many at the most, and the place before which the
    next ones are. `more`: there are events before these."""
    found: list[Line] = []
    for one in reversed(records):
        version = one.envelope.version
        made = list(moved_lines(apart(one)))
        if start.place and version == start.version:
            made = made[: start.place]
        room = limit - len(found)
        found += made[::-1][:room]
        if len(made) > room:
            return found, Before(version, len(made) - room)
    first = records[0].envelope.version if records else 0
    return found, Before(first) if more and first else None


def _words(recorded: Recorded) -> Line:
    event, at = recorded.event, recorded.envelope
    line = Line(at.version, at.recorded_at)
    match event:
        case MovementBooked():
            return line._replace(
                day=event.day.isoformat(),
                kind=event.kind.value,
                movement=event.movement_id,
                document=event.document or "",
                counterparty=event.counterparty or "",
                contractor=event.contractor_id or "",
                remarks=_remarked(event.remarks),
            )._replace(origin_ref=event.origin_ref or "", **_told(event.told))
        case OutputDesignated():
            held = event.evidence.certificates
            return line._replace(
                day=event.day.isoformat(),
                kind="designation",
                document=event.document,
                certificates=", ".join(f"{one.certificate_id}: {one.status.value}" for one in held),
            )
        case DesignationReleased():
            return line._replace(
                day=event.day.isoformat(),
                kind="designation_restored" if event.restored else "designation_released",
                movement=event.change_id,
                document=event.document,
                remarks=event.because,
            )
        case BalanceCarried():
            day = event.pool.period.isoformat()
            return line._replace(day=day, kind="carried", movement=event.from_pool.key)
        case BalanceCorrected():
            return line._replace(
                day=event.pool.period.isoformat(),
                kind="carried_corrected",
                movement=event.from_pool.key,
                remarks=f"{event.correction_id}: {event.reason}",
            )
        case OverdraftCaseDeclared():
            day = event.declared_on.isoformat()
            return line._replace(day=day, kind="overdraft_case", remarks=event.reason)
        case OverdraftForeseen():
            day = event.pool.period.isoformat()
            said = f"{event.owed_kg} kg to be made good: the period before is over and not closed"
            return line._replace(
                day=day,
                kind="overdraft_foreseen",
                movement=event.from_pool.key,
                remarks=said if event.owed_kg else "nothing is owed ahead of the close any more",
            )
        case _:
            return line


LOTS = (Account.OUTPUT_COC, Account.STOCK)


def _footprint(line: Line, event: Shown) -> Line:
    """What the metal of an event carries: where it was claimed, else where it lies."""
    if isinstance(event, WITHOUT_METAL):
        return line
    found = {one.account: one for one in event.entries if one.account in LOTS}
    lot = found.get(Account.OUTPUT_COC) or found.get(Account.STOCK)
    if lot is None:
        return line
    return line._replace(
        known_kg=lot.known_kg,
        emission_gco2e=grams_of(lot.emission_kgco2e),
        partial_gco2e=grams_of(lot.partial_kgco2e),
    )


def _told(words: FootprintWords | None) -> dict[str, Any]:
    """What a supplier says of a footprint, by column."""
    said = words.model_dump(exclude_none=True) if words else {}
    return {f"told_{name}": word for name, word in said.items()}


def _remarked(remarks: Iterable[Remark]) -> str:
    return " / ".join(f"{one.rule}: {one.sentence}" for one in remarks)


def _moved(line: Line, before: Kgs, after: Kgs) -> Line:
    def more(accounts: Sequence[Account]) -> int:
        return sum(after[PLACE[one]] - before[PLACE[one]] for one in accounts)

    return line._replace(
        inflow_kg=-more(INFLOWS),
        input_kg=-more(INPUTS),
        output_kg=more(OUTPUTS),
        designated_kg=more([Account.OUTPUT_COC]),
        losses_kg=more([Account.LOSSES]),
        unexplained_kg=more([Account.UNEXPLAINED]),
        opening_kg=-more([Account.OPENING]),
    )


# --- as text ---


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Rows as CSV in UTF-8, some at a time; no cell is taken for a formula."""
    yield _lines([columns])
    page: list[list[object]] = []
    for row in rows:
        page.append([harmless(cell) for cell in row])
        if len(page) >= 500:
            yield _lines(page)
            page = []
    if page:
        yield _lines(page)


def harmless(cell: object) -> object:
    """A cell that no spreadsheet calculates: texts that look like a formula begin with a quote.
    Several words are one cell."""
    if isinstance(cell, tuple | list):
        cell = "; ".join(map(str, cell))
    if isinstance(cell, str) and cell.startswith(RISKY):
        return f"'{cell}"
    return "" if cell is None else cell


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
