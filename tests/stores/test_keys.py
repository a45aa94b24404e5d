"""Processes that start together in a folder have the same keys."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from infra.service import keys_in

TOGETHER = 16


def test_who_starts_together_has_the_keys_of_the_first(tmp_path: Path) -> None:
    for number in range(20):
        folder, start = tmp_path / str(number), Barrier(TOGETHER)

        def started(folder: Path = folder, start: Barrier = start) -> bytes:
            start.wait()
            return keys_in(folder).request

        with ThreadPoolExecutor(TOGETHER) as pool:
            found = [pool.submit(started) for _ in range(TOGETHER)]
            assert len({one.result() for one in found}) == 1
        assert sorted(file.name for file in folder.iterdir()) == ["request.key", "signing.key"]


def test_keys_are_their_owners_alone_and_stay(tmp_path: Path) -> None:
    first = keys_in(tmp_path)
    assert keys_in(tmp_path).request == first.request
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o600}
