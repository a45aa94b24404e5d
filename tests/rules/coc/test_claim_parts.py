"""A claim lies in the pool of its document, and in closed ones where what it corrects was made."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from contracts.custody import Carried, ClaimPart, Lot
from services.coc_ledger.accounting.accounts import NOTHING, Amount, carried_amount, plus
from services.coc_ledger.accounting.claim_parts import Whole, laid_out, parts_of
from services.coc_ledger.evidence import ReplacedClaim
from tests.rules.coc.given import DAY, KEY

PAST = KEY.model_copy(update={"period": date(2025, 1, 1)})
MASS = some.integers(1, 1000)


def lot(kg: int, grams: int) -> Carried:
    return Carried(known_kg=kg, emission_kgco2e=Decimal(grams) / 1000, post_kg=kg)


def old(own_kg: int, closed_kg: int, grams: int) -> ReplacedClaim:
    """A claim in the pool, with a part in a closed one."""
    part = ClaimPart(pool=PAST, kg=closed_kg, day=date(2025, 5, 1), carried=lot(closed_kg, 77))
    return ReplacedClaim(
        number="D-1",
        pool=KEY,
        mass_kg=own_kg + closed_kg,
        lot=Lot.PRODUCT,
        carried=lot(own_kg + closed_kg, grams + 77),
        designated=True,
        day=DAY,
        from_closed=(part,),
    )


def total(parts: tuple[ClaimPart, ...]) -> Amount:
    whole = NOTHING
    for one in parts:
        assert one.carried is not None
        whole = plus(whole, carried_amount(one.kg, one.carried))
    return whole


@given(MASS, MASS, some.integers(0, 10**6), some.integers(1, 2500))
def test_what_is_kept_freed_and_here_is_the_claim_to_the_gram(
    own_kg: int, closed_kg: int, grams: int, wanted: int
) -> None:
    claim = old(own_kg, closed_kg, grams)
    laid = laid_out(claim, KEY, Lot.PRODUCT, wanted)
    assert laid.here is not None
    whole = carried_amount(claim.mass_kg, claim.carried)
    assert total((laid.here, *laid.kept, *laid.freed)) == whole
    assert laid.here.kg == own_kg
    assert laid.kept_kg == min(closed_kg, wanted)


def test_parts_of_before_that_was_told_have_their_share() -> None:
    whole = Whole(KEY, DAY, Lot.PRODUCT, 400, lot(400, 4000), None)
    there, here = parts_of(whole, [ClaimPart(pool=PAST, kg=100)])
    assert (there.day, there.lot, there.carried) == (DAY, Lot.PRODUCT, lot(100, 1000))
    assert (here.kg, here.carried) == (300, lot(300, 3000))


def test_a_claim_on_scrap_keeps_nothing_of_one_on_products() -> None:
    laid = laid_out(old(10, 20, 5), KEY, Lot.SCRAP, 30)
    assert (laid.kept, [one.kg for one in laid.freed]) == ((), [20])


def test_a_claim_that_no_longer_counts_was_given_back_before() -> None:
    failed = old(10, 20, 5).model_copy(update={"designated": False})
    assert laid_out(failed, KEY, Lot.PRODUCT, 30) == ((None, (), ()))
