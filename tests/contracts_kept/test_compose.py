"""docker-compose.yml keeps to the compose specification, and to the project it deploys.

No Docker engine is needed: the structure is checked against the specification's own schema, names
and addresses against the code, and what the containers are told is given to the real programs.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
import yaml
from prometheus_client import CollectorRegistry

from infra.local.broker import Node, format_storage, java, settings
from infra.local.jars import POM, kafka_jars
from infra.local.postgres import ADMIN, PostgresServer, binaries
from infra.settings import PREFIX, Settings, load_settings
from infra.telemetry import Metrics
from tests.plugins.require import needs

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "infra" / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
ISSUER = {"CASTMARK_OIDC_ISSUER": "https://login.example.org/asi"}


def schema() -> dict[str, object]:
    """The compose specification's schema, as check-jsonschema carries it."""
    vendored = resources.files("check_jsonschema.builtin_schemas") / "vendor"
    return dict(json.loads((vendored / "compose-spec.json").read_text()))


def faults(compose: Mapping[str, Any]) -> list[str]:
    """What the schema finds wrong."""
    validator = jsonschema.validators.validator_for(schema())
    return [error.message for error in validator(schema()).iter_errors(compose)]


def serving() -> dict[str, str]:
    """Container -> the service it runs."""
    return {
        name: container["command"][1]
        for name, container in CONTAINERS.items()
        if container.get("command", [""])[0] == "serve"
    }


def folders() -> set[str]:
    """The services there are: what has an app can be started."""
    return {path.parent.name for path in (ROOT / "services").glob("*/app.py")}


@cache
def filled_in() -> dict[str, str]:
    """What the command at the head of env.example makes of it, with an issuer named."""
    [command] = re.findall(r"^#\s+(awk .*) > \.env$", example(), re.MULTILINE)
    run = subprocess.run(
        shlex.split(command), cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
    )
    lines = [line for line in run.stdout.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines) | ISSUER


def example() -> str:
    """The file that says what must be set."""
    return (DEPLOY / "env.example").read_text()


def told(value: object, env: Mapping[str, str]) -> str:
    """A value with its variables put in, as Compose does."""

    def put_in(match: re.Match[str]) -> str:
        name, sign, other = match.groups()
        assert env.get(name) or sign == "-", f"{name} is not set: {other}"
        return env.get(name) or other

    return VARIABLE.sub(put_in, str(value))


def environment(container: str) -> dict[str, str]:
    """What a container's program is told."""
    env = filled_in()
    wanted = CONTAINERS[container].get("environment", {})
    return {name: told(value, env) for name, value in wanted.items()}


def test_the_file_fits_the_compose_specification() -> None:
    assert faults(COMPOSE) == []


@pytest.mark.parametrize(
    ("container", "key", "value"),
    [("portal", "helthcheck", {}), ("kafka", "ports", "29092"), ("kafka", "restart", 3)],
)
def test_the_schema_finds_what_is_wrong(container: str, key: str, value: object) -> None:
    broken = json.loads(json.dumps(COMPOSE))
    broken["services"][container][key] = value
    assert faults(broken)


def test_every_service_has_its_container_and_no_other_is_invented() -> None:
    assert serving() == {name: name for name in folders()}


def test_every_command_is_one_of_castmarks_own() -> None:
    from castmark.cli import app

    known = {
        command.name or (command.callback and command.callback.__name__)
        for command in app.registered_commands
    }
    ours = {name for name, each in CONTAINERS.items() if each["image"] == "castmark"}
    assert {CONTAINERS[name]["command"][0] for name in ours} <= known
    assert set(serving()) <= ours


def test_containers_wait_only_for_what_exists_and_can_say_that_it_is_well() -> None:
    for name, container in CONTAINERS.items():
        for target, wanted in container.get("depends_on", {}).items():
            assert target in CONTAINERS, f"{name} waits for {target}, which there is not"
            if wanted["condition"] == "service_healthy":
                assert CONTAINERS[target]["healthcheck"]["test"], f"{name} waits for {target}"
            if wanted["condition"] == "service_completed_successfully":
                assert CONTAINERS[target]["restart"] == "on-failure"


def test_volumes_are_declared_and_used_and_mounted_files_exist() -> None:
    used = set()
    for container in CONTAINERS.values():
        for volume in container.get("volumes", ()):
            source, _, rest = volume.partition(":")
            if source.startswith("./"):
                assert (ROOT / source).exists(), f"{source} is mounted and does not exist"
                assert rest.endswith(":ro")
            else:
                used.add(source)
    assert used == set(COMPOSE["volumes"])


def test_every_port_is_published_once_and_to_this_machine_only() -> None:
    published = [port for each in CONTAINERS.values() for port in each.get("ports", ())]
    hosts, ports, _ = zip(*(port.split(":") for port in published), strict=True)
    assert set(hosts) == {"127.0.0.1"}
    assert len(set(ports)) == len(ports)


def test_images_are_pinned_and_kafka_is_the_version_of_make_kafka() -> None:
    images = {each["image"] for each in CONTAINERS.values() if "build" not in each}
    for image in images:
        assert re.search(r":v?\d+\.\d+", image), f"{image} names no version"
    [version] = re.findall(
        r"<artifactId>kafka_2\.13</artifactId>\s*<version>([\d.]+)<", POM.read_text()
    )
    assert f"apache/kafka:{version}" in images


def test_the_images_are_built_from_files_that_exist_and_are_let_in() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    stages = re.findall(r"^FROM \S+ AS (\w+)$", dockerfile, re.MULTILINE)
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for container in CONTAINERS.values():
        if "build" in container:
            assert container["build"]["target"] in stages
            assert (ROOT / container["build"]["dockerfile"]).is_file()
    for line in re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), f"{source} is copied and does not exist"
            assert source.partition("/")[0] in let_in


def test_one_command_makes_every_secret_and_the_issuer_is_asked_for() -> None:
    env = filled_in()
    required = {
        match[1]
        for match in VARIABLE.finditer((ROOT / "docker-compose.yml").read_text())
        if match[2] != "-"
    }
    assert required <= set(env)
    secrets = {value for name, value in env.items() if name.endswith("_PASSWORD")}
    assert len(secrets) == sum(name.endswith("_PASSWORD") for name in env)
    assert all(re.fullmatch(r"[0-9a-f]{48}", secret) for secret in secrets)
    assert "CASTMARK_OIDC_ISSUER=\n" in example()


@pytest.mark.parametrize("container", sorted(serving()))
def test_what_a_service_is_told_are_settings_that_it_accepts(
    container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = {
        name: value for name, value in environment(container).items() if name.startswith(PREFIX)
    }
    fields = Settings.model_fields
    assert set(ours) <= {
        str(info.validation_alias or f"{PREFIX}{field.upper()}") for field, info in fields.items()
    }
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    accepted = load_settings(host="0.0.0.0")
    assert (accepted.environment, accepted.log) == ("production", "kafka")
    if container != "portal":
        url = accepted.database_of(container)
        assert url.startswith(f"postgresql+psycopg://{container}_app:")
        assert url.endswith(f"@postgres:5432/{container}")
        assert (
            accepted.migration_database_of(container)
            .split("//")[1]
            .startswith(f"{container}_owner:")
        )


@needs("postgres")
def test_the_databases_that_services_are_told_of_are_made_with_their_roles(
    postgres: PostgresServer,
) -> None:
    env = environment("postgres")
    assert env["POSTGRES_USER"] == ADMIN
    admin = psycopg.conninfo.conninfo_to_dict(postgres.address.replace("+psycopg", ""))
    run = subprocess.run(
        [str(DEPLOY / "postgres" / "services.sh")],
        env=env
        | {
            "PATH": f"{binaries()}:/usr/bin:/bin",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(admin["port"]),
            "PGPASSWORD": str(admin["password"]),
            "SERVICE_SQL": str(DEPLOY / "postgres" / "service.sql"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    for service in set(serving()) - {"portal"}:
        for name in ("CASTMARK_DATABASE_URL", "CASTMARK_MIGRATION_DATABASE_URL"):
            url = environment(service)[name].replace("+psycopg", "")
            here = url.replace("@postgres:5432/", f"@127.0.0.1:{admin['port']}/")
            psycopg.connect(here, connect_timeout=5).close()


def broker_properties() -> dict[str, str]:
    """The container's server.properties."""
    lines = (DEPLOY / "kafka" / "broker" / "server.properties").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_container_of_kafka_promises_what_a_local_broker_promises(tmp_path: Path) -> None:
    node = Node(1, tmp_path / "data", tmp_path / "server.properties", 9092, 9093)
    local, ours = settings(node, [node], {}), broker_properties()
    places = ("listener", "log.dirs", "voters", "advertised")
    same = {name for name in ours.keys() & local.keys() if not any(p in name for p in places)}
    assert {name: ours[name] for name in same} == {name: local[name] for name in same}
    assert {"auto.create.topics.enable", "log.retention.ms", "min.insync.replicas"} <= same
    assert {"authorizer.class.name", "super.users"} <= same
    signing_in = {name for name in local if name.startswith("listener.name.groups.")}
    assert {name: ours.get(name) for name in signing_in} == {
        name: local[name] for name in signing_in
    }
    assert (
        f"PLAINTEXT://{environment('topics')['CASTMARK_KAFKA_BOOTSTRAP']}"
        in (ours["advertised.listeners"])
    )


@needs("kafka")
def test_kafka_itself_accepts_the_containers_settings(tmp_path: Path) -> None:
    ours = broker_properties() | {"log.dirs": str(tmp_path / "data")}
    node = Node(1, tmp_path / "data", tmp_path / "server.properties", 9092, 9093)
    node.config.write_text("".join(f"{name}={value}\n" for name, value in ours.items()))
    format_storage([node], java(), kafka_jars())
    assert node.formatted


def expressions() -> Iterator[str]:
    """Every query of the dashboard and the alerts."""
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "castmark.json").read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    alerts = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    for group in alerts["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def test_dashboard_and_alerts_ask_for_metrics_and_labels_that_exist() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    labels = {
        f"{family.name}{'_total' if family.type == 'counter' else ''}": set(kind._labelnames)
        for kind in vars(metrics).values()
        if kind is not registry
        for family in kind.describe()
    }
    asked = set()
    for expression in expressions():
        names = re.findall(r"castmark_\w+", re.sub(r'"[^"]*"', "", expression))
        names = [re.sub(r"_(bucket|sum|count)$", "", name) for name in names]
        assert set(names) <= set(labels), expression
        grouped = re.findall(r"by \(([^)]*)\)", expression) + re.findall(r"{(\w+)[=!]", expression)
        wanted = {label.strip() for group in grouped for label in group.split(",")}
        for name in names:
            assert wanted <= labels[name] | {"le", "instance", "job"}, expression
        asked |= set(names)
    assert asked == set(labels), "every metric is on the dashboard"


def test_prometheus_asks_every_service_and_grafana_asks_prometheus() -> None:
    prometheus = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    [job] = prometheus["scrape_configs"]
    [targets] = job["static_configs"]
    assert set(targets["targets"]) == {f"{container}:8000" for container in serving()}
    assert all((DEPLOY / "prometheus" / file).is_file() for file in prometheus["rule_files"])
    source = yaml.safe_load((DEPLOY / "grafana" / "datasources" / "prometheus.yml").read_text())
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    board = (DEPLOY / "grafana" / "dashboards" / "castmark.json").read_text()
    assert set(re.findall(r'"type": "prometheus", "uid": "(\w+)"', board)) == {
        source["datasources"][0]["uid"]
    }
