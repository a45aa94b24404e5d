"""`castmark import`: load files of facilities, of activity data, of movements."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console

from . import bulk
from .client import Client

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
AllOrNothing = Annotated[bool, typer.Option(help="one bad row refuses all")]
Map = Annotated[list[str] | None, typer.Option("--map", help="field=column, remembered")]
Constant = Annotated[
    list[str] | None, typer.Option("--set", help="field=value for every row, remembered")
]
Rejects = Annotated[Path | None, typer.Option(help="write refused rows here")]
ImportId = Annotated[str | None, typer.Option(help="resume or repeat an import")]
Load = Callable[[bulk.Wanted], None]


class Kind(NamedTuple):
    """A kind of rows that has no option of its own: where it is received, words of its help."""

    at: str
    help: str
    member: str
    dry_run: str


KINDS = {
    "activity": Kind(
        at=bulk.ACTIVITY,
        help="Load activity data of facilities and calendar years: each year whole, calculated,"
        " and told what an auditor would find.",
        member="the member whose facilities these are of",
        dry_run="calculate and answer all, store nothing",
    ),
    "movements": Kind(
        at=bulk.MOVEMENTS,
        help="Load movements of material into the chain-of-custody ledger, each row a booking.",
        member="the member whose scopes these are of",
        dry_run="answer every row, store nothing",
    ),
}


def commands(session: Callable[[], Client], out: Console) -> typer.Typer:
    """The commands, each with a session of its own."""
    app = typer.Typer(help="Load files: CSV, XLSX, NDJSON.", no_args_is_help=True)

    def load(wanted: bulk.Wanted) -> None:
        with session() as client:
            bulk.load(client, wanted, out)

    app.command("facilities")(_facilities(load))
    for name, kind in KINDS.items():
        app.command(name, help=kind.help)(_of_kind(kind, load))
    return app


def _facilities(load: Load) -> Callable[..., None]:
    def facilities(
        file: File,
        member: Annotated[str, typer.Option(help="the member whose facilities these are")],
        dry_run: Annotated[bool, typer.Option(help="answer every row, store nothing")] = False,
        sync: Annotated[bool, typer.Option(help="propose to close what the file lacks")] = False,
        all_or_nothing: AllOrNothing = False,
        map_: Map = None,
        constant: Constant = None,
        rejects: Rejects = None,
        import_id: ImportId = None,
    ) -> None:
        """Load a file of facilities: row by row answers, a progress bar, a file of rejects."""
        wanted = bulk.Wanted(
            file, member, dry_run, sync, all_or_nothing, map_ or [], constant or [], rejects,
            import_id,
        )  # fmt: skip
        load(wanted)

    return facilities


def _of_kind(kind: Kind, load: Load) -> Callable[..., None]:
    def rows(
        file: File,
        member: Annotated[str, typer.Option(help=kind.member)],
        dry_run: Annotated[bool, typer.Option(help=kind.dry_run)] = False,
        all_or_nothing: AllOrNothing = False,
        map_: Map = None,
        constant: Constant = None,
        rejects: Rejects = None,
        import_id: ImportId = None,
    ) -> None:
        wanted = bulk.Wanted(
            file, member, dry_run, False, all_or_nothing, map_ or [], constant or [], rejects,
            import_id, kind.at,
        )  # fmt: skip
        load(wanted)

    return rows
