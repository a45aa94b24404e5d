"""A verifier's answer as people write it, and as the commands of `ghg` take it. Pure."""

from collections.abc import Mapping, Sequence

from .emissions import SCOPES, Content
from .forms import word

COMMANDS: Mapping[str, str] = {"verify": "verify_result", "return": "return_result"}
Said = Mapping[str, Sequence[str]]


def answering(figures: Content) -> Sequence[tuple[str, str, bool]]:
    """The scopes that a statement may cover, and whether it has to."""
    needed = figures.get("verification.scopes", {}).get("value", ())
    return [(scope, name, scope in needed) for scope, name in SCOPES.items()]


def answer_of(deed: str, said: Said) -> dict[str, object]:
    """The fields of a command, from those of a form; what is wrong in them the service says."""

    def one(name: str) -> str:
        return said.get(name, [""])[0].strip()

    number = one("result")
    fields: dict[str, object] = {
        "verifier_id": one("verifier_id"),
        "result": int(number) if number.isascii() and number.isdecimal() else number,
    }
    if deed == "return":
        return {**fields, "points": points_in(one("points"))}
    return {
        **fields,
        "accreditation": one("accreditation"),
        "statement_ref": one("statement_ref"),
        "assurance": one("assurance"),
        "verified_on": one("verified_on") or None,
        "scopes": list(said.get("scopes", [])),
    }


def points_in(text: str) -> list[dict[str, object]]:
    """One point a line: a few words, and behind a colon the data concerned.

    `Anode butts: D03, D04` is the point `anode-butts` about D03 and D04.
    """
    points: list[dict[str, object]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        words, _, data = line.partition(":")
        named = [one for one in data.replace(",", " ").split() if one]
        points.append({"point": word(words), "data": named})
    return points
