"""What this process has open to others, for tests of what closes what it opened."""

import os
import stat
from contextlib import suppress


def sockets() -> set[int]:
    """The sockets that this process has open, by descriptor."""
    opened: set[int] = set()
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):  # the listing's own descriptor is gone by now
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                opened.add(int(name))
    return opened
