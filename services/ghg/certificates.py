"""Certificates for power: every megawatt-hour is cancelled once, for one use, in its year. Pure.

Source: sources.md 4.6, R-12. What was cancelled before, by anybody, is an input: a certificate
that two facilities of a group use is used twice.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from infra.errors import Refused

from .working import given

KWH_PER_MWH = Decimal(1000)


class Certificate(NamedTuple):
    """A lot of a registry: its megawatt-hours and the year in which they were generated."""

    certificate_id: str
    mwh: Decimal
    year: int


class Cancellation(NamedTuple):
    """Megawatt-hours of a lot, cancelled for one supply of one facility."""

    certificate_id: str
    mwh: Decimal
    supply_id: str


def cancel(
    lots: Mapping[str, Certificate],
    before: Mapping[str, Decimal],
    cancellations: Sequence[Cancellation],
    data_year: int,
) -> Mapping[str, Decimal]:
    """What is cancelled of each lot after these cancellations.

    Refused: `certificate-unknown`, `certificate-of-other-year`, `certificate-cancelled-twice` (more
    than the lot holds, with what was cancelled `before`), `quantity-negative`. All or nothing.
    """
    cancelled = dict(before)
    for one in cancellations:
        given(f"{one.certificate_id} for {one.supply_id}", one.mwh, "MWh")
        lot = lots.get(one.certificate_id)
        if lot is None:
            raise Refused(
                "certificate-unknown",
                f"no certificate {one.certificate_id} is known.",
                certificate_id=one.certificate_id,
            )
        if lot.year != data_year:
            raise Refused(
                "certificate-of-other-year",
                f"{one.certificate_id} is power of {lot.year}, not of {data_year}.",
                certificate_id=one.certificate_id,
                year=lot.year,
                data_year=data_year,
            )
        cancelled[lot.certificate_id] = cancelled.get(lot.certificate_id, Decimal(0)) + one.mwh
        if cancelled[lot.certificate_id] > lot.mwh:
            raise Refused(
                "certificate-cancelled-twice",
                f"{lot.certificate_id} holds {lot.mwh} MWh; with {one.supply_id}"
                f" {cancelled[lot.certificate_id]} MWh would be cancelled.",
                certificate_id=lot.certificate_id,
                held_mwh=lot.mwh,
                asked_mwh=cancelled[lot.certificate_id],
            )
    return cancelled
