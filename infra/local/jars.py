"""Fetch Apache Kafka's jars with Maven, once, into a cache folder.

The list is `infra/deploy/kafka/pom.xml`, committed and pinned. A folder of jars is named by the
hash of that file and appears by one rename when it is whole, so that a changed pom, a killed
download and two processes that fetch at the same time can't give a broker half a class path.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from infra.local.processes import PROJECT, LocalServerError, Say, locked_folder, quiet

POM = PROJECT / "infra" / "deploy" / "kafka" / "pom.xml"
# Where the jars are kept, when not under the project's own `var/`.
CACHE_SETTING = "CASTMARK_KAFKA_JARS"
CONTENTS = "contents.txt"
MAVEN_TIMEOUT_S = 600


def default_cache() -> Path:
    """The cache folder: the setting `CASTMARK_KAFKA_JARS`, else `var/kafka/jars`."""
    chosen = os.environ.get(CACHE_SETTING)
    return Path(chosen) if chosen else PROJECT / "var" / "kafka" / "jars"


def fetched(cache: Path) -> Path | None:
    """The folder of jars if it is in the cache and whole, else None."""
    folder = cache / _hash_of_pom()
    contents = folder / CONTENTS
    if not contents.is_file():
        return None
    return folder if contents.read_text() == _listing(folder) else None


def kafka_jars(cache: Path | None = None, say: Say = quiet) -> Path:
    """The folder with every jar a broker needs; fetches them when the cache has them not.

    Raises LocalServerError when Maven is missing or can't fetch them.
    """
    cache = cache or default_cache()
    cache.mkdir(parents=True, exist_ok=True)
    with locked_folder(cache, wait=True):
        folder = fetched(cache)
        if folder is None:
            say("fetching Apache Kafka's jars with Maven (once, about 45 MB) ...")
            folder = _fetch(cache)
    return folder


def _fetch(cache: Path) -> Path:
    folder = cache / _hash_of_pom()
    unfinished = cache / ".fetching"
    for leftover in (unfinished, folder):
        if leftover.exists():
            shutil.rmtree(leftover)
    _copy_dependencies(unfinished)
    (unfinished / CONTENTS).write_text(_listing(unfinished))
    unfinished.rename(folder)
    return folder


def _copy_dependencies(target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise LocalServerError(
            "Apache Kafka's jars are fetched with Maven, and there is no `mvn` on the PATH. "
            "Install it (Debian: apt-get install maven), or set "
            f"{CACHE_SETTING} to a folder that a run with Maven has filled."
        )
    # -C: a jar whose checksum differs is an error, not a warning.
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    try:
        result = subprocess.run(
            [maven, "-B", "-q", "-C", "-f", str(POM), *goal],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=MAVEN_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LocalServerError(
            f"Maven did not fetch Apache Kafka's jars in {MAVEN_TIMEOUT_S} s: is there a network?"
        ) from None
    if result.returncode != 0:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-10:])
        raise LocalServerError(f"Maven could not fetch what {POM} lists:\n{tail}")


def _listing(folder: Path) -> str:
    """Name and size of every jar in a folder, a line each, in order."""
    jars = sorted(folder.glob("*.jar"))
    return "".join(f"{jar.name} {jar.stat().st_size}\n" for jar in jars)


def _hash_of_pom() -> str:
    return hashlib.sha256(POM.read_bytes()).hexdigest()[:16]
