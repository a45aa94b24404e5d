"""A CoC document in the terminal: whether it is good first, then what it says."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

Row = Mapping[str, Any]
WORDS = {
    "good": "good",
    "waiting": "not confirmed yet",
    "pending_check": "confirmed, and not checked yet",
    "not_good": "not good",
}


def document(standing: Row, paper: Row, out: Console) -> None:
    """The verdict with its reasons and certificates, then the sections of the paper."""
    word, number = standing["word"], escape(standing["number"])
    if word == "waiting" and standing["state"] == "pending_check":
        word = "pending_check"
    style = "bold" if word == "good" else "bold red"
    out.print(f"{number} is {WORDS.get(word, word)}: {escape(standing['sentence'])}", style=style)
    for one in filter(None, (*standing["reasons"], standing["late"])):
        out.print(escape(one))
    for one in standing["held"]:
        named = f"{one['certificate_id']} ({one['standard']}): {one['status'].replace('_', ' ')}"
        out.print(f"certificate {escape(named)} on {standing['on']}")
    for section in paper["sections"]:
        out.print(f"\n{escape(section['title'])}", style="bold")
        for name, value in section["lines"]:
            out.print(f"  {escape(name)}: {escape(value)}")
    others = [one["number"] for one in standing["chain"] if one["number"] != standing["number"]]
    if others:
        out.print(f"\nreplaces, or is replaced by: {escape(', '.join(others))}")
