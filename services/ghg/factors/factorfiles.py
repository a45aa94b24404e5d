"""Reads the folder of factor files; what they mean is in `factors`."""

from pathlib import Path

from pydantic import ValidationError

from infra.settings import Misconfigured

from .book import FactorBook, FactorSet

FOLDER = Path(__file__).parent / "data"


def read_factors(folder: Path = FOLDER) -> FactorBook:
    """All `*.json` of a folder; Misconfigured names the file and what is wrong in it."""
    sets: list[FactorSet] = []
    for path in sorted(folder.glob("*.json")):
        try:
            sets.append(FactorSet.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            raise Misconfigured(f"{path}: {error}") from error
    if not sets:
        raise Misconfigured(f"{folder} holds no factor file")
    try:
        return FactorBook(sets)
    except ValueError as error:
        raise Misconfigured(f"{folder}: {error}") from error
