"""The `castmark` command: run the platform, speak to it, look after it.

Every command talks to the process that owns the data folder (or to CASTMARK_URL) over HTTP; where
none runs, it becomes the owner for as long as it needs.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from contracts.inventory import Regime, Step
from infra.devissuer import ISSUER, development_issuer
from infra.errors import Refused, Transient
from infra.settings import Misconfigured, Settings, load_settings

from . import coc, imports, operate
from .client import Client, Refusal, connect
from .folder import CLUSTER, Taken, address_in, listen

app = typer.Typer(
    help="Castmark: certification of aluminium, event by event. Not affiliated with ASI.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
STOP_S = 60.0
"""Kafka and PostgreSQL of a cluster stop one after the other."""


def settings_here(**chosen: object) -> Settings:
    """Settings of this machine: development unless the environment says otherwise."""
    if "CASTMARK_ENV" not in os.environ and "CASTMARK_OIDC_ISSUER" not in os.environ:
        chosen = {"environment": "development", **chosen}
    return load_settings(**chosen)


@app.command()
def up(
    port: Annotated[
        int | None, typer.Option(help="0 takes a free one; else CASTMARK_PORT, or 8000")
    ] = None,
    world: Annotated[
        bool, typer.Option(help="load the labelled synthetic world into an empty data folder")
    ] = True,
    members: Annotated[int, typer.Option(min=8, max=389, help="of that world")] = 389,
) -> None:
    """Run the whole platform in this process: SQLite, no broker. Ctrl-C stops it."""
    from .local import run  # a command that only asks need not wait for all the services' code

    settings = settings_here(simulated=True)
    chosen = settings.port if port is None else port
    run(settings, chosen, members=members if world else 0, out=out)


@app.command()
def serve(
    name: Annotated[
        str, typer.Argument(help="a service, e.g. membership; another word lists them")
    ],
) -> None:
    """Run one service (distributed: PostgreSQL and Kafka, see CASTMARK_LOG)."""
    from infra.telemetry import configure_logs

    from .process import Process

    settings = load_settings()
    configure_logs(sys.stdout)
    with listen(settings.host, settings.port) as socket_:
        process = Process(settings, [name], socket_)
        asyncio.run(process.run(lambda: out.print(f"{name} answers at {settings.here}")))


@app.command()
def cluster(
    world: Annotated[bool, typer.Option(help="load a small synthetic world")] = True,
) -> None:
    """Run every service as its own process on real Kafka and PostgreSQL, without Docker."""
    from infra.local.processes import LocalServerError

    from .cluster import run  # needs Java and PostgreSQL; nothing else does

    try:
        run(settings_here(simulated=True), out, world=world)
    except LocalServerError as error:
        err.print(str(error))
        raise typer.Exit(1) from error


@app.command()
def topics() -> None:
    """Make the topics that Kafka (CASTMARK_KAFKA_BOOTSTRAP) has not yet; verify the others."""
    from infra.kafka_admin import WrongTopic, create_topics  # nothing else needs a broker
    from infra.kafka_security import security_of

    try:
        settings = settings_here()
        made = create_topics(settings.kafka_bootstrap, security=security_of(settings))
    except (WrongTopic, Transient) as error:
        err.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error
    out.print(f"made: {', '.join(made) or 'none, all were there'}")


@app.command("kafka-user")
def kafka_user(
    group: Annotated[
        str | None, typer.Argument(help="the member whose systems are to speak over Kafka")
    ] = None,
    platform: Annotated[bool, typer.Option(help="the platform's own user instead")] = False,
    remove: Annotated[bool, typer.Option(help="take user and rights away instead")] = False,
) -> None:
    """Give a member group its Kafka topics, user and rights; print, once, how it signs in. Done
    again, the password is a new one."""
    from contracts.command_topics import AREAS
    from infra.kafka_groups import admit, admit_platform, expel  # nothing else needs a broker
    from infra.kafka_security import security_of

    if (group is None) is not platform or (platform and remove):
        raise typer.BadParameter("name a group, or say --platform")
    settings = settings_here()
    bootstrap, security = settings.kafka_bootstrap, security_of(settings)
    try:
        if group is None:
            print(admit_platform(bootstrap, security).properties())
        elif remove:
            expel(bootstrap, group, security)
            out.print(f"{group} may do nothing on Kafka any more")
        else:
            print(admit(bootstrap, group, AREAS, security).properties())
    except Transient as error:
        err.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error


@app.command()
def down() -> None:
    """Stop the platform of this data folder, and the cluster that `castmark cluster` runs in it."""
    data = settings_here().data
    running = [(folder, address_in(folder)) for folder in (data, data / CLUSTER)]
    told = [(folder, address.pid) for folder, address in running if address is not None]
    for _, pid in told:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    for folder, pid in told:
        while address_in(folder) is not None:
            if time.monotonic() > deadline:
                err.print(f"process {pid} has not stopped after {STOP_S:.0f} s")
                raise typer.Exit(1)
            time.sleep(0.1)
    out.print("stopped" if told else "nothing runs here")


@app.command()
def token(
    as_: Annotated[
        str, typer.Option("--as", help="ops | member:ID | auditor:FIRM | subscriber:ID")
    ],
    hours: Annotated[int, typer.Option(min=1, max=24 * 30)] = 12,
) -> None:
    """Print a development token for a role."""
    issuer = development_issuer(settings_here())
    try:
        print(issuer.mint([as_], hours * 3600))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@app.command()
def links() -> None:
    """Print new sign-in links for the running platform; each works once."""
    settings = settings_here()
    address = address_in(settings.data)
    if address is None:
        raise Misconfigured("nothing runs here: start it with castmark up")
    operate.print_links(development_issuer(settings), address.urls[""], out)


@app.command()
def tick(on: Annotated[str, typer.Option(help="a day, YYYY-MM-DD")]) -> None:
    """Move the clock of a simulated store to a day; every day before it is decided in order."""
    with session() as client:
        operate.tick(client, on, out)


@app.command("do")
def do_command(
    command: Annotated[str, typer.Argument(help="service/command, e.g. membership/join_member")],
    fields: Annotated[list[str], typer.Argument(help="field=value, JSON where it is not text")],
    command_id: Annotated[str | None, typer.Option(help="repeat an earlier try: its id")] = None,
) -> None:
    """Send one command and print what happened."""
    with session() as client:
        operate.send(client, command, fields, command_id, out)


@app.command()
def get(path: Annotated[str, typer.Argument(help="e.g. /certification/deadlines")]) -> None:
    """Print what an address answers."""
    with session() as client:
        out.print_json(data=client.get(path))


@app.command()
def rebuild(
    consumer: Annotated[str, typer.Argument(help="e.g. certification; see castmark consumers")],
    keep: Annotated[bool, typer.Option(help="fill and compare, do not switch")] = False,
) -> None:
    """Rebuild read models from the events beside the live ones, compare, switch."""
    with session() as client:
        operate.rebuild(client, consumer, out, switch=not keep)


@app.command()
def consumers() -> None:
    """Every consumer: state, lag, what is parked."""
    with session() as client:
        operate.consumers(client, out)


@app.command()
def parked(consumer: str) -> None:
    """Parked events of a consumer."""
    with session() as client:
        operate.parked(client, consumer, out)


@app.command()
def release(
    consumer: str,
    source: str,
    stream: str,
    skip: Annotated[bool, typer.Option(help="drop the first parked event of the stream")] = False,
) -> None:
    """Try a parked stream again, or skip its first event."""
    with session() as client:
        operate.release(client, consumer, source, stream, out, skip=skip)


@app.command()
def verify(
    heads: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="a file of heads kept elsewhere"),
    ] = None,
) -> None:
    """Recompute every event's hash and compare with signed tree heads."""
    with session() as client:
        operate.verify(client, heads, out)


@app.command()
def erase(
    subject: Annotated[str, typer.Argument(help="the `sub` of their tokens")],
    issuer: Annotated[str, typer.Option(help="the `iss` of their tokens")] = ISSUER,
) -> None:
    """Forget a person everywhere: subject, name, notes. References in events stay, for nobody."""
    with session() as client:
        operate.erase(client, issuer, subject, out)


@app.command()
def relay(
    service: str, from_: Annotated[int, typer.Option("--from", help="a position; 0 = all")]
) -> None:
    """Send a service's events to the broker again, behind a position."""
    with session() as client:
        operate.relay(client, service, from_, out)


greenhouse = typer.Typer(help="Greenhouse gases, calculated here.", no_args_is_help=True)
app.add_typer(greenhouse, name="ghg")


@greenhouse.callback()
def ghg() -> None:
    """Greenhouse gases, calculated here: no server, nothing stored or sent."""


@greenhouse.command("calculate")
def ghg_calculate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    regime: Annotated[Regime, typer.Option(help="whose rules the report follows")] = (
        Regime.ASI_MINE_TO_METAL
    ),
    scrap_method: Annotated[
        str | None, typer.Option(help="cut_off, co_product, substitution: what the regime takes")
    ] = None,
    product: Annotated[
        Step | None, typer.Option(help="the step whose product the report speaks of")
    ] = None,
    gwp: Annotated[str | None, typer.Option(help="warming potentials, SAR to AR6")] = None,
    pfc: Annotated[str | None, typer.Option(help="set of PFC coefficients")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="the day whose announcements count; else today")
    ] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="field=column")] = None,
    constant: Annotated[
        list[str] | None, typer.Option("--set", help="field=value for every row: country=NO")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
    explain: Annotated[bool, typer.Option(help="the working of every line")] = False,
) -> None:
    """Calculate the facility-years of a CSV, XLSX or NDJSON file: emissions by process and scope,
    the report of a regime, criterion 5.2, and what an auditor would find."""
    from .ghg import Wanted, calculate  # nothing else here needs factors and units

    sets = (scrap_method, product, gwp, pfc, as_of)
    calculate(Wanted(file, regime, *sets, map_ or [], constant or [], json, explain), out)


def session() -> Client:
    """A client of the running platform, or of one that this command starts for itself: the same
    that `up` would start."""
    settings = settings_here(simulated=True)
    url = os.environ.get("CASTMARK_URL")
    if url is not None:
        return connect(settings, {"": url.rstrip("/")})
    address = address_in(settings.data)
    if address is not None:
        return connect(settings, address.urls)
    from .local import own

    return own(settings)


app.add_typer(imports.commands(session, out), name="import")
app.add_typer(coc.commands(session, out), name="coc")


def main() -> None:
    """Run the command line; failures end in one sentence, not a traceback."""
    try:
        app()
    except (Refused, Refusal, Misconfigured, Taken) as error:
        err.print(f"[red]{escape(str(error))}[/red]")
        sys.exit(1)
