"""A certificate for power: who claims it first holds it, until that claim is without use."""

from datetime import date
from decimal import Decimal

from services.ghg import app
from services.ghg.power_certificates import power_certificate
from services.ghg.power_certificates.power_certificate import (
    ClaimPowerCertificate,
    Holding,
    NotePowerCertificateNamed,
    PowerCertificateClaimed,
    PowerCertificateNamed,
    certificates_of,
    stream_of,
)
from tests.rules.spec import Spec

from .life import inventory

ON = date(2026, 3, 1)
certificate = Spec(power_certificate, app.policies())


def holding(facility_id: str = "F1", year: int = 2025, version: int = 1) -> Holding:
    return Holding(facility_id=facility_id, year=year, data_version=version)


def claim(by: Holding, lapsed: Holding | None = None) -> ClaimPowerCertificate:
    return ClaimPowerCertificate(on=ON, certificate_id="GEC-1", claimed_by=by, lapsed=lapsed)


def claimed(by: Holding) -> PowerCertificateClaimed:
    return PowerCertificateClaimed(certificate_id="GEC-1", claimed_by=by, claimed_on=ON)


def named(by: Holding) -> PowerCertificateNamed:
    return PowerCertificateNamed(certificate_id="GEC-1", named_by=by, named_on=ON)


def test_data_that_name_it_are_remembered_and_claim_nothing() -> None:
    note = NotePowerCertificateNamed(on=ON, certificate_id="GEC-1", named_by=holding())
    certificate.given().when(note).then(named(holding()))
    certificate.given(named(holding())).when(note).nothing()
    certificate.given(named(holding(version=2))).when(note).nothing()
    asked = certificate.given(named(holding())).when(claim(holding("F2")))
    asked.then(claimed(holding("F2")))


def test_who_claims_first_holds_it() -> None:
    certificate.given().when(claim(holding())).then(claimed(holding()))


def test_the_holder_may_claim_again_and_nothing_changes() -> None:
    certificate.given(claimed(holding())).when(claim(holding())).nothing()


def test_newer_data_of_the_holder_are_remembered() -> None:
    newer = holding(version=2)
    certificate.given(claimed(holding())).when(claim(newer)).then(claimed(newer))
    certificate.given(claimed(newer)).when(claim(holding())).nothing()


def test_another_facility_and_another_year_are_refused() -> None:
    for other in (holding("F2"), holding(year=2024)):
        asked = certificate.given(claimed(holding())).when(claim(other))
        asked.refused("certificate-used-elsewhere", certificates=["GEC-1"])


def test_the_refusal_does_not_say_who_holds_it() -> None:
    refused = power_certificate.used_elsewhere(["GEC-1"])
    assert refused.facts == {"certificates": ["GEC-1"]}
    assert "F1" not in refused.sentence


def test_a_lapsed_claim_gives_way() -> None:
    asked = claim(holding("F2"), lapsed=holding())
    certificate.given(claimed(holding())).when(asked).then(claimed(holding("F2")))


def test_a_claim_renewed_in_the_meantime_does_not_give_way() -> None:
    renewed = certificate.given(claimed(holding()), claimed(holding(version=3)))
    asked = claim(holding("F2"), lapsed=holding())
    renewed.when(asked).refused("certificate-used-elsewhere", certificates=["GEC-1"])


def test_the_case_of_letters_makes_no_other_certificate() -> None:
    assert stream_of("gec-1") == stream_of("GEC-1") == "power_certificate/GEC-1"
    found = inventory()
    first, *others = found.data
    twice = (("gec-1", Decimal(3)), ("GEC-1", Decimal(4)), ("GEC-0", Decimal(1)))
    used = found._replace(data=(first._replace(certificates=twice), *others))
    assert certificates_of(used) == ("GEC-0", "GEC-1")
    assert certificates_of(found) == ()
