"""The world hears of disclosures, each once, and of those that are overdue."""

from datetime import date
from decimal import Decimal

from contracts import certification, ghg
from contracts.inventory import BiogenicCo2
from services.certification import published_disclosure
from services.certification.published_disclosure import PublishDisclosed
from services.certification.reactions import publish_disclosures
from tests.rules.ghg.life import disclosed
from tests.rules.spec import Spec

from .given import POLICIES, Happened, recorded

ON = date(2026, 7, 2)
OVERDUE = ghg.DisclosureOverdue(
    facility_id="F1",
    member_id="M1",
    year=2025,
    due_on=date(2026, 6, 30),
    overdue_on=date(2026, 7, 1),
)
publication = Spec(published_disclosure, POLICIES)


def told(event: ghg.DisclosurePublished | ghg.DisclosureOverdue) -> PublishDisclosed:
    """What the reaction asks for."""
    [happened] = recorded([Happened("facility_year/F1:2025", event, ON)])
    [command] = publish_disclosures(happened, lambda name, key: None)
    assert isinstance(command, PublishDisclosed)
    return command


def test_a_disclosure_is_told_without_what_is_inside() -> None:
    inside = disclosed()
    public = told(inside).event
    assert isinstance(public, certification.DisclosurePublished)
    assert (public.totals, public.energy) == (inside.totals, inside.energy)
    assert not {"outputs", "location", "entity_id", "policy_id"} & set(type(public).model_fields)


def test_the_co2_of_biomass_is_told_beside_the_totals() -> None:
    memo = BiogenicCo2(kg=Decimal(112_000), factor_set="biogenic_ipcc_2006")
    inside = disclosed().model_copy(update={"biogenic_co2": memo})
    public, without = told(inside).event, told(disclosed()).event
    assert isinstance(public, certification.DisclosurePublished)
    assert isinstance(without, certification.DisclosurePublished)
    assert public.biogenic_co2 == memo
    assert public.totals == without.totals
    assert without.biogenic_co2 is None, "an older one does not tell it"


def test_each_disclosure_is_told_once_and_a_correction_too() -> None:
    first, second = told(disclosed()), told(disclosed(2, 2, corrects=1))
    done = publication.when(first).then(first.event)
    done.and_when(first).nothing()
    done.and_when(second).then(second.event).and_when(first).nothing()


def test_what_is_overdue_is_told_once_and_never_of_what_is_public() -> None:
    late = told(OVERDUE)
    publication.when(late).then(late.event).and_when(late).nothing()
    publication.when(told(disclosed()), late).nothing()


def test_other_events_say_nothing_to_the_world() -> None:
    event = ghg.PfcMeasurementNoted(
        facility_id="F1",
        member_id="M1",
        measured_on=ON,
        renew_by=ON,
        noted_on=ON,
        policy_id="g-1",
    )
    [happened] = recorded([Happened("reporting/F1", event, ON)])
    assert publish_disclosures(happened, lambda name, key: None) == ()
