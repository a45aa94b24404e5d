"""How the interpreter is set in a process that serves for long."""

import gc
import sys

GENERATIONS = (200_000, 20, 20)
"""Folds, rows and open requests live long and hold no cycles. With Python's own thresholds the
collector looks at each of them several times: a quarter of all time in an import."""
TURN_S = 0.001
"""How long a busy thread may keep others from the interpreter: with the usual five milliseconds a
writer waits longer for the interpreter than for its database."""


def settle() -> None:
    """Set it, once, before anything is served."""
    gc.collect()
    gc.freeze()  # code and classes stay: the collector need not look at them again
    gc.set_threshold(*GENERATIONS)
    sys.setswitchinterval(TURN_S)
