"""Uploaded files on disk: written as they come in, with their hash, durable when said to be."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from xlsxwriter.exceptions import FileCreateError

from infra.errors import Refused, Transient

PIECE = 1 << 20


async def spool(
    folder: Path, body: AsyncIterator[bytes], watch: Callable[[bytes], None] = lambda _: None
) -> tuple[Path, str]:
    """Keep a body under a name of its own; the file and its sha256. Raises Transient when there
    is no room for it, and Refused as whoever watches its bytes says; nothing is left behind then.
    What is refused is heard to its end all the same: who still sends would not read the answer."""
    part = folder / f"{secrets.token_hex(12)}.part"
    digest = hashlib.sha256()
    try:
        await asyncio.to_thread(partial(folder.mkdir, parents=True, exist_ok=True))
        file = await asyncio.to_thread(part.open, "wb")
        try:
            waiting: list[bytes] = []
            size = 0
            async for piece in body:
                watch(piece)
                waiting.append(piece)
                size += len(piece)
                if size >= PIECE:
                    await asyncio.to_thread(_write, file.write, digest.update, waiting)
                    waiting, size = [], 0
            await asyncio.to_thread(_write, file.write, digest.update, waiting)
            await asyncio.to_thread(_settle, file.flush, file.fileno())
        finally:
            file.close()
    except Refused:
        part.unlink(missing_ok=True)
        async for _ in body:
            pass
        raise
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _no_room(error) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part, digest.hexdigest()


@contextmanager
def room() -> Iterator[None]:
    """Files are written here: a disk that is full, or away, is Transient."""
    try:
        yield
    except (OSError, FileCreateError) as error:
        raise _no_room(error) from error


def _no_room(error: Exception) -> Transient:
    return Transient(f"the file cannot be kept: {getattr(error, 'strerror', None) or error}")


def sweep(folder: Path, before: float) -> None:
    """Delete what uploads and downloads left half done when their process was killed: files of
    no job that were last written before a moment (seconds of the epoch)."""
    for pattern in ("*.part", "*.rejects.xlsx"):
        for left in folder.glob(pattern):
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < before:
                    left.unlink()


def place(part: Path, at: Path) -> None:
    """Give a spooled file its lasting name."""
    part.replace(at)
    folder = os.open(at.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(
    write: Callable[[bytes], int], update: Callable[[bytes], None], pieces: Sequence[bytes]
) -> None:
    whole = b"".join(pieces)
    update(whole)
    write(whole)


def _settle(flush: Callable[[], None], number: int) -> None:
    flush()
    os.fsync(number)
