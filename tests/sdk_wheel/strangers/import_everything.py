"""Imports all of castmark_sdk but what needs an extra; says what was loaded."""

import importlib
import pkgutil
import sys

import castmark_sdk

for module in pkgutil.walk_packages(castmark_sdk.__path__, "castmark_sdk."):
    if module.name != "castmark_sdk.kafka_feed":
        importlib.import_module(module.name)
sys.stdout.write("\n".join(sys.modules))
