"""Activity data as they are sent over HTTP, and what an inventory makes of them. Pure."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from contracts.inventory import DataKind, Step
from contracts.values import Id, PlainDecimal, Value
from services.ghg.calculation.electrolysis import Furnace, Paste
from services.ghg.calculation.pfc import LowVoltage, Technology
from services.ghg.calculation.scrap import Kind

from .installation import NOT_GIVEN, Boundary, Installation, Route

Text = Annotated[str, StringConstraints(max_length=200)]
Unit = Annotated[str, StringConstraints(max_length=40)]
"""Empty is read, so that it is refused by name like an empty cell of a file."""
Quantity = Annotated[PlainDecimal, Field(ge=0)]


class Certificate(Value):
    """So many megawatt-hours of a certificate, cancelled for a supply. `year` is that in which its
    power was generated, `lot_mwh` what it holds in all, where that is known."""

    certificate_id: Id
    mwh: Annotated[PlainDecimal, Field(gt=0)]
    year: Annotated[int, Field(ge=1990, le=2199)] | None = None
    lot_mwh: Annotated[PlainDecimal, Field(gt=0)] | None = None


def _unit_is_needed(schema: dict[str, Any]) -> None:
    schema["required"] = [*schema["required"], "unit"]


class DatumSent(Value):
    """One quantity in a `unit`, any of its kind: none is guessed (`unit-missing`). `factor` is the
    supplier's or the plant's own, in `factor_unit` (t CO2e/t, kg CO2e/MWh ...), where that is left
    out in kg CO2e per the item's own unit, whatever `unit` is; `factor_gwp_set` the warming
    potentials in it (SAR to AR6); `of` names what a leg carries or a stock holds, `potline` the
    line of cells. `embedded` is what a maker of bought metal says it embeds, in `embedded_unit`,
    where that is left out in kg CO2e/t, `embedded_boundary` which emissions are in it,
    `embedded_gwp_set` its warming potentials; `cn_code` the code of the goods that an output is. A
    supplier without an id may be named: its id is made of the name. `left_out` asks reports to
    leave it out, as far as they may. Of a fuel, `calorific_value` is net, in `calorific_unit`
    (MJ/kg, GJ/t, MJ/Nm3 ...), and `oxidation_factor` a fraction. `treatment` says what became of a
    waste: reused, recycled, recovered, treated, stored, landfilled, landfilled_untreated,
    discharged, empty where nobody told. Texts name documents and meters, never persons."""

    model_config = ConfigDict(json_schema_extra=_unit_is_needed)

    datum_id: Id
    step: Step
    item: Id
    quantity: Quantity
    unit: Unit = ""
    kind: DataKind
    source: Text = ""
    evidence: Text = ""
    supplier_id: Id | None = None
    supplier_name: Text = ""
    factor: Quantity | None = None
    factor_unit: Unit = ""
    factor_source: Text = ""
    factor_gwp_set: Annotated[str, StringConstraints(max_length=20)] = ""
    of: Id | None = None
    scrap_kind: Kind | None = None
    technology: Text = ""
    potline: Text = ""
    treatment: Text = ""
    proofs: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    certificates: Annotated[tuple[Certificate, ...], Field(max_length=200)] = ()
    geography: Annotated[str, StringConstraints(max_length=20)] = ""
    data_year: Annotated[int, Field(ge=1990, le=2199)] | None = None
    uncertainty_percent: Annotated[PlainDecimal, Field(ge=0, le=Decimal(1000))] | None = None
    from_on: date | None = None
    to_on: date | None = None
    left_out: bool = False
    embedded: Quantity | None = None
    embedded_unit: Unit = ""
    embedded_boundary: Boundary | None = None
    embedded_gwp_set: Annotated[str, StringConstraints(max_length=20)] = ""
    cn_code: Annotated[str, StringConstraints(max_length=20)] = ""
    calorific_value: Quantity | None = None
    calorific_unit: Annotated[str, StringConstraints(max_length=20)] = ""
    oxidation_factor: Quantity | None = None


class InstallationSent(Value):
    """What the European border mechanism asks of an installation; what is left out is told as not
    given. `verifier` names an organisation. Prices are per tonne of CO2e, as due in the country of
    origin."""

    installation_name: Text = ""
    address: Text = ""
    unlocode: Annotated[str, StringConstraints(max_length=20)] = ""
    latitude: PlainDecimal | None = None
    longitude: PlainDecimal | None = None
    verifier: Text = ""
    verifier_accreditation: Text = ""
    production_route: Route | None = None
    carbon_price: Quantity | None = None
    carbon_price_currency: Annotated[str, StringConstraints(max_length=3)] = ""
    carbon_price_instrument: Text = ""
    carbon_price_rebate: Quantity | None = None

    def read(self) -> Installation:
        """As activity data hold it."""
        told = {name: getattr(self, name) for name in Installation._fields}
        return NOT_GIVEN._replace(**{name: one for name, one in told.items() if one is not None})


class SiteSent(Value):
    """What membership does not know of the site: its cells, furnace and paste, and what the border
    mechanism asks of an installation."""

    technology: Technology | None = None
    low_voltage: LowVoltage = LowVoltage.NOT_ADDRESSED
    furnace: Furnace | None = None
    paste: Paste | None = None
    installation: InstallationSent = InstallationSent()
