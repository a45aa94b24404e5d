"""Load a file through the platform: upload, follow, sum up, keep the rejects.

The import goes on in the platform when this program ends; its id, printed first, finds it again.
"""

import hashlib
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from .client import Client, Refusal, answer
from .files import check_place, written

if TYPE_CHECKING:
    from infra.importing.formats import Format

FORMATS: Mapping[str, "Format"] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
FACILITIES = "/membership/imports"
ACTIVITY = "/ghg/imports"
MOVEMENTS = "/coc/imports"
PIECE = 1 << 20
POLL_S = 0.2
EXAMPLES = 3
NOTED = ("movements",)
"""Kinds that say something of single rows that were taken."""
TOLD_OF_GROUPS: Mapping[str, str] = {"supplier-datum-replaced": "supplier_data"}
"""Notes whose sentences are told with their group of rows, and the field that has them there."""
GROUPS = 500
ENDED = ("done", "failed")


class Wanted(NamedTuple):
    """What is to be loaded, and how. `map` has `field=column`, `constants` `field=value`; `at` is
    where its kind is received. `sync` is for facilities alone."""

    file: Path
    member: str
    dry_run: bool
    sync: bool
    all_or_nothing: bool
    map: Sequence[str]
    constants: Sequence[str]
    rejects: Path | None
    import_id: str | None
    at: str = FACILITIES


class OfMember(NamedTuple):
    """A client that asks about a member's imports: operations may have one of each under an id."""

    client: Client
    member: str

    def get(self, path: str, **query: object) -> Any:
        """GET as JSON; raises Refusal."""
        return self.client.get(path, member_id=self.member, **query)

    def at(self, path: str) -> str:
        """Where a path is."""
        return f"{self.client.at(path)}?member_id={quote(self.member, safe='')}"


def load(client: Client, wanted: Wanted, out: Console) -> None:
    """Load a file. Raises Refusal when the file is refused whole, or when there is no place for
    its rejects; typer.Exit(1) when rows are refused."""
    if wanted.rejects is not None:
        check_place(wanted.rejects)
    import_id = wanted.import_id or str(uuid.uuid4())
    out.print(f"import {import_id} (--import-id {import_id} follows it again)")
    at = f"{wanted.at}/{import_id}"
    whose = OfMember(client, wanted.member)
    if not _known(whose, at, wanted.file):
        client.upload(wanted.at, _pieces(wanted.file), _query(import_id, wanted))
    job = _follow(whose, at, out)
    _sum_up(whose, at, job, out)
    if job["refused"] and wanted.rejects is not None:
        _keep_rejects(whose, at, wanted.rejects)
        out.print(f"refused rows: {wanted.rejects} (mend them there and import that file)")
    if job["refused"] or job["state"] == "failed":
        raise typer.Exit(1)


def _known(client: OfMember, at: str, file: Path) -> bool:
    """Whether the platform has this very file under this id: then it need not be sent again."""
    try:
        job = client.get(at)
    except Refusal as refusal:
        if refusal.status == 404:
            return False
        raise
    with file.open("rb") as content:
        return bool(job["sha256"] == hashlib.file_digest(content, "sha256").hexdigest())


def _query(import_id: str, wanted: Wanted) -> dict[str, str | list[str]]:
    form = FORMATS.get(wanted.file.suffix.lower())
    if form is None:
        known = ", ".join(FORMATS)
        raise Refusal(
            0,
            {
                "slug": "unknown-format",
                "detail": f"{wanted.file.name} should end in one of {known}",
            },
        )
    sync: dict[str, str | list[str]] = {"sync": "true"} if wanted.sync else {}
    return {
        "import_id": import_id,
        "member_id": wanted.member,
        "format": form,
        "dry_run": _flag(wanted.dry_run),
        **sync,
        "all_or_nothing": _flag(wanted.all_or_nothing),
        "map": [_pair(text) for text in wanted.map],
        "set": [_pair(text) for text in wanted.constants],
    }


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _pair(text: str) -> str:
    name, equals, value = text.partition("=")
    if not equals:
        raise Refusal(0, {"slug": "invalid-field", "detail": f"{text!r} is not field=..."})
    return f"{name.strip()}:{value.strip()}"


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece


def _follow(client: OfMember, at: str, out: Console) -> Any:
    """Wait for the end of an import, with a bar."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("waiting", total=None)
        while True:
            job = client.get(at)
            bar.update(task, description=job["phase"], total=job["rows"], completed=job["done"])
            if job["state"] in ENDED:
                return job
            time.sleep(POLL_S)


def _sum_up(client: OfMember, at: str, job: Mapping[str, Any], out: Console) -> None:
    for bound in job["mapping"]:
        told = bound["column"] if bound["column"] is not None else f"“{bound['value']}”"
        out.print(f"  {bound['field']} ← {escape(told)} ({bound['how']})")
    if job["ignored"]:
        out.print(f"  not used: {escape(', '.join(job['ignored']))}")
    if job["state"] == "failed":
        problem = job["problem"]
        out.print(f"[red]{problem['slug']}: {escape(problem['sentence'])}[/red]")
    what = "would be " if job["dry_run"] else ""
    out.print(
        f"{job['done']} rows read: {job['changed']} {what}new or changed, {job['unchanged']}"
        f" as before, {job['refused']} refused"
    )
    for slug, count in job["notes"].items():
        out.print(f"  note {slug}: {count}")
        if field := TOLD_OF_GROUPS.get(slug):
            of_groups(client, at, (field, count), out)
    _notes(client, at, job, out)
    if job["sync"]:
        out.print(f"{job['proposed']} facilities absent from the file {what}proposed for closure")
    _examples(client, at, job, out)


def _notes(client: OfMember, at: str, job: Mapping[str, Any], out: Console) -> None:
    """What is said of rows that were taken, and of which; where a kind tells that."""
    if job["kind"] not in NOTED or not job["notes"]:
        return
    for note in client.get(f"{at}/notes", limit=EXAMPLES)["items"]:
        rows = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in note["rows"][:EXAMPLES])
        more = ", ..." if len(note["rows"]) > EXAMPLES else ""
        told = f"{note['in_all']} rows ({rows}{more})"
        out.print(f"    {note['slug']}, {told}: {escape(note['sentence'])}")


def of_groups(client: OfMember, at: str, wanted: tuple[str, int], out: Console) -> None:
    """The first sentences of a note that groups tell in a field, each with its group, and where the
    others of so many are."""
    field, count = wanted
    left, after = min(count, EXAMPLES), ""
    while left:
        page = client.get(f"{at}/groups", limit=GROUPS, **({"after": after} if after else {}))
        said = [(group, one) for group in page["items"] for one in _told(group, field)]
        for group, one in said[:left]:
            out.print(f"    {escape(group['key'])}: {escape(one['sentence'])}")
        left -= len(said[:left])
        if page["next"] is None:
            break
        after = page["next"]
    if count > EXAMPLES:
        out.print(f"    ... {count - EXAMPLES} more in `{field}` of {client.at(f'{at}/groups')}")


def _told(group: Mapping[str, Any], field: str) -> Sequence[Mapping[str, Any]]:
    told = group["told"] or {}
    found: Sequence[Mapping[str, Any]] = told.get(field, ())
    return found


def _examples(client: OfMember, at: str, job: Mapping[str, Any], out: Console) -> None:
    """Per slug how often, and the first rows of each among the first page."""
    if not job["refused"]:
        return
    rows = client.get(f"{at}/rows", limit=1_000)["items"]
    first: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if len(first[row["slug"]]) < EXAMPLES:
            first[row["slug"]].append(row)
    for slug, count in job["slugs"].items():
        out.print(f"[bold]{slug}[/bold]: {count}")
        for row in first.get(slug, ()):
            at = f"row {row['row']}" + (f", {row['column']}" if row["column"] else "")
            out.print(f"  {escape(at)}: {escape(row['sentence'])}")


def _keep_rejects(client: OfMember, at: str, file: Path) -> None:
    """Write the refused rows; the file appears whole or not at all."""
    url = client.at(f"{at}/rejects")
    with client.client.http.stream("GET", url) as response:
        if response.is_error:
            response.read()
            answer(response)
        with written(file) as kept:
            for piece in response.iter_bytes(PIECE):
                kept.write(piece)
