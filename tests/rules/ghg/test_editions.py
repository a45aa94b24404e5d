"""Editions of aggregates: when one is kept and of what, which one answers on a day, and what a
later one may tell beside an earlier one."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.ghg.aggregates import kept
from services.ghg.aggregates.editions import (
    Asker,
    Defined,
    Edition,
    curve_told,
    in_force,
    set_told,
    stages,
    table_of,
)
from services.ghg.aggregates.kept import (
    IN_AN_EVENT,
    EditionKept,
    FacilityKept,
    KeepEdition,
    awaited,
    due_on,
    editions_of,
    is_due,
    kept_of,
    tells_enough,
)
from services.ghg.aggregates.measures import numbers_of
from services.ghg.aggregates.queries import is_public
from services.ghg.aggregates.sums import Cell, Entry
from tests.rules.spec import Spec, policies_of

from .given import POLICY
from .test_aggregates import entry, names_of, some_apart
from .test_plan_figures import told_year

POLICIES = policies_of("ghg")
FIRST, SECOND = date(2026, 3, 31), date(2026, 6, 30)
EDITIONS = Spec(kept, POLICIES)
NORWAY = "western_and_central_europe"


def row(*editions: Sequence[Entry]) -> Cell:
    """The row of the region, as these editions tell it one after the other."""
    days = (FIRST, SECOND)
    some = [Edition(day, tuple(one)) for day, one in zip(days, editions, strict=True)]
    (cell,) = table_of(stages(some, POLICIES), ["region"])
    return cell


def test_a_year_to_which_one_facility_came_is_told_as_it_was() -> None:
    """Else the new figures less the old ones would be that facility's."""
    five = some_apart(5)
    cell = row(five, [*five, entry("NEW", output="77")])
    assert (cell.edition, cell.facilities) == (FIRST, 5)
    assert cell.output_t == 5_000


def test_a_year_to_which_enough_came_is_told_anew() -> None:
    five = some_apart(5)
    cell = row(five, [*five, *(entry(f"NEW{at}", output="77") for at in range(3))])
    assert (cell.edition, cell.facilities) == (SECOND, 8)
    assert cell.output_t == 5_231


def test_a_single_correction_is_not_told() -> None:
    five = some_apart(5)
    corrected = entry("F00", intensity="14", output="1000")
    cell = row(five, [corrected, *five[1:]])
    assert (cell.edition, cell.emission_t) == (FIRST, sum(one.emission_t for one in five))


def test_a_certificate_that_moves_one_facility_moves_no_row() -> None:
    """What it gave off is known to be what it was: the row less the one before would be its own."""
    five = [one._replace(certified=at < 3) for at, one in enumerate(some_apart(7))]
    moved = [one._replace(certified=at < 4) for at, one in enumerate(five)]
    found = stages([Edition(FIRST, tuple(five)), Edition(SECOND, tuple(moved))], POLICIES)
    assert [cell.edition for cell in table_of(found, ["certified"])] == [FIRST, FIRST]
    assert curve_told(found)[0] is not None


def test_a_row_of_which_nothing_is_told_is_named() -> None:
    found = stages([Edition(FIRST, tuple(some_apart(5)))], POLICIES)
    cells = table_of(found, ["region"], [entry("AU0", country="AU")])
    assert [cell.key["region"] for cell in cells if cell.suppressed] == ["oceania"]
    assert [cell.key["region"] for cell in cells if not cell.suppressed] == [NORWAY]


def test_an_edition_is_in_force_from_the_day_after_it_was_kept() -> None:
    some = (Edition(FIRST, ()), Edition(SECOND, ()))
    assert in_force(some, FIRST) == ()
    assert in_force(some, FIRST + timedelta(days=1)) == some[:1]
    assert in_force(some, SECOND) == some[:1]
    assert in_force(some, date(2027, 1, 1)) == some


def told_sets(disclosed: frozenset[str], *sets: frozenset[str]) -> list[bool]:
    """Whether a lender is told of each of these sets."""
    edition = Edition(FIRST, tuple(some_apart(12)), disclosed)
    asker = Asker(sets=tuple(Defined(FIRST, one) for one in sets))
    found = stages([edition], POLICIES, asker, stages([edition], POLICIES))
    return [set_told(found, one)[1].shown for one in sets]


def test_sets_of_many_and_of_one_less_are_told_where_all_was_disclosed() -> None:
    every = names_of(some_apart(12))
    assert told_sets(every, every, every - {"F03"}) == [True, True]


def test_a_set_of_one_less_is_not_told_where_that_one_was_not_disclosed() -> None:
    every = names_of(some_apart(12))
    assert told_sets(frozenset(), every, every - {"F03"}) == [True, False]


def test_what_others_disclosed_hides_nobody() -> None:
    """Of twelve ten are public: a sum of all less these would be of two."""
    every = names_of(some_apart(12))
    assert told_sets(every - {"F03", "F04"}, every) == [False]
    assert told_sets(every - {"F03", "F04"}, every - {"F03", "F04"}) == [True]


def test_a_set_counts_against_the_edition_after_the_one_of_which_it_was_told() -> None:
    """Whoever was told of four is not told of a row that holds these and one more."""
    four = some_apart(4)
    others = [entry(f"AU{at}", country="AU") for at in range(4)]
    more = [*four, *others, entry("NEW")]
    some = [Edition(FIRST, (*four, *others)), Edition(SECOND, tuple(more))]
    asker = Asker(sets=(Defined(FIRST, names_of(four)), Defined(FIRST, names_of(more))))
    everybody = stages(some, POLICIES)
    found = stages(some, POLICIES, asker, everybody)
    assert set_told(found, names_of(four))[1].shown
    (row_of, _) = set_told(found, names_of(more))
    assert row_of is None or row_of.kept_on == FIRST


def test_who_knows_no_more_than_others_is_told_what_they_are_without_reckoning() -> None:
    """Until it is told of a set of its own."""
    some = [Edition(FIRST, tuple(some_apart(12))), Edition(SECOND, tuple(some_apart(15)))]
    everybody = stages(some, POLICIES)
    stranger = stages(some, POLICIES, Asker(own=frozenset({"M99"})), everybody)
    assert all(one.told is other.told for one, other in zip(stranger, everybody, strict=True))
    sets = (Defined(FIRST, names_of(some_apart(9))),)
    lender = stages(some, POLICIES, Asker(sets=sets), everybody)
    assert set_told(lender[:1], sets[0].facilities)[1].shown
    assert [one.told is other.told for one, other in zip(lender, everybody, strict=True)] == [
        True,
        False,
    ]


# --- kept as events ---


def facilities(*some: Entry, disclosed: bool = False) -> tuple[FacilityKept, ...]:
    """Facilities as an edition keeps them."""
    return tuple(kept_of(one, disclosed=disclosed) for one in some)


def keep(on: date, *some: Entry, due: date | None = None) -> KeepEdition:
    """Keep an edition of 2025."""
    return KeepEdition(on=on, year=2025, due_on=due or on, facilities=facilities(*some))


def test_an_edition_keeps_what_differs_from_the_one_before() -> None:
    one, two, three = some_apart(3)
    other = one._replace(certified=True)
    first = EDITIONS.when(keep(FIRST, one, two))
    first.then(EditionKept(year=2025, due_on=FIRST, kept_on=FIRST, changed=facilities(one, two)))
    second = first.and_when(keep(date(2026, 7, 2), other, three, due=SECOND))
    second.then(
        EditionKept(
            year=2025,
            due_on=SECOND,
            kept_on=date(2026, 7, 2),
            changed=facilities(other, three),
            gone=("F01",),
        )
    )
    assert [names_of(edition.entries) for edition in editions_of(2025, second.state)] == [
        {"F00", "F01"},
        {"F00", "F02"},
    ]


def test_the_edition_that_was_kept_first_stands() -> None:
    first = EDITIONS.when(keep(FIRST, *some_apart(3)))
    first.and_when(keep(FIRST, *some_apart(5))).nothing()
    first.and_when(keep(SECOND, *some_apart(5), due=FIRST)).nothing()


def test_a_year_has_so_many_editions_and_no_more() -> None:
    most = POLICY.integer("aggregate.editions_max")
    days = [FIRST + timedelta(days=at) for at in range(most + 1)]
    full = EDITIONS.when(*(keep(day, *some_apart(at + 3)) for at, day in enumerate(days[:most])))
    full.and_when(keep(days[most], *some_apart(30))).refused("editions-complete", most=most)
    assert not is_due(full.state, date(2030, 1, 1), POLICY)


def test_a_large_edition_is_kept_in_parts_and_read_as_one() -> None:
    many = [entry(f"F{at:04}") for at in range(2 * IN_AN_EVENT + 1)]
    found = EDITIONS.when(keep(FIRST, *many))
    assert [len(one.changed) for one in found.events if isinstance(one, EditionKept)] == [
        IN_AN_EVENT,
        IN_AN_EVENT,
        1,
    ]
    (edition,) = editions_of(2025, found.state)
    assert names_of(edition.entries) == names_of(many)


def test_an_edition_tells_the_numbers_of_which_it_was_kept() -> None:
    public = facilities(entry("A"), disclosed=True)
    wanted = KeepEdition(on=FIRST, year=2025, due_on=FIRST, facilities=public)
    (edition,) = editions_of(2025, EDITIONS.when(wanted).state)
    (read,) = edition.entries
    assert numbers_of(read) == numbers_of(entry("A"))
    assert edition.disclosed == {"A"}
    assert read.metal_t == Decimal(10_000)


@pytest.mark.parametrize(
    ("today", "due"),
    [
        (date(2026, 3, 30), date(2025, 12, 31)),
        (date(2026, 3, 31), FIRST),
        (date(2026, 6, 29), FIRST),
        (date(2027, 1, 1), date(2026, 12, 31)),
    ],
)
def test_an_edition_is_due_from_the_days_that_policy_names(today: date, due: date) -> None:
    assert due_on(today, POLICY) == due


def test_no_edition_is_spent_on_changes_of_too_few() -> None:
    five = some_apart(5)
    state = EDITIONS.when(keep(FIRST, *five)).state
    fresh = kept.INITIAL
    assert not tells_enough(fresh, facilities(*five[:2]), POLICY)
    assert tells_enough(fresh, facilities(*five[:3]), POLICY)
    assert not tells_enough(state, facilities(*five, entry("NEW")), POLICY)
    assert tells_enough(state, facilities(*five[:2]), POLICY)
    assert is_due(state, SECOND, POLICY)
    assert not is_due(state, date(2026, 6, 29), POLICY)


def test_where_no_edition_was_kept_it_is_said_from_when_there_can_be_one() -> None:
    found = awaited(2025, kept.INITIAL, FIRST, FIRST, POLICY)
    assert found.next_on == date(2026, 4, 1)
    assert "no edition of 2025 yet" in found.because
    assert "at least 3 entities" in found.because
    assert "not before 2026-04-01" in found.because


def test_before_the_first_edition_it_is_said_since_when_that_is_told() -> None:
    state = EDITIONS.when(keep(FIRST, *some_apart(5))).state
    found = awaited(2025, state, FIRST, SECOND, POLICY)
    assert found.because == "no edition of 2025 by 2026-03-31: the first is told from 2026-04-01."
    assert awaited(2025, state, SECOND, SECOND, POLICY).because == ""


def test_it_is_said_when_the_next_edition_comes_and_on_what_it_waits() -> None:
    state = EDITIONS.when(keep(FIRST, *some_apart(5))).state
    said = awaited(2025, state, SECOND, date(2026, 5, 1), POLICY).outlook
    assert "can be told from 2026-07-01" in said
    assert "at least 3 entities differ by then from those of 2026-03-31" in said
    most = POLICY.integer("aggregate.editions_max")
    assert f"number 2 of at most {most}" in said
    of_today = awaited(2025, state, SECOND, FIRST, POLICY).outlook
    assert of_today.startswith("An edition was kept today: it is told from 2026-04-01")
    first = awaited(2025, kept.INITIAL, FIRST, FIRST, POLICY).outlook
    assert first.startswith("The first edition of 2025 can be told from 2026-04-01")


@pytest.mark.parametrize(
    ("today", "following"),
    [
        (FIRST, date(2026, 4, 1)),  # kept today
        (date(2026, 5, 1), date(2026, 7, 1)),
        (date(2026, 8, 1), date(2026, 8, 2)),  # due since June, of which too few differed
    ],
)
def test_a_further_edition_is_told_from_the_day_after_one_is_due(
    today: date, following: date
) -> None:
    state = EDITIONS.when(keep(FIRST, *some_apart(5))).state
    assert awaited(2025, state, today, today, POLICY).next_on == following


def test_after_the_last_edition_there_is_none_to_wait_for() -> None:
    most = POLICY.integer("aggregate.editions_max")
    days = [FIRST + timedelta(days=at) for at in range(most)]
    full = EDITIONS.when(*(keep(day, *some_apart(at + 3)) for at, day in enumerate(days))).state
    found = awaited(2025, full, SECOND, SECOND, POLICY)
    assert found.next_on is None
    assert "there will be no further one" in found.outlook


@pytest.mark.parametrize(
    ("disclosed", "latest", "verified", "public"),
    [
        ({}, {"result": 1, "member_id": "M1"}, (1,), False),
        ({"result": 1}, {"result": 1, "member_id": "M1"}, (1,), True),
        ({"result": 1}, {"result": 2, "member_id": "M1"}, (1,), True),
        ({"result": 1}, {"result": 2, "member_id": "M1"}, (1, 2), False),
        ({"result": 1}, {"result": 2, "member_id": "M2"}, (1, 2), True),
    ],
)
def test_figures_are_public_where_those_that_count_were_disclosed(
    disclosed: dict[str, object],
    latest: dict[str, object],
    verified: tuple[int, ...],
    *,
    public: bool,
) -> None:
    """A newer verified result counts, and is no public one until it is disclosed; what a new owner
    made does not count before that."""
    year = told_year("F1", 2025)._replace(
        disclosed=disclosed,
        latest=latest,
        verified=verified,
        disclosed_member="M1" if disclosed else None,
    )
    assert is_public(year) is public
