"""Rules of accessibility as axe-core has them, asked of the page that a browser shows."""

from functools import cache
from typing import Any

from selenium import webdriver

from tests import npm

PACKAGE = "axe-core@4.14.1"
SHA512 = (
    "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
    "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
)
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then((found) => done(found.violations.map(
  (one) => one.id + ': ' + one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join('; '))));
"""


def violations(driver: webdriver.Chrome) -> list[str]:
    """What axe finds wrong, each with where."""
    driver.execute_script(_source())
    found: list[Any] = driver.execute_async_script(RUN)
    return [str(one) for one in found]


@cache
def _source() -> str:
    return npm.read(PACKAGE, SHA512, "package/axe.min.js")
