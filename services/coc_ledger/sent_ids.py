"""Ids that people make up and type: why something is, and by what a customer proves itself. Who
sends another text than fits is told in words what would, not by a pattern. Pure."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from contracts.values import ID_PATTERN

REGISTRATION_PATTERN = r"^[A-Za-z0-9-]{20,100}$"
REGISTRATION_WORDS = (
    "20 to 100 letters (a to z), digits and hyphens, in no order that can be guessed"
)
REASON_WORDS = (
    "a short code of letters, digits and . _ : - without blanks, 128 at most, say wrong-mass; it is"
    " kept for ever, so a longer text lies elsewhere under that code"
)


def _in_words(pattern: str, words: str) -> BeforeValidator:
    def checked(value: object) -> object:
        if isinstance(value, str) and not re.search(pattern, value):
            raise ValueError(f"write {words}")
        return value

    return BeforeValidator(checked)


Registration = Annotated[
    str,
    StringConstraints(pattern=REGISTRATION_PATTERN),
    Field(description=REGISTRATION_WORDS),
    _in_words(REGISTRATION_PATTERN, REGISTRATION_WORDS),
]
"""What a buyer without a scope proves himself with: long enough that nobody guesses it. Only its
digest is stored."""
Reason = Annotated[
    str,
    StringConstraints(pattern=ID_PATTERN),
    Field(description=REASON_WORDS),
    _in_words(ID_PATTERN, REASON_WORDS),
]
"""Why something is disputed, withdrawn, corrected or declared: an event keeps it."""
