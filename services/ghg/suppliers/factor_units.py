"""The unit of a supplier's factor, as suppliers write it. Pure.

What is asked for is kg CO2e per unit of the item. The item's unit alone means that; whoever writes
the factor's own unit, in kilograms or tonnes of CO2e, is understood too. Anything else is refused
by whoever reads it: a factor is never guessed at.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

ONE, THOUSAND = Decimal(1), Decimal(1000)
TONNE = "t"
KG_OF: Mapping[str, Decimal] = {"kg": ONE, "t": THOUSAND, "tonne": THOUSAND, "tonnes": THOUSAND}
TONNES: Mapping[str, Decimal] = {"t": ONE, "tonne": ONE, "kg": THOUSAND}
"""How many of these are a tonne."""
_WRITTEN = re.compile(
    r"(?P<mass>[A-Za-z]+)\s*(?:of\s+)?CO(?:2|₂)[-\s]?(?:e|eq|equivalents?)\s*"
    r"(?:/|per\s)\s*(?P<per>\S+)",
    re.IGNORECASE,
)


def kg_per_unit(text: str, unit: str) -> Decimal | None:
    """How many kg CO2e per unit of the item one of what is written is; None where it is no unit of
    such a factor. `kg CO2e/t`, `t CO2e/t` and `t` are of an item in tonnes."""
    if text.strip() == unit:
        return ONE
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        return None
    mass = KG_OF.get(match["mass"])
    per = TONNES.get(match["per"]) if unit == TONNE else ONE if match["per"] == unit else None
    return None if mass is None or per is None else mass * per


def understood(unit: str) -> tuple[str, str, str]:
    """What a supplier may write for an item in a unit: the first means the second."""
    return unit, f"kg CO2e/{unit}", f"t CO2e/{unit}"
