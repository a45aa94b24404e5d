"""The firm of an audit that is over remembers what it read: it is told what is of enough others."""

from datetime import date

import pytest

from contracts.envelope import Event
from services.ghg.aggregates.editions import Asker, Defined, Edition, set_told, stages, table_of
from services.ghg.aggregates.sums import Entry
from services.ghg.auditors import may_have_read

from .given import POLICY
from .test_aggregates import some_apart
from .test_auditors import DAY, booked, called_off, concluded, refused, row
from .test_editions import FIRST, POLICIES, SECOND

THREE = tuple(some_apart(3))
TWO = frozenset(one.facility_id for one in THREE[:2])


def suppressed(asker: Asker, *entries: Entry) -> list[bool]:
    """Whether each row by region is left out for somebody."""
    editions = [Edition(FIRST, entries or THREE)]
    found = stages(editions, POLICIES, asker, stages(editions, POLICIES))
    return [cell.suppressed for cell in table_of(found, ["region"])]


def test_who_audited_two_of_three_once_is_not_told_the_third() -> None:
    assert suppressed(Asker()) == [False]
    assert suppressed(Asker(facilities=TWO)) == [True]
    assert suppressed(Asker(once=TWO)) == [True], "over as much as open"


def test_it_is_told_what_is_of_enough_others() -> None:
    assert suppressed(Asker(once=TWO), *some_apart(5)) == [False]


def test_of_whom_it_audited_once_it_is_told_no_more_than_a_stranger() -> None:
    """Their figures may be new since: who knows them anyhow is told a set of them alone."""
    shown = {}
    five = some_apart(5)
    pair = frozenset(one.facility_id for one in five[:2])
    for name, asker in (
        ("stranger", Asker()),
        ("reads", Asker(facilities=pair)),
        ("once", Asker(once=pair)),
    ):
        lender = asker._replace(sets=(Defined(FIRST, pair),))
        editions = [Edition(FIRST, tuple(five))]
        found = stages(editions, POLICIES, lender, stages(editions, POLICIES))
        shown[name] = set_told(found, pair)[1].shown
    assert shown == {"stranger": False, "reads": True, "once": False}


def test_it_holds_for_every_edition() -> None:
    """Three of which it knows two, then three more: these alone are enough others."""
    editions = [Edition(FIRST, THREE), Edition(SECOND, tuple(some_apart(6)))]
    found = stages(editions, POLICIES, Asker(once=TWO), stages(editions, POLICIES))
    (first,), (last,) = table_of(found[:1], ["region"]), table_of(found, ["region"])
    assert first.suppressed
    assert (last.edition, last.facilities) == (SECOND, 6)


def test_while_an_audit_is_open_figures_of_any_year_may_have_been_read() -> None:
    """Of a facility that has gone to another member since, too."""
    found = row(booked(), concluded())
    assert found is not None
    assert may_have_read(found, DAY.year + 5, POLICY)


@pytest.mark.parametrize("events", [(concluded(), refused()), (called_off(),)])
def test_a_firm_that_was_let_in_may_have_read_figures_of_years_before_it_was_over(
    events: tuple[Event, ...],
) -> None:
    found = row(booked(), *events)
    assert found is not None
    assert found.heard_on is not None
    over = found.heard_on.year
    assert [may_have_read(found, year, POLICY) for year in (over - 1, over, over + 1)] == [
        True,
        True,
        False,
    ]


def test_a_firm_that_booked_for_itself_has_read_nothing() -> None:
    found = row(booked(by="firm"))
    assert found is not None
    assert not may_have_read(found, DAY.year, POLICY)
    assert not may_have_read(found._replace(heard_on=date(2030, 1, 1)), DAY.year, POLICY)
