"""Faults that pydantic finds in a request, in words that say what to write. Pure."""

from contracts.values import ID_PATTERN


def in_words(kind: str, message: str, name: str, pattern: object = None) -> str:
    """What pydantic says of a part of a request, by its type, in words that say what to write;
    `name` is that of the part."""
    match kind:
        case "string_pattern_mismatch" if pattern == ID_PATTERN:
            return (
                "write an id: 1 to 128 letters, digits, dots, underscores, colons and hyphens, the"
                f" first a letter or a digit (pattern {ID_PATTERN})"
            )
        case "int_type" | "int_parsing" | "int_from_float" if name.endswith("_kg"):
            return "write whole kilograms as a number: 1500, no decimals and no unit"
        case "greater_than" if name.endswith("_kg"):
            return "a mass is above 0"
        case _:
            return message.removeprefix("Value error, ")
