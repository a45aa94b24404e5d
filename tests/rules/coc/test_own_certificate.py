"""Metal that comes on a day on which the scope has no valid certificate of its own."""

import pytest

from contracts.coc import MovementBooked
from contracts.custody import Checked
from contracts.values import Standard
from tests.rules.coc.given import DAY, pools, receive, scrap, seen


@pytest.mark.parametrize(
    ("checked", "why"),
    [
        (seen(Standard.PERFORMANCE), "had no valid Chain of Custody certificate"),
        (seen().model_copy(update={"suspended": True}), "was suspended"),
        (seen(), ""),
    ],
)
def test_input_of_a_day_without_a_certificate_of_its_own_counts_and_is_remarked(
    checked: Checked, why: str
) -> None:
    [_, event] = pools.when(scrap("IN-1", 100, checked=checked)).events
    assert isinstance(event, MovementBooked)
    assert event.coc_kg == 100
    said = f"The scope {why} on {DAY}, as far as was known: counted as input all the same."
    assert [(one.rule, one.sentence) for one in event.remarks] == ([("5.6", said)] if why else [])


def test_what_counts_as_no_input_is_not_remarked_for_the_lack_of_a_certificate() -> None:
    unseen = seen(Standard.PERFORMANCE)
    event = pools.when(receive("IN-1", 100, checked=unseen)).events[-1]
    assert isinstance(event, MovementBooked)
    assert event.remarks == ()
