"""What is told of a year to who may not see every facility: editions, each safe beside the others.
Pure.

Figures that move would give away who moved them: of two looks at a sum, one before and one after a
facility's figures came, the difference is that facility's. So everybody else is told editions. What
an edition tells stays told, and a later one tells a number only where nothing about few follows
from it with all that the earlier ones told; where it may not be told, the number of the last
edition that told it stands, with that edition's day. What did not change between two editions is
the same unknown in both (`measures.version_of`), so that any combination of any editions is looked
at as one of a single edition is (`guard`).

An edition is in force from the day after it was kept until the next one is. A set of facilities
that was defined by the day on which the next edition was kept could be asked about under the one
before: it is told before the next edition is, so that who defined it may be told less of that than
others are. What was disclosed is no secret to anybody: it is not left out, and hides nobody else.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from infra.policy import Policies

from .forms import Facilities, Forms
from .guard import Figures, Guard
from .measures import LATER, Measure, Number, Version, version_of
from .owners import facility_of
from .public import Before, Pool, Public, Verdict, on_curve, public, sets_told
from .sums import DIMENSIONS, Cell, Entry, Key, cells_of, told_cell

NOBODY = frozenset[str]()
ORDER = (*DIMENSIONS, "step")


class Edition(NamedTuple):
    """The verified figures of a year as they were known on a day, and the facilities of which just
    these were disclosed."""

    kept_on: date
    entries: tuple[Entry, ...]
    disclosed: frozenset[str] = NOBODY


class Defined(NamedTuple):
    """A set of facilities that an asker defined."""

    on: date
    facilities: Facilities


class Asker(NamedTuple):
    """Whose figures are no secret to somebody: the members that it acts for, the facilities that it
    may read, as a member, a verifier or an audit firm; and the sets that it ever defined, in
    order. Figures of the facilities that it may `once` have read, as the firm of an audit that is
    over or a verifier of before, may be a secret to it or not: which of them it saw, nobody
    noted."""

    own: frozenset[str] = NOBODY
    facilities: frozenset[str] = NOBODY
    sets: tuple[Defined, ...] = ()
    once: frozenset[str] = NOBODY


EVERYBODY = Asker()


class Ground(NamedTuple):
    """What there is to tell of by an edition, whoever asks: its entries by ids of versions, all
    versions until then, and those of them that were disclosed."""

    versions: tuple[Entry, ...]
    forms: Forms
    disclosed: frozenset[str]


class Stage(NamedTuple):
    """What an asker is told of an edition."""

    edition: Edition
    ground: Ground
    told: Public
    sets: Mapping[Facilities, Verdict]

    @property
    def versions(self) -> tuple[Entry, ...]:
        """The edition's entries by ids of versions."""
        return self.ground.versions


def in_force(editions: Iterable[Edition], on: date) -> tuple[Edition, ...]:
    """The editions that may be told of on a day: those kept before it."""
    return tuple(one for one in editions if one.kept_on < on)


def stages(
    editions: Sequence[Edition],
    policies: Policies,
    asker: Asker = EVERYBODY,
    everybody: Sequence[Stage] | None = None,
) -> tuple[Stage, ...]:
    """What an asker is told, edition by edition: within what `everybody` is told, or as that. Of
    more editions the first ones tell the same. Who may have read figures once is told what may be
    told to both, who knows them and who does not: from the others nothing follows by what it
    remembers, and of these themselves it is told nothing new."""
    if asker.once:
        without = asker._replace(once=NOBODY)
        outside = stages(editions, policies, without, everybody)
        knows = without._replace(facilities=asker.facilities | asker.once)
        return tuple(
            one._replace(sets={of: _of_both(one.sets[of], other.sets[of]) for of in one.sets})
            for one, other in zip(stages(editions, policies, knows, outside), outside, strict=True)
        )
    found: list[Stage] = []
    before: Before | None = None
    guard: Guard | None = None
    lines = 0
    alike = everybody is not None  # knows and was told nothing that others do not, and were not
    grounds = _grounds(editions) if everybody is None else [one.ground for one in everybody]
    for number, (edition, ground) in enumerate(zip(editions, grounds, strict=True)):
        known = _known(ground, asker)
        before = Before(Figures(ground.forms, known, number > 0), guard, lines)
        policy = policies.on(edition.kept_on)
        within = everybody[number].told if everybody is not None else None
        alike = alike and known == ground.disclosed
        if within is not None and alike:
            told = within
        else:
            told = public(ground.versions, policy, within=within, before=before)
        if told.pools:
            lines = on_curve(told)
        following = editions[number + 1].kept_on if number + 1 < len(editions) else date.max
        sets = [one.facilities for one in asker.sets if one.on <= following]
        verdicts, guard = _sets(told, sets, ground.versions)
        alike = alike and not any(one.shown for one in verdicts.values())
        found.append(Stage(edition, ground, told, verdicts))
    return tuple(found)


def _of_both(one: Verdict, other: Verdict) -> Verdict:
    return Verdict(one.shown and other.shown, one.certified and other.certified)


def _sets(
    told: Public, sets: Sequence[Facilities], versions: Sequence[Entry]
) -> tuple[Mapping[Facilities, Verdict], Guard]:
    """What may be told of sets, and all that is told then."""
    if not sets:
        return {}, told.guard
    ids = {facility_of(one.facility_id): one.facility_id for one in versions}
    named = {one: frozenset(ids[of] for of in one if of in ids) for one in sets}
    verdicts, guard = sets_told(told, list(named.values()), versions)
    return {one: verdicts[of] for one, of in named.items()}, guard


def _known(ground: Ground, asker: Asker) -> frozenset[str]:
    """The versions that an asker knows."""
    if not asker.own and not asker.facilities:
        return ground.disclosed
    return ground.disclosed.union(
        one.facility_id
        for one in ground.forms.entries
        if one.member_id in asker.own or facility_of(one.facility_id) in asker.facilities
    )


def _grounds(editions: Iterable[Edition]) -> Iterator[Ground]:
    """Each edition with its facilities by their versions, and all there is to tell of by then."""
    known: dict[str, list[Version]] = {}
    entries: list[Entry] = []
    numbers: dict[str, Mapping[Measure, Number]] = {}
    disclosed: set[str] = set()
    for edition in editions:
        versions = []
        for entry in edition.entries:
            earlier = known.setdefault(entry.facility_id, [])
            if not earlier or entry != _plain(earlier[-1].entry):
                later = f"{LATER}{len(earlier) + 1}" if earlier else ""
                named = entry._replace(facility_id=entry.facility_id + later)
                earlier.append(version_of(named, earlier))
                entries.append(named)
                numbers[named.facility_id] = earlier[-1].numbers
            version = earlier[-1].entry
            versions.append(version)
            if entry.facility_id in edition.disclosed:
                disclosed.add(version.facility_id)
        forms = Forms(tuple(entries), dict(numbers))
        yield Ground(tuple(versions), forms, frozenset(disclosed))


def _plain(version: Entry) -> Entry:
    return version._replace(facility_id=facility_of(version.facility_id))


# --- what is told now ---


def table_of(
    found: Sequence[Stage], by: Sequence[str], live: Collection[Entry] = ()
) -> tuple[Cell, ...]:
    """A table as the editions tell it: each row as the last edition that told it did, with its day.
    Rows that no edition tells are named, where there is one in the last edition or `live`."""
    names = list(dict.fromkeys(by))
    if "country" in names and "region" not in names:
        names.insert(0, "region")
    ordered = tuple(name for name in ORDER if name in names)
    cells: dict[Key, Cell] = {}
    for stage in reversed(found):
        for key, parts in cells_of(stage.versions, names, DIMENSIONS).items():
            may = stage.told.of(ordered, tuple(key[names.index(name)] for name in ordered))
            if may and key not in cells:
                told = told_cell(names, key, parts, may)
                cells[key] = told._replace(edition=stage.edition.kept_on)
    last = found[-1].edition.entries if found else ()
    for key in cells_of([*last, *live], names, DIMENSIONS):
        if key not in cells:
            cells[key] = Cell(dict(zip(names, key, strict=True)), True)
    return tuple(cells[key] for key in sorted(cells))


def curve_told(found: Sequence[Stage]) -> tuple[date | None, tuple[Pool, ...]]:
    """The steps of the last edition that told a curve, and its day."""
    for stage in reversed(found):
        if stage.told.pools:
            return stage.edition.kept_on, stage.told.pools
    return None, ()


def set_told(found: Sequence[Stage], facilities: Facilities) -> tuple[Edition | None, Verdict]:
    """The last edition that tells of a set, and what it does; none, where none does."""
    for stage in reversed(found):
        verdict = stage.sets.get(facilities)
        if verdict is not None and verdict.shown:
            return stage.edition, verdict
    return None, Verdict(False, False)
