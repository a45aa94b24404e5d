"""Signed tree heads: what a store said, kept where its database cannot change it.

Every minute in which anything changed, the head of the tree over all leaf hashes is signed
(Ed25519), appended to a file outside the database and published as an event. `verify` recomputes
every leaf from its event and compares with the heads it is given: without an outside head it finds
accidents, not a forger, and says so.
"""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contracts.cloudevents import leaf_hash
from contracts.machinery import DayClosed, TreeHeadSigned
from contracts.transparency import Frontier, head_text

from .decider import derived_id
from .errors import Transient
from .execute import Writer, request_of
from .published_heads import SignHead
from .store import Store

EVERY_S = 60.0
LIMIT = 20_000
QUIET = frozenset({TreeHeadSigned.TYPE, DayClosed.TYPE})
"""Events that alone are no reason for another head."""


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a public key: the first 16 hex digits of its raw bytes."""
    return public_hex(key)[:16]


def public_hex(key: Ed25519PublicKey) -> str:
    """The raw public key as hex."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def sign(key: Ed25519PrivateKey, store_id: str, size: int, root: bytes) -> TreeHeadSigned:
    """A signed head."""
    return TreeHeadSigned(
        store_id=store_id,
        tree_size=size,
        root_hash=root.hex(),
        key_id=key_id(key.public_key()),
        signature=key.sign(head_text(store_id, size, root)).hex(),
    )


def is_signed(head: TreeHeadSigned, key: Ed25519PublicKey) -> bool:
    """Whether a head carries this key's signature."""
    text = head_text(head.store_id, head.tree_size, bytes.fromhex(head.root_hash))
    try:
        key.verify(bytes.fromhex(head.signature), text)
    except InvalidSignature:
        return False
    return True


class Signer:
    """Signs the heads of one store into a file, and publishes them."""

    def __init__(self, writer: Writer, key: Ed25519PrivateKey, file: Path) -> None:
        self.writer = writer
        self.key = key
        self.file = file
        self.trouble = ""
        self._frontier = Frontier()
        self._loud = 0  # position of the last event worth a head
        self._published = 0  # size of the last head that the world was told, as far as we know

    async def run(self) -> None:
        """Sign every minute in which anything changed, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.sign()
                self.trouble = ""
            except (Transient, OSError) as error:
                self.trouble = str(error)

    async def sign(self) -> TreeHeadSigned | None:
        """Sign the present head if anything changed since the last one. One that was kept, and
        not published because we went down or the database was away, is published first."""
        last = await asyncio.to_thread(self._last)
        if last is not None and last.tree_size > self._published:
            await self._publish(last)
        head = await asyncio.to_thread(self._next, last.tree_size if last else 0)
        if head is not None:
            await self._publish(head)
        return head

    async def _publish(self, head: TreeHeadSigned) -> None:
        """Tell the world; a repeat tells nothing."""
        command = SignHead(on=self.writer.now().date(), head=head)
        command_id = derived_id("head", head.store_id, str(head.tree_size))
        await self.writer.execute(request_of(command_id, command, "castmark:heads"))
        self._published = head.tree_size

    def _last(self) -> TreeHeadSigned | None:
        heads = read_heads(self.file)
        return heads[-1] if heads else None

    def _next(self, signed: int) -> TreeHeadSigned | None:
        store = self.writer.store
        while True:
            records = store.read_after(self._frontier.size, LIMIT)
            leaves = store.leaves(self._frontier.size, len(records)) if records else []
            for record, leaf in zip(records, leaves, strict=True):
                self._frontier.append(leaf)
                if record.type not in QUIET:
                    self._loud = record.envelope.position
            if len(records) < LIMIT:
                break
        if self._loud <= signed:
            return None
        head = sign(self.key, store.store_id, self._frontier.size, self._frontier.root())
        append_head(self.file, head)
        return head


def append_head(file: Path, head: TreeHeadSigned) -> None:
    """Add a head to the file, durably. A last line that was torn was none: it makes place."""
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = file.read_bytes().rfind(b"\n") + 1 if file.exists() else 0
    with file.open("ab") as out:
        out.truncate(whole)
        out.write(orjson.dumps(head.model_dump(mode="json")) + b"\n")
        out.flush()
        os.fsync(out.fileno())


def read_heads(file: Path) -> list[TreeHeadSigned]:
    """The heads of a file, oldest first; a torn last line is not one."""
    if not file.exists():
        return []
    heads: list[TreeHeadSigned] = []
    for line in file.read_bytes().split(b"\n")[:-1]:
        heads.append(TreeHeadSigned.model_validate_json(line))
    return heads


class Finding(NamedTuple):
    """Something that does not fit; `position` is 0 for a head."""

    position: int
    sentence: str


def verify(
    store: Store, heads: Iterable[TreeHeadSigned], key: Ed25519PublicKey | None
) -> tuple[int, list[Finding]]:
    """Recompute every leaf and compare with what is kept and with heads. Number of events read,
    and what does not fit (at most 100)."""
    findings: list[Finding] = []
    wanted: dict[int, list[TreeHeadSigned]] = {}
    for head in heads:
        wanted.setdefault(head.tree_size, []).append(head)
        if head.store_id != store.store_id:
            findings.append(Finding(0, f"the head of size {head.tree_size} is of another store"))
        elif key is not None and not is_signed(head, key):
            findings.append(Finding(0, f"the head of size {head.tree_size} is not signed by us"))
    frontier = Frontier()
    while records := store.read_after(frontier.size, LIMIT):
        kept = store.leaves(frontier.size, len(records))
        for record, leaf in zip(records, kept, strict=True):
            if record.envelope.position != frontier.size + 1:
                findings.append(Finding(frontier.size + 1, "this position is missing"))
                return frontier.size, findings
            computed = leaf_hash(record)
            if computed != leaf:
                findings.append(
                    Finding(record.envelope.position, "the event is not what was hashed")
                )
            frontier.append(computed)
            for at in wanted.pop(frontier.size, ()):
                if bytes.fromhex(at.root_hash) != frontier.root():
                    sentence = f"the signed head of size {at.tree_size} does not fit"
                    findings.append(Finding(0, sentence))
            if len(findings) >= 100:
                return frontier.size, findings
    for size in wanted:
        findings.append(Finding(0, f"a head was signed over {size} events, there are fewer"))
    return frontier.size, findings
