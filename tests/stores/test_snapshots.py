"""What makes a snapshot valid: the state's shape, and all the code that folds it."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import snapshots
from infra.decider import Decider, decider_of
from infra.folds import Fold, FoldCache
from services.audit_scheduling.app import definition as audit_scheduling
from services.certification.app import definition as certification
from services.membership.app import definition as membership
from tests.toys import DECIDERS

DOMAIN = """
from typing import NamedTuple
from .helper import step

class State(NamedTuple):
    count: int = 0

INITIAL = State()

def decide(command, state, policies):
    return []

def evolve(state, event):
    return State(state.count + step)
"""
SERVICES = {made.name: made for made in (membership(), audit_scheduling(), certification())}
CASES = [(name, kind) for name, made in SERVICES.items() for kind in made.deciders]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder from which packages can be imported, forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def service(folder: Path, name: str, helper: str) -> Decider:
    """A service's decider whose evolve leans on a module beside its own."""
    package = folder / name
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text(helper)
    (package / "domain.py").write_text(DOMAIN)
    return decider_of(importlib.import_module(f"{name}.domain"))


def test_the_hash_of_a_snapshot_follows_all_code_of_its_service(folder: Path) -> None:
    one = snapshots.shape_of(service(folder, "one", "step = 1"))
    same = snapshots.shape_of(service(folder, "same", "step = 1"))
    other = snapshots.shape_of(service(folder, "other", "step = 2"))
    assert one.schema_hash == same.schema_hash
    assert one.schema_hash != other.schema_hash


def test_the_hash_of_a_snapshot_follows_the_folders_beside_that_of_the_decider() -> None:
    modules = ("services.coc_ledger.pools.pool", "services.coc_ledger.scopes.scope")
    for module in modules:
        importlib.import_module(module)
        behind = {name for name, _ in snapshots.modules_behind(module)}
        assert {"pools/pool.py", "accounting/accounts.py", "custody.py", "rows.py"} <= behind
        assert "activity/rows.py" not in behind, "another service's code folds nothing of it"


def test_the_hash_of_a_snapshot_follows_the_shape_of_the_state() -> None:
    box, shelf = (snapshots.shape_of(DECIDERS[name]) for name in ("box", "shelf"))
    assert box.schema_hash != shelf.schema_hash
    assert snapshots.shape_of(DECIDERS["box"]) is box


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_every_state_of_our_services_has_a_shape_that_can_be_saved(name: str, kind: str) -> None:
    decider = SERVICES[name].deciders[kind]
    shape = snapshots.shape_of(decider)
    assert shape.adapter.dump_json(decider.initial)


def test_folds_of_a_lost_future_are_not_current() -> None:
    cache = FoldCache()
    cache.found(10)
    cache.keep({"shelf/S": Fold(3, None, {})}, 12)
    cache.found(11)
    found = cache.get("shelf/S")
    assert found is None or not found[1]
