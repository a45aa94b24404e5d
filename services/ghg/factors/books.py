"""What this build knows: its policy files and its factor files, read once in a process.

Apart from the wiring, so that processes which only calculate need not load all of it.
"""

from functools import cache
from pathlib import Path

from infra.policy import Policies
from infra.policyfiles import read_policies

from .book import FactorBook
from .factorfiles import read_factors


@cache
def policies() -> Policies:
    """The policy files: calculations are pinned to what they hold."""
    return read_policies(Path(__file__).parent.parent / "policy")


@cache
def factors() -> FactorBook:
    """The factor files."""
    return read_factors()
