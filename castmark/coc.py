"""`castmark coc`: what may still be claimed and why, whence metal comes, documents, statements,
closing, the yearly report."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.custody import Stage

from .client import Client, Refusal, answer
from .coc_document import document
from .coc_trace import trace as trace
from .columns import Column, Head, folded, show, uncut
from .files import check_place, written

Row = Mapping[str, Any]
Form = Literal["csv", "xlsx"]
FORMS: Mapping[str, Form] = {".csv": "csv", ".xlsx": "xlsx"}
Direction = Literal["upstream", "downstream"]
OnDay = Annotated[str | None, typer.Option("--on", help="YYYY-MM-DD; else today")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document")]
Scope = Annotated[str, typer.Argument(help="a scope's id")]
AtStage = Annotated[Stage, typer.Argument(help="the stage whose pool is meant")]
CommandId = Annotated[str | None, typer.Option(help="repeat one that was lost")]

LIES = {"outflow": "left and not claimed", "outflow_scrap": "scrap that left and is not claimed"}
"""Where metal lies whose footprint is told; what is not here says so itself."""
NAMED = 8
"""Documents that are named in a line."""


def commands(session: Callable[[], Client], out: Console) -> typer.Typer:
    """The commands, each with a session of its own."""
    app = typer.Typer(help="The chain of custody.", no_args_is_help=True)

    @app.command("balance")
    def balance_(scope: Scope, stage: AtStage, on: OnDay = None, json: AsJson = False) -> None:
        """How much a scope may still claim as CoC on a day, until when, and why."""
        with session() as client:
            found = client.get(f"/coc/scopes/{part(scope)}/balance", stage=stage.value, on=on)
        out.print_json(data=found) if json else balance(found, out)

    @app.command("trace")
    def trace_(
        document: Annotated[str, typer.Argument(help="its number")],
        direction: Annotated[
            Direction, typer.Option(help="where its metal comes from, or where it went")
        ] = "upstream",
        depth: Annotated[int, typer.Option(min=1, max=16, help="levels that are looked at")] = 8,
        on: OnDay = None,
        json: AsJson = False,
    ) -> None:
        """Where the metal of a document comes from, or where it went."""
        path = f"/coc/documents/{part(document)}/trace"
        with session() as client:
            found = client.get(path, direction=direction, depth=depth, on=on)
        out.print_json(data=found) if json else trace(found, out, direction)

    @app.command("close")
    def close_(
        scope: Scope,
        stage: AtStage,
        day: Annotated[str, typer.Argument(help="any day of the period, YYYY-MM-DD")],
        command_id: CommandId = None,
        json: AsJson = False,
    ) -> None:
        """Close a period: what it ends with, what goes into the next one, what was found."""
        made = command_id or str(uuid.uuid4())
        with session() as client:
            owner = client.get(f"/coc/scopes/{part(scope)}")["member_id"]
            body = {"scope_id": scope, "member_id": owner, "stage": stage.value, "day": day}
            told = client.command("coc", "close_period", body, made)
        out.print_json(data=told) if json else closed([one["data"] for one in told["events"]], out)

    _papers(app, session, out)
    _reporting(app, session, out)
    return app


def _papers(app: typer.Typer, session: Callable[[], Client], out: Console) -> None:
    @app.command("document")
    def document_(
        number: Annotated[str, typer.Argument(help="of the document")], json: AsJson = False
    ) -> None:
        """Whether a document is good, and what it says."""
        path = f"/coc/documents/{part(number)}"
        with session() as client:
            told = {one: client.get(f"{path}/{one}") for one in ("standing", "paper")}
        out.print_json(data=told) if json else document(told["standing"], told["paper"], out)

    @app.command("statement")
    def statement_(
        pool: Annotated[str, typer.Argument(help="scope:stage:first day of the period")],
        to: Annotated[Path, typer.Option(help="the file to write: .csv, or .xlsx for a sheet")],
    ) -> None:
        """Every booking of a pool with the running balance, as CSV or XLSX."""
        form = form_of(to)
        check_place(to)
        with session() as client:
            size = download(client, f"/coc/pools/{part(pool)}/statement?form={form}", to)
        out.print(f"the statement is in {escape(str(to))} ({size:,} bytes)")


def _reporting(app: typer.Typer, session: Callable[[], Client], out: Console) -> None:
    @app.command("proofs")
    def proofs_(scope: Scope, year: int, json: AsJson = False) -> None:
        """Proofs of origin that are named in two scopes, or for two suppliers, in a year."""
        with session() as client:
            found = client.get(f"/coc/scopes/{part(scope)}/proofs", year=str(year))
        out.print_json(data=found) if json else proofs(found["items"], out)

    @app.command("report")
    def report_(scope: Scope, year: int, json: AsJson = False) -> None:
        """What a scope reports of a calendar year: its versions, and whether the books moved on."""
        with session() as client:
            found = client.get(f"/coc/scopes/{part(scope)}/reports/{year}")
        out.print_json(data=found) if json else report(found, out)

    @app.command("prepare-report")
    def prepare_(scope: Scope, year: int, command_id: CommandId = None) -> None:
        """Take the figures of a year from the books, as a version that can be submitted."""
        with session() as client:
            found = client.get(f"/coc/scopes/{part(scope)}/proofs", year=str(year))["items"]
        events = _asked(session, "prepare_report", scope, year, command_id)
        for event in events:
            out.print(f"version {event['version']}, of position {event['books_position']}")
            figures(event["stages"], out)
        if not events:
            out.print("the books say what the last version says")
        if count := len({one["origin_ref"] for one in found}):
            out.print(
                f"proofs of origin that are named in two scopes, or for two suppliers: {count}"
                f" (castmark coc proofs {escape(scope)} {year})"
            )

    @app.command("submit-report")
    def submit_(scope: Scope, year: int, version: int, command_id: CommandId = None) -> None:
        """Report a version to ASI; you stand for its figures."""
        events = _asked(session, "submit_report", scope, year, command_id, version=version)
        out.print(f"version {version} is submitted" if events else "it was submitted already")


def _asked(
    session: Callable[[], Client],
    command: str,
    scope: str,
    year: int,
    command_id: str | None,
    **more: int,
) -> Sequence[Row]:
    """What a command about a scope's report made happen, in the name of the scope's owner."""
    made = command_id or str(uuid.uuid4())
    with session() as client:
        owner = client.get(f"/coc/scopes/{part(scope)}")["member_id"]
        body = {"scope_id": scope, "member_id": owner, "year": year, **more}
        told = client.command("coc", command, body, made)
    return [event["data"] for event in told["events"]]


def balance(found: Row, out: Console) -> None:
    """The working line by line; what may be sold, until when or why not, stands last."""
    period = found["period"]
    title = f"{found['pool']} on {found['on']} (period through {period['ends_on']})"
    heads: list[Head] = [folded(""), uncut("kg"), folded("how"), folded("rule")]
    table = Table(*heads, box=SIMPLE_HEAD, title=escape(title))
    before = ""
    for line in found["working"]:
        rule = f"{line['source']} ({line['evidence']})" if line["source"] else ""
        told = rule if rule != before else "the same"
        table.add_row(line["name"], tell(line["kg"]), escape(line["how"]), escape(told))
        before = rule
    out.print(table)
    claimable, how = tell(found["claimable_kg"]), escape(found["claimable_how"])
    out.print(f"by now the books cover {claimable} kg of a claim of that day ({how})")
    out.print(f"input percentage {found['input_percentage']} %, policy {found['policy_id']}")
    out.print(f"a balance of this period may be used through {found['balance_until']}")
    if found["owed_by"]:
        out.print(f"{tell(found['owed_kg'])} kg of overdraft of the period before {_owed(found)}")
    later = found.get("carries_as_of", found["on"]) != found["on"]
    by_then = f"on {found['carries_as_of']}, " if later else ""
    for name, lot in found["carries"].items():
        step = (lot.get("step") or found.get("step") or {}).get("sentence", "")
        average = lot["intensity"] or f"incomplete, at least {lot['at_least'] or 0}"
        out.print(
            f"{LIES.get(name, name)}: {by_then}{average} kg CO2e/kg, its footprint known for"
            f" {lot['known_percent']} % of {tell(lot['kg'])} kg{step and f'; {escape(step)}'}"
        )
    if found.get("told_otherwise"):
        otherwise(found["told_otherwise"], out)
    _stop(found, out)
    sellable(found["on"], found["answer"], out)


def _owed(found: Row) -> str:
    """What became of what is owed, or by when it has to."""
    if found.get("made_good"):
        return "are made good"
    if found.get("owed_covered"):
        return f"were to be made good by {found['owed_by']}: the books cover them"
    left = found.get("owed_open_kg", 0)
    part = f", {tell(left)} kg of them not covered yet" if left not in (0, found["owed_kg"]) else ""
    return f"are to be made good by {found['owed_by']}{part}"


def otherwise(late: Row, out: Console) -> None:
    """What came too late for documents, or is known since of their step, and what of it is not."""
    step = late.get("step") or {"emission_kgco2e": "0", "partial_kgco2e": "0", "known_kg": 0}
    of_step = Decimal(step["emission_kgco2e"]) + Decimal(step["partial_kgco2e"])
    partly, count = Decimal(late["partial_kgco2e"]), late["documents_count"]
    more = Decimal(late["emission_kgco2e"]) + partly + of_step
    partly += max(Decimal(0), Decimal(step["partial_kgco2e"]))
    out.print(
        f"{count} {'documents were' if count != 1 else 'document was'} told otherwise than is known"
        f" by now: lots that had left should have told {more:+,f} kg CO2e"
    )
    if named := [escape(one["number"]) for one in late["documents"][:NAMED]]:
        out.print("  " + ", ".join(named) + ("" if len(late["documents"]) <= NAMED else " ..."))
    if of_step:
        out.print(f"  of it {of_step:+,f} kg CO2e of your own step, by results verified by now")
    if partly:
        out.print(
            f"  of it {partly:+,f} kg CO2e of metal whose footprint is known only in part: what"
            " else that metal emitted is not known"
        )
    if known_kg := late["known_kg"] + step["known_kg"]:
        way = "more" if known_kg > 0 else "less"
        out.print(
            f"  the footprint is wholly known for {tell(abs(known_kg))} kg {way} than was told"
        )


def _stop(found: Row, out: Console) -> None:
    """What an earlier period stops, or stopped until it was made good in this one."""
    style = "red" if found["blocked"] else None
    if found["blocked"]:
        out.print("claims are stopped: nothing more is overdrawn", style=style)
    elif found.get("made_good"):
        out.print("what had stopped claims is made good; nothing is overdrawn in this period")
    else:
        return
    for stop in found.get("blocked_because", ()):
        out.print(f"  because {escape(stop['reason'])}", style=style)


def proofs(found: Sequence[Row], out: Console) -> None:
    """Who names each proof that is named by more than one."""
    heads: list[Head] = [
        folded("proof"),
        folded("scope"),
        folded("supplier"),
        uncut("movements"),
        uncut("kg"),
        folded("days"),
        folded("remarks"),
    ]
    table = Table(*heads, box=SIMPLE_HEAD)
    for one in found:
        scope = one["scope_id"] or "(not yours to see)"
        days = "" if one["masked"] else f"{one['first_on']} to {one['last_on']}"
        kg = "" if one["masked"] else tell(one["mass_kg"])
        cells = (one["origin_ref"], scope, one["supplier_id"] or "", str(one["movements"] or ""))
        table.add_row(*map(escape, cells), kg, days, ", ".join(one["remarks"]))
    if found:
        out.print(table)
    else:
        out.print("no proof is named in two scopes, or for two suppliers")


def sellable(on: str, answer: Row, out: Console) -> None:
    """What a document of a day may claim, through which day; or why it may claim nothing. How far
    certificates are known, and whether a document waits for that, is said of either."""
    if answer["barred"]:
        out.print(f"nothing may be sold as CoC: {escape(answer['barred'])}", style="bold red")
    elif not answer["kg"]:
        out.print(
            f"0 kg may be sold as CoC by a document of {on}: no more is covered", style="bold"
        )
    else:
        out.print(
            f"{tell(answer['kg'])} kg may be sold as CoC by a document of {on}, through"
            f" {answer['until']}: then {escape(answer['because'])}",
            style="bold",
        )
    if answer["ahead_kg"]:
        out.print(f"of it {tell(answer['ahead_kg'])} kg only as overdraft, ahead of input")
    if answer["waits"]:
        out.print(escape(answer["waits"]), style="bold red")
    out.print(escape(answer["known"]))


def closed(events: Sequence[Row], out: Console) -> None:
    """What a close ended with."""
    for event in events:
        if "closed_on" not in event:
            continue
        following = event.get("next_period")
        into = f" into the period from {following}" if following and event["balance_kg"] else ""
        by = ", to be made good by the end of the next period" if event["owed_kg"] else ""
        out.print(
            f"closed through {event['ends_on']}: {tell(event['balance_kg'])} kg carried over{into},"
            f" {tell(event['expired_kg'])} kg expired, {tell(event['owed_kg'])} kg owed{by}"
        )
        for remark in event["remarks"]:
            out.print(f"  {remark['rule']} ({remark['severity']}): {escape(remark['sentence'])}")
    if not events:
        out.print("it was closed already")


def report(found: Row, out: Console) -> None:
    """Where the year stands, its last version, and what the books say by now."""
    by = f", due by {found['due_on']}" if found["due_on"] else ""
    sent = found["submitted"] is not None
    late = (", late" if sent else ", overdue") if found["overdue"] else ""
    out.print(f"{escape(found['scope_id'])} {found['year']}: {found['state']}{by}{late}")
    for version in found["versions"]:
        told = {
            "submitted": version.get("submitted_on"),
            "returned": version.get("returned_on"),
            "accepted": version.get("accepted_on"),
        }
        happened = "".join(f", {what} on {day}" for what, day in told.items() if day)
        out.print(f"version {version['version']}: prepared on {version['prepared_on']}{happened}")
    if found["versions"]:
        figures(found["versions"][-1]["stages"], out)
    if found["versions"] and found["books"]["same_as"] != found["version"]:
        out.print("the books say something else by now: prepare another version", style="bold red")


def figures(stages: Sequence[Row], out: Console) -> None:
    """The masses of a report, a stage a column."""
    names = [name for name in stages[0] if name.endswith("_kg")]
    labels = Column("kg", [label_of(name) for name in names])
    show([labels], [Column(stage["stage"], masses(stage, names)) for stage in stages], out)
    activities(
        [(stage["stage"], one) for stage in stages for one in stage.get("by_activity", ())], out
    )


def activities(lines: Sequence[tuple[str, Row]], out: Console) -> None:
    """The masses by supply-chain activity; those of one stage share its pool, and what was told of
    none of them is not divided among them."""
    if not lines:
        return
    names = [name for name in lines[0][1] if name.endswith("_kg")]
    done = [(line["activity"] or "not assigned").replace("_", " ") for _, line in lines]
    whose = [Column("activity", done), Column("pool", [stage for stage, _ in lines])]
    cells = zip(*(masses(line, names) for _, line in lines), strict=True)
    told = zip(names, cells, strict=True)
    show(whose, [Column(label_of(name), column) for name, column in told], out)


def label_of(name: str) -> str:
    """A field of kilograms in words."""
    return name.removesuffix("_kg").replace("_", " ")


def masses(line: Row, names: Sequence[str]) -> list[str]:
    """Fields of kilograms as they are told; empty where a line has none."""
    return ["" if line.get(name) is None else tell(line[name]) for name in names]


def form_of(to: Path) -> Form:
    """What a statement's file is, by its ending. Raises Refusal (`unknown-format`)."""
    form = FORMS.get(to.suffix.lower())
    if form is None:
        told = f"{to.name} should end in one of {', '.join(FORMS)}"
        raise Refusal(0, {"slug": "unknown-format", "detail": told})
    return form


def download(client: Client, path: str, to: Path) -> int:
    """A file of the platform, written as it comes and whole; its size. Raises Refusal."""
    with client.http.stream("GET", client.at(path)) as response:
        if response.is_error:
            response.read()
            answer(response)
        with written(to) as file:
            return sum(file.write(part) for part in response.iter_bytes())


def part(text: str) -> str:
    """What somebody typed as one part of a path, whatever stands in it."""
    return quote(text, safe=":")


def tell(kg: int) -> str:
    """`1,234,567`."""
    return f"{kg:,}"
