"""Under which id a client's command is kept: one that says nothing of anybody.

Command ids stay in events for ever, and clients make them: somebody's name or address would stay
with them. So an id is kept as it came only where it can be no word. Any other one is kept as its
keyed hash: the same id is still recognised, and nobody can tell from it what was sent.
"""

import hashlib
import re

from .decider import OWN

_HEX = "[0-9a-fA-F]"
NO_WORD = re.compile(rf"{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}|{_HEX}{{16,64}}")
"""A UUID, or 16 to 64 hexadecimal digits: a name or an address fits neither form."""
HASHED = "k."


def kept_id(given: str, key: bytes) -> str:
    """The id under which the command with this id is kept. Our own ids are kept as they are."""
    if given.startswith(OWN) or NO_WORD.fullmatch(given):
        return given
    return HASHED + hashlib.blake2b(given.encode(), key=key, digest_size=16).hexdigest()
