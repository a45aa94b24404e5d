"""Books of scopes kept from what was asked of the ledger, by section 5 of the sources alone: an
oracle that uses none of the service's code, and reads none of its rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import reduce

from tests.rules.coc.own_period import Key, Left, Line, Period, plus


@dataclass
class Paper:
    """A document: where it is claimed and where it was received, and whether it counts. `parts`:
    where its mass is claimed, with the day; a correction leaves what it keeps in closed years."""

    number: str
    seller: str
    buyer: str
    at: Key
    day: date
    mass: int
    counts: bool = True
    received: Key | None = None
    ended: bool = False
    booked: tuple[Key, date] | None = None
    """Where its metal was booked, and on which day: late, where that period was closed."""
    replaces: "Paper | None" = None
    parts: dict[Key, tuple[int, date]] = field(default_factory=dict)


@dataclass
class Certificate:
    """The days of a certificate, and what was told of it: from a day on it holds, or not."""

    name: str
    first: date
    last: date
    told: list[tuple[date, bool]] = field(default_factory=list)

    def holds(self, day: date) -> bool:
        """As was told last of the latest day that has come; on its own days alone."""
        came = [since for since, _ in self.told if since <= day]
        said = [valid for since, valid in self.told if came and since == max(came)]
        return self.first <= day <= self.last and (said[-1] if said else True)


class OwnBook:
    """All periods, documents and certificates. A delivery that comes late for a closed period goes
    on into the next, on its first day; a claim that is taken back changes the period of the
    claim, and what becomes of a delivery the period in which that was booked."""

    def __init__(self) -> None:
        self.periods: dict[Key, Period] = {}
        self.papers: dict[str, Paper] = {}
        self.ends: dict[str, tuple[date, str]] = {}
        self.certificates: dict[tuple[str, str], list[Certificate]] = {}
        self.today = date.min

    def period(self, key: Key) -> Period:
        return self.periods.setdefault(key, Period())

    def refusal(self, scope: str, day: date) -> str:
        """Why nothing can be booked on a day; nothing when it can."""
        if scope in self.ends and day >= self.ends[scope][0]:
            return "scope-transferred"
        return "period-closed" if self.period((scope, day.year)).left else ""

    def book(self, scope: str, day: date, word: str, kg: int, name: str) -> None:
        """A clerk's booking."""
        self.period((scope, day.year)).lines.append(Line(day, word, kg, name))

    def late(self, key: Key, day: date, word: str, kg: int, name: str = "") -> tuple[Key, date]:
        """What has happened elsewhere: never refused, passed on where the period is closed. Where
        and when it is booked."""
        while (period := self.period(key)).left is not None:
            key, day = period.next, date(period.next[1], 1, 1)
        day = min(day, date(key[1], 12, 31))
        period.lines.append(Line(day, word, kg, name))
        return key, day

    # --- stages ---

    def may_go_on(self, key: Key, day: date, kg: int) -> int:
        """How much of what goes on to the next stage may do so as CoC, on each day from then on."""
        self.foresee()
        period = self.period(key)
        period.lines.append(Line(day, "on", kg, "trial"))
        most = period.most(day)
        period.lines.pop()
        return most

    def go_on(
        self, key: Key, day: date, kg: int, coc_kg: int, made: tuple[Key, int], name: str
    ) -> None:
        """Out of a stage and into the next: the same part of both is CoC, rounded down."""
        to, made_kg = made
        self.book(key[0], day, "on", kg, name)
        self.book(key[0], day, "on_as_coc", coc_kg, name)
        self.late(to, day, "earlier", coc_kg * made_kg // kg, name)
        self.late(to, day, "other", made_kg - coc_kg * made_kg // kg, name)

    def may_come_back(self, keys: Iterable[Key], day: date, name: str) -> str:
        """Not where it leaves more claimed than is covered on any day."""
        self.foresee()
        short = False
        for key in keys:
            period = self.period(key)
            rest = [line for line in period.lines if line.name != name]
            other = Period(rest, period.carried, period.owed, period.stops, case=period.case)
            other.ahead = period.ahead
            short |= any(other.short(one) > period.short(one) for one in period.days(day))
        return "claims-rest-on-it" if short else ""

    def come_back(self, keys: Iterable[Key], name: str) -> None:
        for key in keys:
            self.take_back(key, name)

    # --- movements taken back ---

    def may_take_back(self, key: Key, name: str) -> bool:
        """Not what a document claims."""
        gone = sum(line.kg for line in self._named(key, name) if line.word == "out")
        lot = self.period(key).lot()
        return lot - gone >= min(0, lot)

    def take_back(self, key: Key, name: str) -> None:
        """As if it had never been; a closed period then leaves something else."""
        period = self.period(key)
        period.lines = [line for line in period.lines if line.name != name]
        if period.left is not None:
            self._correct(key)

    def _named(self, key: Key, name: str) -> Iterator[Line]:
        return (line for line in self.period(key).lines if line.name == name)

    def _correct(self, key: Key) -> None:
        period = self.period(key)
        before, after = period.left, period.leaves(key[1], cut=period.next[1] == key[1])
        assert before is not None
        period.left, following = after, self.period(period.next)
        following.carried = plus(following.carried, plus(after.balance, before.balance, -1))
        following.owed = plus(following.owed, plus(after.owed, before.owed, -1))
        following.opening += after.stock - before.stock
        following.stops = following.stops - {key} | ({key} if after.blocked else set())
        if following.left is not None:
            self._correct(period.next)

    # --- the end of a period, and of a scope ---

    def following(self, key: Key) -> Key:
        """Into which period a period goes."""
        scope, year = key
        ends, to = self.ends.get(scope, (date.max, scope))
        return (to, ends.year) if date(year, 12, 31) >= ends else (scope, year + 1)

    def foresee(self) -> None:
        """An overdraft counts in the next period from its first day on, closed or not (5.4)."""
        for _ in range(3):
            for key in [one for one in self.periods if self._is_over(one)]:
                self.period(self.following(key))
            for key, period in self.periods.items():
                if period.left is None:
                    found = [
                        one.leaves(year, cut=year == key[1], foreseen=True)
                        for year, one in self._open_before(key)
                    ]
                    stops = any(one.owed and one.blocked for one in found)
                    period.ahead = Left({}, reduce(plus, (one.owed for one in found), {}), stops)

    def _open_before(self, key: Key) -> list[tuple[int, Period]]:
        return [
            (one[1], period)
            for one, period in self.periods.items()
            if one != key and self.following(one) == key
            if period.left is None and self._is_over(one)
        ]

    def _is_over(self, key: Key) -> bool:
        """Behind its last day, or once its scope went over (5.6, 7)."""
        ends, _ = self.ends.get(key[0], (date.max, ""))
        return date(key[1], 12, 31) < self.today or ends <= self.today

    def close(self, key: Key) -> None:
        period = self.period(key)
        period.next = self.following(key)
        period.left = period.leaves(key[1], cut=period.next[1] == key[1])
        following = self.period(period.next)
        following.carried = plus(following.carried, period.left.balance)
        following.owed = plus(following.owed, period.left.owed)
        following.opening += period.left.stock
        following.stops |= {key} if period.left.blocked else set()

    # --- documents ---

    def covers(self, key: Key, day: date, mass: int, old: Paper | None) -> bool:
        """Whether every day from one on covers a claim; those on which it claims no more than the
        one that it replaces are not asked."""
        with_it, asked = self._asked(key, day, mass, old)
        if asked and with_it.barred():
            return False
        return all(mass <= with_it.own(one) + with_it.ahead_of_input(one) for one in asked)

    def barred(self, key: Key, day: date, mass: int, old: Paper | None) -> bool:
        """Whether that is so since what stops claims is not made good."""
        with_it, asked = self._asked(key, day, mass, old)
        return bool(asked) and with_it.barred()

    def _asked(
        self, key: Key, day: date, mass: int, old: Paper | None
    ) -> tuple[Period, list[date]]:
        self.foresee()
        period = self.period(key)
        kept, since = old.parts.get(key, (0, day)) if old and old.counts else (0, day)
        since = min(since, date(key[1], 12, 31))
        back = Line(since, "claim", -kept)
        with_it = Period([*period.lines, back], period.carried, period.owed, period.stops)
        with_it.case, with_it.ahead = period.case, period.ahead
        asked = [one for one in with_it.days(day) if mass > kept or one < since]
        return with_it, asked

    def issue(self, paper: Paper, old: Paper | None) -> None:
        """A claim. A correction keeps what it can of what was claimed in closed years, where it
        was; what it does not keep had better never been claimed there, and is taken out of them, so
        that it serves in the year after and no later (5.4)."""
        rest = paper.mass
        if old is not None:
            old.ended = True
            for key, (kg, day) in old.parts.items() if old.counts else ():
                keep = 0 if key == paper.at else min(kg, rest)
                rest -= keep
                if keep:
                    paper.parts[key] = keep, day
                self._claim(key, day, keep - kg)
            if old.booked is not None:
                self._there(old.booked, "document" if old.counts else "other", -old.mass)
        paper.replaces = old
        if rest:
            paper.parts[paper.at] = rest, paper.day
            self.late(paper.at, paper.day, "claim", rest)
        self.papers[paper.number] = paper

    def needs(self, paper: Paper, old: Paper | None) -> tuple[int, int]:
        """What a paper has to claim where it is claimed, and what of it the one that it replaces
        gives back there."""
        parts = old.parts if old and old.counts else {}
        closed = sum(kg for key, (kg, _) in parts.items() if key != paper.at)
        return max(0, paper.mass - closed), parts.get(paper.at, (0, paper.day))[0]

    def confirm(self, number: str) -> None:
        """The metal counts where its seller is certified on the day, and its claim with it."""
        paper = self.papers[number]
        paper.received = (paper.buyer, paper.day.year)
        before = paper.replaces
        while before is not None and before.booked is None:
            before = before.replaces
        word = "document" if paper.counts else "other"
        if before is not None and before.booked and before.received == paper.received:
            at, _ = before.booked
            day = paper.day if at == paper.received else date(at[1], 1, 1)
            paper.booked = at, day
            self._there(paper.booked, word, paper.mass)
        else:
            paper.booked = self.late(paper.received, paper.day, word, paper.mass)

    def withdraw(self, number: str) -> None:
        paper = self.papers[number]
        paper.ended = True
        if paper.counts:
            self._claims(paper, -1)

    # --- certificates ---

    def grant(self, scope: str, standard: str, certificate: Certificate) -> None:
        self.certificates.setdefault((scope, standard), []).append(certificate)
        self._check_all(scope)

    def change(self, scope: str, certificate: Certificate, day: date, *, valid: bool) -> None:
        """From a day on it holds, or does not."""
        certificate.told.append((day, valid))
        self._check_all(scope)

    def lacks(self, scope: str, day: date) -> str:
        """The standard to which a scope is not certified on a day; nothing where it is to both."""
        return next(
            (
                standard
                for standard in ("CoC", "PS")
                if not any(one.holds(day) for one in self.certificates[scope, standard])
            ),
            "",
        )

    def _check_all(self, scope: str) -> None:
        """Every document of a scope counts again, or does not: by its day of issue."""
        for paper in self.papers.values():
            if paper.seller == scope and not paper.ended:
                self._check(paper)

    def _claims(self, paper: Paper, sign: int) -> None:
        """All of it counts, or does not, in each period in which it was claimed."""
        for key, (kg, day) in paper.parts.items():
            self._claim(key, day, sign * kg)

    def _claim(self, key: Key, day: date, kg: int) -> None:
        """A claim counts, or not, in its own period; a closed one then leaves something else."""
        period = self.period(key)
        period.lines.append(Line(min(day, date(key[1], 12, 31)), "claim", kg))
        if period.left is not None:
            self._correct(key)

    def _check(self, paper: Paper) -> None:
        counts = not self.lacks(paper.seller, paper.day)
        if paper.counts is counts:
            return
        paper.counts = counts
        sign = 1 if counts else -1
        self._claims(paper, sign)
        if paper.booked is not None:
            self._there(paper.booked, "document", sign * paper.mass)
            self._there(paper.booked, "other", -sign * paper.mass)

    def _there(self, booked: tuple[Key, date], word: str, kg: int) -> None:
        """What becomes of a delivery, where it was booked; a closed period then leaves something
        else."""
        key, day = booked
        self.periods[key].lines.append(Line(day, word, kg))
        if self.periods[key].left is not None:
            self._correct(key)
