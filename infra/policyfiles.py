"""Reads a folder of dated policy files; what they mean is in `policy`."""

from pathlib import Path

from pydantic import ValidationError

from .policy import Policies, PolicyFile
from .settings import Misconfigured


def read_policies(folder: Path) -> Policies:
    """All `*.json` of a folder; Misconfigured names the file and what is wrong in it."""
    files: list[PolicyFile] = []
    for path in sorted(folder.glob("*.json")):
        try:
            files.append(PolicyFile.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            raise Misconfigured(f"{path}: {error}") from error
    if not files:
        raise Misconfigured(f"{folder} holds no policy file")
    return Policies(files)
