"""Registration ids: what a supplier answers with instead of an account. Pure.

An id is made of the request's name and a secret of 192 bits. It is told once, to the facility that
asked; here only its keyed hash is kept, and an id that is presented is hashed and compared. The key
is the process's own (`infra.service.Keys`): with another key every id has to be issued again.
"""

import hashlib
import re

from contracts.values import ID_PATTERN
from infra.errors import Refused

BETWEEN = "~"
_ID = re.compile(ID_PATTERN)


def issue(request_id: str, secret: str, key: bytes) -> tuple[str, str]:
    """The registration id of a request and a fresh secret, and its hash."""
    registration_id = f"{request_id}{BETWEEN}{secret}"
    return registration_id, hashed(registration_id, key)


def hashed(registration_id: str, key: bytes) -> str:
    """The keyed hash of a registration id, in 64 hexadecimal digits."""
    return hashlib.blake2b(
        registration_id.encode(), key=key, digest_size=32, person=b"registration"
    ).hexdigest()


def request_of(registration_id: str) -> str:
    """The request that an id is of; refused `unknown-registration` when it can be of none."""
    request_id, between, _ = registration_id.partition(BETWEEN)
    if not between or not _ID.fullmatch(request_id):
        raise Refused(
            "unknown-registration",
            "this is no registration id: write it as it was given.",
        )
    return request_id
