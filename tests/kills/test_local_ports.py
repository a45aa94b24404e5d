"""The ports that local servers of one machine are given: never one twice."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.processes import OUTGOING, PORTS, free_ports, port_is_free, ports_of_servers

PROJECT = Path(__file__).resolve().parents[2]


def test_free_ports_lie_where_no_outgoing_connection_takes_them() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    first, last = (int(word) for word in OUTGOING.read_text().split())
    assert not [port for port in ports if first <= port <= last]


@pytest.mark.parametrize(
    ("outgoing", "ports"),
    [
        ("", PORTS),
        ("32768\t60999\n", PORTS),
        ("16000 65535", range(10_000, 16_000)),
        ("1024 30000", range(30_001, 65_536)),
        ("1024 65535", PORTS),
    ],
)
def test_the_ports_of_servers_lie_clear_of_what_the_kernel_says(
    outgoing: str, ports: range
) -> None:
    assert ports_of_servers(outgoing) == ports


def test_a_port_is_given_once_before_its_server_binds_it() -> None:
    random.seed(7)
    first = free_ports(20)
    random.seed(7)
    assert not set(first) & set(free_ports(20))
    random.seed(7)
    drawn = "import random; random.seed(7); from infra.local.processes import free_ports; "
    elsewhere = subprocess.run(
        [sys.executable, "-c", f"{drawn}print(*free_ports(20))"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(first) & {int(word) for word in elsewhere.stdout.split()}
    assert all(port_is_free(port) for port in first), "a server may bind what was reserved for it"
