"""A reader in a process of its own, made to be killed.

    python -m tests.stores.process_reader FILE      the store's URL in CASTMARK_TEST_STORE

It appends each position it has read to a file, and starts again behind the last whole line.
"""

import os
import sys
import time
from pathlib import Path

from infra.store import Store, open_engine
from tests.toys import SOURCE, TOYS


def positions(file: Path) -> list[int]:
    """What was kept: whole lines only, a torn last one is not."""
    text = file.read_text() if file.exists() else ""
    return [int(line) for line in text[: text.rfind("\n") + 1].split()]


def main() -> None:
    """Read until killed."""
    file = Path(sys.argv[1])
    store = Store(open_engine(os.environ["CASTMARK_TEST_STORE"]), SOURCE, TOYS)
    kept = positions(file)
    cursor = kept[-1] if kept else 0
    with file.open("r+" if file.exists() else "w") as out:
        out.seek(0)
        out.truncate(sum(len(f"{position}\n") for position in kept))
        out.seek(0, os.SEEK_END)
        while True:
            for record in store.read_after(cursor, 40):
                cursor = record.envelope.position
                out.write(f"{cursor}\n")
            out.flush()
            time.sleep(0.002)


if __name__ == "__main__":
    main()
