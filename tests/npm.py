"""Packages of npm's registry as files: fetched by the machine's npm, once, and believed by hash.

They are kept in the cache folder of the project's own `var/`. Nothing of a package is installed or
run on this machine.
"""

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

from infra.local.processes import locked_folder

CACHE = Path(__file__).resolve().parents[1] / "var" / "npm"


def read(package: str, sha512: str, name: str) -> str:
    """The text of a file of a package; AssertionError where the package is not the one pinned."""
    with tarfile.open(_fetched(package, sha512)) as packed:
        file = packed.extractfile(name)
        assert file is not None, f"{package} has no {name}"
        return file.read().decode()


def _fetched(package: str, sha512: str) -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    kept = CACHE / f"{package}.tgz"
    with locked_folder(CACHE, wait=True):
        if not (kept.is_file() and _hash(kept) == sha512):
            npm = shutil.which("npm")
            assert npm is not None, "no npm on the PATH (Debian: apt-get install npm)"
            told = subprocess.run(
                [npm, "pack", "--silent", "--ignore-scripts", package],
                cwd=CACHE,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert told.returncode == 0, f"npm could not fetch {package}: {told.stderr[-500:]}"
            (CACHE / told.stdout.split()[-1]).rename(kept)
    assert _hash(kept) == sha512, f"{package} is not the one that was pinned"
    return kept


def _hash(path: Path) -> str:
    return hashlib.sha512(path.read_bytes()).hexdigest()
