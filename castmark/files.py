"""Files that commands write: whole or not at all, and what is in the way told in a sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .client import Refusal


def check_place(to: Path) -> None:
    """Refuse (`cannot-write`) a file that could not be written, before anything is asked for it."""
    folder = to.parent
    if to.is_dir():
        raise _cannot(to, "it is a folder")
    if not folder.is_dir():
        raise _cannot(to, f"there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise _cannot(to, f"nothing may be written in {folder}")


@contextmanager
def written(to: Path) -> Iterator[BinaryIO]:
    """A file to fill, which stands at its place only once it is whole: what was there before stays
    until then. Raises Refusal (`cannot-write`)."""
    check_place(to)
    part = to.with_name(to.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(to)
    except OSError as error:
        raise _cannot(to, error.strerror or str(error)) from error
    finally:
        part.unlink(missing_ok=True)


def _cannot(to: Path, why: str) -> Refusal:
    return Refusal(0, {"slug": "cannot-write", "detail": f"{to} cannot be written: {why}"})
