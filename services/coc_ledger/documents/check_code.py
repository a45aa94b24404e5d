"""Check codes: what a QR code on paper carries, so that numbers tell nobody anything. Pure.

Document numbers are the seller's own, and can be guessed. Who holds the paper has its code as well:
a keyed hash over the number, which nobody can make without the process's key
(`infra.service.Keys`). With another key every document has to be printed again.
"""

import base64
import hashlib
import hmac

LENGTH = 26
"""In letters and digits of one case, since people type them from paper: 128 bits."""


def code_of(number: str, key: bytes) -> str:
    """The check code of a document."""
    made = hashlib.blake2b(number.encode(), key=key, digest_size=16, person=b"coc-check-code")
    return base64.b32encode(made.digest()).decode().rstrip("=").lower()


def is_code_of(code: str, number: str, key: bytes) -> bool:
    """Whether a code is the document's; takes as long for a wrong one."""
    return hmac.compare_digest(code.lower().encode(), code_of(number, key).encode())


def link_of(public: str, number: str, code: str) -> str:
    """The page on which anybody with the paper in hand can check it."""
    return f"{public}/check/{number}/{code}"
