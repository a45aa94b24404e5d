"""Answers kept for as long as what they rest on stands still. May be asked by several threads."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Keeping:
    """The last `most` answers, each under a mark of what it rests on. An answer under another mark
    is made anew: nothing out of date is ever given. Who asks takes the mark first and reads after
    it, so what is kept is of the mark's state or a later one, whose mark is another."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, mark: Hashable, make: Callable[[], Any]) -> Any:
        """The answer to a question at a mark: the one that is kept, or made now."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == mark:
                self._kept.move_to_end(key)
                return kept[1]
        answer = make()
        with self._lock:
            self._kept[key] = (mark, answer)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return answer
