"""What is designated as CoC never exceeds its cover, on any day: not on its own, not at the end,
and on none of those between."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.coc import DesignationReleased, OutputDesignated
from contracts.custody import Carried, Lot, Origin, Stage
from contracts.values import Activity
from infra.decider import Command
from services.coc_ledger.evidence import ReplacedClaim
from services.coc_ledger.pools.commands import ApplyChange, ChangeStage, ClaimChange
from tests.rules.coc.given import (
    KEY,
    YEAR,
    claim,
    pools,
    receive,
    scope_seen,
    scrap,
    seen,
    ship,
    where,
)
from tests.rules.spec import Answered

WORDS: Mapping[str, Callable[..., Command]] = {"scrap": scrap, "in": receive, "out": ship}


def on(day: int) -> date:
    return YEAR + timedelta(days=day)


def through(*bookings: tuple[str, int, int]) -> Answered:
    """What comes in and leaves, by day: `scrap` counts as CoC, `in` does not."""
    return pools.when(
        *(WORDS[word](f"M-{at}", kg, day=on(day)) for at, (word, kg, day) in enumerate(bookings))
    )


def dipping() -> Answered:
    """100 kg are covered at first, 50 from day 15, 200 from day 20."""
    return through(
        ("scrap", 100, 1), ("out", 100, 1), ("in", 100, 15), ("scrap", 100, 20), ("out", 200, 20)
    )


def replaced(number: str, kg: int, day: int, **more: Any) -> ReplacedClaim:
    return ReplacedClaim.model_validate(
        {
            "number": number,
            "pool": KEY,
            "mass_kg": kg,
            "lot": Lot.PRODUCT,
            "carried": Carried(post_kg=kg),
            "designated": True,
            "day": on(day),
            **more,
        }
    )


def test_a_claim_that_its_day_and_the_end_cover_is_refused_where_a_day_between_does_not() -> None:
    refused = dipping().and_when(claim("D-1", 80, day=on(1)))
    refused.refused("claim-not-covered", available_kg=50, short_kg=30, short_on=str(on(15)))
    assert refused.refusal is not None
    assert "30 kg would be missing on 2026-01-16" in refused.refusal.sentence
    dipping().and_when(claim("D-1", 50, day=on(1)), claim("D-2", 150, day=on(20)))


def test_a_claim_of_an_earlier_day_takes_no_cover_from_one_of_a_later_day() -> None:
    start = through(("scrap", 100, 1), ("out", 100, 1)).and_when(claim("D-1", 90, day=on(20)))
    more = start.and_when(scrap("M-8", 200, day=on(25)), ship("M-9", 200, day=on(25)))
    asked = claim("D-2", 11, day=on(5))
    more.and_when(asked).refused("claim-not-covered", available_kg=10, short_on=str(on(20)))
    more.and_when(claim("D-2", 10, day=on(5)), claim("D-3", 200, day=on(25)))


def test_a_change_of_stage_takes_none_either() -> None:
    does = (Activity.BAUXITE_MINING, Activity.ALUMINA_REFINING)
    refinery = scope_seen(stages=(Stage.BAUXITE, Stage.ALUMINA), activities=does)
    mine: dict[str, Any] = {"stage": Stage.BAUXITE, "scope": refinery}
    booked = pools.when(
        receive("M-1", 1000, Origin.OWN_MINE, day=on(1), **mine),
        receive("M-2", 1000, day=on(15), **mine),
        receive("M-3", 9000, Origin.OWN_MINE, day=on(20), **mine),
    )
    held = {**where(day=on(1), **mine), "checked": seen(day=on(1))}
    use = ChangeStage(movement_id="M-4", mass_kg=900, coc_kg=900, **held)
    booked.and_when(use).refused("claim-not-covered", available_kg=450, short_on=str(on(15)))


def test_what_a_correction_gives_back_counts_from_the_day_of_the_old_claim() -> None:
    """Not from its own: what was sold on day 20 covered nothing on day 1."""
    start = through(("scrap", 50, 1), ("out", 50, 1), ("scrap", 50, 20), ("out", 50, 20))
    sold = start.and_when(claim("D-1", 60, day=on(20)))
    right = claim("D-2", 40, day=on(1), replaced=replaced("D-1", 60, 20))
    done = sold.and_when(right)
    released, designated = done.events
    assert isinstance(released, DesignationReleased)
    assert isinstance(designated, OutputDesignated)
    assert (released.day, designated.day) == (on(20), on(1))
    done.and_when(claim("D-3", 11, day=on(1))).refused("claim-not-covered", available_kg=10)
    done.and_when(claim("D-3", 10, day=on(1)), claim("D-4", 50, day=on(20)))


def test_a_correction_that_claims_no_more_on_any_day_is_never_refused() -> None:
    """It makes a shortfall smaller, which metal without CoC that came later has left."""
    start = through(("scrap", 100, 1), ("out", 100, 1)).and_when(claim("D-1", 90, day=on(5)))
    short = start.and_when(receive("M-9", 100, day=on(10)))
    old = replaced("D-1", 90, 5)
    for kg, day in ((90, 5), (70, 5), (70, 30)):
        short.and_when(claim("D-2", kg, day=on(day), replaced=old))
    short.and_when(claim("D-2", 91, day=on(5), replaced=old)).refused("claim-not-covered")
    earlier = claim("D-2", 70, day=on(1), replaced=old)
    short.and_when(earlier)  # 70 kg on days 1 to 5, where all of 100 kg is covered


def test_a_claim_taken_back_after_its_period_is_taken_back_on_the_periods_last_day() -> None:
    """That of a correction of an error: it was booked on the last day as well."""
    late = {"pool_of_error": KEY, "on": date(2027, 1, 20), "day": date(2027, 1, 15)}
    start = through(("scrap", 100, 1), ("out", 100, 1)).and_when(claim("D-1", 60, **late))
    change = ClaimChange(
        change_id="withdrawn:D-1",
        document="D-1",
        day=date(2027, 1, 15),
        mass_kg=60,
        lot=Lot.PRODUCT,
        carried=Carried(post_kg=60),
        because="withdrawn",
        restored=False,
    )
    end = date(2026, 12, 31)
    back = start.and_when(
        ApplyChange(on=date(2027, 1, 20), pool=KEY, member_id="M-1", ends_on=end, claim=change)
    )
    assert [one.day for one in back.events if isinstance(one, DesignationReleased)] == [end]
    back.and_when(claim("D-2", 100, day=on(1), on=date(2027, 1, 21)))


DAYS = some.integers(0, 6)
WHAT = some.sampled_from(("scrap", "in", "out", "claim", "claim"))
STEP = some.tuples(WHAT, some.integers(1, 90), DAYS)


@settings(max_examples=60)
@given(some.lists(STEP, min_size=6, max_size=14))
def test_a_claim_passes_when_every_day_from_its_own_on_is_covered_with_it(
    steps: list[tuple[str, int, int]],
) -> None:
    """And only then, by plain sums. What is asked for is what its day and the end would cover."""
    told = [("scrap", 100, 0), ("out", 100, 0)]
    books = through(*told)

    def free(day: int) -> int:
        sums = dict.fromkeys(("scrap", "in", "out", "claim"), 0)
        for word, kg, when in told:
            sums[word] += kg if when <= day else 0
        earned = sums["scrap"] * sums["out"] // (sums["scrap"] + sums["in"])
        return min(sums["scrap"], earned) - sums["claim"]

    for at, (word, mass, day) in enumerate(steps):
        if word != "claim":
            books = books.and_when(WORDS[word](f"N-{at}", mass, day=on(day)))
            told.append((word, mass, day))
            continue
        left = {way: sum(kg for what, kg, _ in told if what == way) for way in ("out", "claim")}
        kg = max(1, min(free(day), free(6), left["out"] - left["claim"]) * min(mass, 40) // 40)
        fits = kg <= min(left["out"] - left["claim"], *(free(one) for one in range(day, 7)))
        asked = books.and_when(claim(f"D-{at}", kg, day=on(day)))
        assert (asked.refusal is None) == fits, asked.refusal
        if fits:
            books = asked
            told.append((word, kg, day))
