"""Builds the distribution: `sdk` becomes `castmark_sdk`, with `contracts` inside it.

The language of events is written once, in the repository's `contracts/`; here it is carried along
as `castmark_sdk.contracts`, so that nothing of ours but `castmark_sdk` lies at the top of anybody's
site-packages.
"""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
# In a source distribution the contracts lie inside, in the repository they are our neighbour.
CONTRACTS = "contracts" if (HERE / "contracts").is_dir() else "../contracts"
CONTRACTS_IMPORT = re.compile(r"^from contracts(?=[. ])", re.MULTILINE)
COMPILED = shutil.ignore_patterns("__pycache__")


class BuildPy(build_py):
    """Copies the modules; what they import from `contracts` comes from `castmark_sdk.contracts`."""

    def run(self) -> None:
        super().run()
        for module in Path(self.build_lib, "castmark_sdk").rglob("*.py"):
            if module.name == "setup.py":
                module.unlink()
                continue
            text = module.read_text(encoding="utf-8")
            text = CONTRACTS_IMPORT.sub("from castmark_sdk.contracts", text)
            module.write_text(text, encoding="utf-8")


class Sdist(sdist):
    """A source distribution carries the contracts, for no neighbour lies beside it."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        inside = Path(base_dir, "contracts")
        shutil.copytree(HERE / CONTRACTS, inside, ignore=COMPILED, dirs_exist_ok=True)


if __name__ == "__main__":
    setup(
        packages=["castmark_sdk", "castmark_sdk.contracts"],
        package_dir={"castmark_sdk": ".", "castmark_sdk.contracts": CONTRACTS},
        package_data={
            "castmark_sdk": ["py.typed"],
            "castmark_sdk.contracts": ["py.typed", "schemas/*.json"],
        },
        cmdclass={"build_py": BuildPy, "sdist": Sdist},
    )
