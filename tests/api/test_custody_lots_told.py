"""What is printed of the lots of a balance: of each its own."""

from tests.api.test_custody_commands import BALANCE, balance_said


def test_a_balance_says_of_each_lot_what_of_it_has_the_step_in() -> None:
    lot = next(iter(BALANCE["carries"].values()))
    carries = {
        "stock": {**lot, "step": {"sentence": "with this step in 60.0 % of it"}},
        "outflow": {**lot, "step": {"sentence": "with this step in 93.8 % of it"}},
    }
    told = balance_said(carries=carries, step={"sentence": "with this step in 93.8 % of it"})
    assert [line.count("60.0 %") for line in told.splitlines() if "with this step" in line] == [
        1,
        0,
    ]
