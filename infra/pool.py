"""Processes beside this one, for work that computes: they end when it ends, however it ends."""

import gc
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process

WORKERS = 2
RARELY = 50_000


def pool(workers: int = WORKERS) -> ProcessPoolExecutor:
    """A pool of fresh processes: none shares this one's threads, locks or connections. What they
    do has to be a function of a module, with arguments that can be pickled."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)


def _begin() -> None:
    # Ctrl-C is for whoever started us: it waits for us, and ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # What computes here makes many values and few cycles: looked for rarely, they cost little.
    gc.set_threshold(RARELY)


def _end_with_parent() -> None:
    """A killed parent cannot say goodbye, and its pool would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
