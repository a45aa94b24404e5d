"""Activity data: what one facility used, made, bought and moved in one calendar year. Pure.

A datum is a quantity of an item (`items`), already in the item's own unit: units are read once, at
the edge (`units`). Everything a calculation needs is in an `Inventory`; it looks nothing up.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import DataKind, Step

from .installation import NOT_GIVEN, Installation

PRIMARY = frozenset({DataKind.MEASURED, DataKind.SUPPLIER_VERIFIED})


class Datum(NamedTuple):
    """One quantity with where it comes from. Empty text and None mean: not said.

    `datum_id` is unique within its inventory. `quantity` is in the item's unit. `factor` is the
    supplier's or the plant's own, in kg CO2e per that unit (per kWh for power, per t for metal).
    `factor_gwp_set` names the warming potentials under which it was made, where somebody says.
    `embedded` is what a maker of bought metal says it embeds, in the same unit, for the border
    mechanism alone: `embedded_boundary` (`installation.Boundary`) says which emissions are in it,
    where `factor` is from cradle to gate, and `embedded_gwp_set` under which warming potentials
    they were added up, where somebody says. `cn_code` is the code of the goods that an output is.
    `potline` is the line of cells that a datum of electrolysis is of, where a site has several.
    `of` names the item that a transport leg carries or a stock holds. `scrap_kind` has its own
    words (`scrap.Kind`), `proofs` those of `electricity.Proof`; `certificates` are pairs of
    certificate and MWh cancelled for this supply, `certificate_years` of certificate and the year
    in which its power was generated, `certificate_lots` of certificate and the MWh that it holds in
    all; without a name these are of every certificate of the datum. `from_on` and `to_on` say which
    days of the year the quantity covers, where it is not the whole year; of a parameter when it was
    measured, which may be before the year. `left_out` ("yes") asks reports to leave it out, as far
    as their regimes allow; a result counts it all the same. `calorific_value` (net) in
    `calorific_unit` and `oxidation_factor` (a fraction) are what the plant knows of a fuel.
    """

    datum_id: str
    step: Step
    item: str
    quantity: Decimal
    kind: DataKind
    source: str = ""
    evidence: str = ""
    supplier_id: str = ""
    factor: Decimal | None = None
    factor_source: str = ""
    of: str = ""
    scrap_kind: str = ""
    technology: str = ""
    treatment: str = ""
    proofs: tuple[str, ...] = ()
    certificates: tuple[tuple[str, Decimal], ...] = ()
    geography: str = ""
    data_year: int | None = None
    uncertainty_percent: Decimal | None = None
    from_on: date | None = None
    to_on: date | None = None
    left_out: str = ""
    embedded: Decimal | None = None
    embedded_boundary: str = ""
    cn_code: str = ""
    certificate_years: tuple[tuple[str, int], ...] = ()
    certificate_lots: tuple[tuple[str, Decimal], ...] = ()
    calorific_value: Decimal | None = None
    calorific_unit: str = ""
    oxidation_factor: Decimal | None = None
    factor_gwp_set: str = ""
    potline: str = ""
    embedded_gwp_set: str = ""


class Site(NamedTuple):
    """What is known of the facility itself. `technology` is that of its cells (`pfc.Technology`),
    `started` the year its production began; both None where it has no cells. `installation` is
    what only the border mechanism asks."""

    facility_id: str
    country: str
    subdivision: str | None = None
    technology: str | None = None
    started: int | None = None
    low_voltage: str = "not_addressed"
    furnace: str = ""
    paste: str = ""
    installation: Installation = NOT_GIVEN


class Inventory(NamedTuple):
    """A facility's year, in the order in which the data came."""

    site: Site
    year: int
    data: Sequence[Datum]
