"""How long to wait before asking again: longer each time, never in step with the others."""

import random
import time

FIRST_S = 0.2
MOST_S = 30.0


class Backoff:
    """Doubling waits with jitter: each is drawn between half and the whole of what is due."""

    def __init__(self, first_s: float = FIRST_S, most_s: float = MOST_S) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._due_s = first_s

    def reset(self) -> None:
        """It worked: the next wait is a short one again."""
        self._due_s = self._first_s

    def draw_s(self) -> float:
        """The next wait in seconds."""
        due_s, self._due_s = self._due_s, min(self._due_s * 2, self._most_s)
        return due_s * random.uniform(0.5, 1.0)

    def wait(self, at_least_s: float = 0.0) -> None:
        """Wait, at least as long as the other side asked for."""
        time.sleep(max(self.draw_s(), at_least_s))
