"""What the public flow has told stays told, whatever becomes known, changed or lost since."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce

from services.coc_ledger.flows import publication
from services.coc_ledger.flows.cells import Quarter
from services.coc_ledger.flows.flow import Flow
from services.coc_ledger.flows.public_flow import Public, Release, calendar, publish
from services.coc_ledger.flows.publication import INITIAL, Publication, to_tell, told
from tests.rules.coc.given import POLICIES

from .test_public_conversions import with_conversions
from .test_public_flow import RELEASES, a_world, inflow, rules

TODAY = date(2026, 3, 10)


def kept(
    flows: Sequence[Flow], releases: Sequence[Release], state: Publication = INITIAL
) -> Publication:
    """After the last of some releases is kept; those before it were."""
    command = to_tell(state, releases[-1], publish(flows, releases, rules), TODAY)
    return reduce(publication.evolve, publication.decide(command, state, POLICIES), state)


def test_what_is_kept_is_what_was_worked_out() -> None:
    for flows in (a_world(3), with_conversions(1)):
        state = kept(flows, RELEASES[:1])
        assert told(state) == publish(flows, RELEASES[:1], rules)
        assert told(kept(flows, RELEASES, state)) == publish(flows, RELEASES, rules)
        assert kept(flows, RELEASES, state).releases == RELEASES


def test_a_row_that_comes_late_changes_nothing_that_was_told() -> None:
    """It was on its way when the release was worked out, and would show whose it is."""
    flows = [inflow(900, member, date(2025, 2, 1)) for member in "ABC"]
    before = kept(flows, RELEASES[:1])
    late = [*flows, inflow(777, "A", date(2025, 2, 3))]
    assert publish(late, RELEASES[:1], rules) != publish(flows, RELEASES[:1], rules)
    assert kept(late, RELEASES[:1], before) == before
    after = told(kept(late, RELEASES, before))
    first = [one for one in after.cells if one.quarter in {(2025, 1), (2025, 2)}]
    assert first == list(told(before).cells)
    assert [one.kg for one in first] == [2700]


def test_a_year_tells_nothing_by_itself_that_does_not_fit_to_its_quarters() -> None:
    """What waits for the year is what its quarters left over, by rows that are others since."""
    days = (date(2025, month, 1) for month in (2, 5, 8))
    flows = [inflow(10, member, day) for member, day in zip("ABC", days, strict=True)]
    flows += [inflow(500, member, date(2025, 2, 1), "china") for member in "DEF"]
    flows = [*flows[:3], *(one._replace(link=one.link._replace(coc=False)) for one in flows[3:])]
    year = Quarter(2025, 0)
    fits = kept(flows, RELEASES, kept(flows, RELEASES[:1]))
    assert [one.quarter for one in told(fits).cells if one.quarter == year]
    changed = [*flows, flows[-1]._replace(kg=5)]
    state = kept(changed, RELEASES, kept(flows, RELEASES[:1]))
    assert [one for one in told(state).cells if one.quarter == year] == []
    assert [one for one in told(state).withheld if one.quarter == year] != []


def test_the_first_of_two_that_keep_a_release_stands() -> None:
    flows, other = a_world(3), a_world(4)
    state = kept(flows, RELEASES[:1])
    second = to_tell(INITIAL, RELEASES[0], publish(other, RELEASES[:1], rules), TODAY)
    assert publication.decide(second, state, POLICIES) == ()


def test_a_release_of_which_nothing_may_be_shown_is_kept_as_well() -> None:
    state = kept([], RELEASES[:1])
    assert state.releases == RELEASES[:1]
    assert told(state) == Public([], [])


def test_other_days_of_release_move_none_that_was_told() -> None:
    first, today = date(2025, 2, 10), date(2026, 2, 10)
    before = calendar(first, 60, today)
    assert len(before) == 4
    later = today + timedelta(days=400)
    for days in (30, 90):
        after = calendar(first, days, later, before)
        assert after[:4] == before
        assert [one.through for one in after] == sorted({one.through for one in after})
        recorded = [one.recorded_through for one in after]
        assert recorded == sorted(set(recorded))
