"""What is given to a browser to keep, and comes back unread and unchanged or not at all.

For what must outlive a request without being kept here, so that any process may take it back: those
that hold the same secret read each other's. Encrypted and authenticated (AES-256-GCM in a compact
JWE); the key is derived from the secret and a purpose, so that what was made for one use is none
for another.
"""

import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

HEADER = {"alg": "dir", "enc": "A256GCM"}


class Sealed:
    """Seals and opens texts by name. `secret` is long and random: it is not stretched."""

    def __init__(self, secret: str, purpose: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())
        self._key = OctKey.import_key(derived)

    def seal(self, content: Mapping[str, str | int]) -> str:
        """A text for a cookie: ASCII letters, digits, `.`, `-` and `_`."""
        return jwe.encrypt_compact(HEADER, json.dumps(content), self._key, list(HEADER.values()))

    def open(self, text: str) -> dict[str, str | int] | None:
        """What was sealed; None for all that was not, or with another secret or purpose."""
        try:
            opened = jwe.decrypt_compact(text, self._key, list(HEADER.values()))
        except (JoseError, ValueError, TypeError):
            return None
        return dict(json.loads(opened.plaintext or b"{}"))
