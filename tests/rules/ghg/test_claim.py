"""A claim is checked at once, approved by others than who asks, and holds while its certificate
does (sources.md 7)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.ghg_claims import (
    ClaimApproved,
    ClaimChecked,
    ClaimExtended,
    ClaimLapsed,
    ClaimRefused,
    ClaimRequested,
    ClaimRestored,
    ClaimWithdrawn,
    MembershipClaimLapsed,
    MembershipClaimRestored,
)
from infra.decider import Tick
from services.ghg.claims import claim
from services.ghg.claims.commands import (
    ApproveClaim,
    AssessClaim,
    NoteClaimCertificate,
    NoteClaimMembership,
    RefuseClaim,
    RequestClaim,
    WithdrawClaim,
)
from services.ghg.claims.standing import CertificateStanding
from tests.rules.spec import Answered, Spec, policies_of

ON = date(2026, 6, 1)
LATER = date(2026, 9, 1)
LAST = date(2027, 5, 31)
AFTER = date(2027, 6, 1)
STATED = ("certified_scope", "standard_version", "certificate_number", "validity_date")
claims = Spec(claim, policies_of("ghg"))


def certificate(**more: Any) -> CertificateStanding:
    """A certificate to the Performance Standard that holds to May 2027."""
    said = {
        "certificate_id": "CERT-1",
        "member_id": "M-1",
        "standard": "PS",
        "valid_from": date(2024, 6, 1),
        "valid_to": LAST,
    }
    return CertificateStanding.model_validate({**said, **more})


def ask(**more: Any) -> RequestClaim:
    """A claim that says no more than is so."""
    said = {
        "on": ON,
        "claim_id": "C-1",
        "member_id": "M-1",
        "kind": "text",
        "text": "Our smelter is certified to the ASI Performance Standard.",
        "language": "en",
        "form": "ps_certified",
        "states": STATED,
        "certificate_id": "CERT-1",
        "certificate": certificate(),
        "evidence_refs": ("DOC-1",),
    }
    return RequestClaim.model_validate({**said, **more})


ASSESS = AssessClaim(on=ON, claim_id="C-1", advice="approve")
REFUSE = RefuseClaim(on=ON, claim_id="C-1", reasons=("R-16",))
WITHDRAW = WithdrawClaim(on=ON, claim_id="C-1", member_id="M-1", reason="product_ended")


def approve(**more: Any) -> ApproveClaim:
    """An approval on a day on which the certificate stands so."""
    return ApproveClaim(on=ON, claim_id="C-1", certificate=certificate(**more))


def note(on: date, **more: Any) -> NoteClaimCertificate:
    """What audits said of the certificate."""
    return NoteClaimCertificate(on=on, claim_id="C-1", certificate=certificate(**more))


def approved() -> Answered:
    """A claim that may be made."""
    return claims.when(ask(), ASSESS, approve())


def tick(on: date) -> Tick:
    """The clock closes a day."""
    return Tick(on=on, target="claim/C-1", rule=claim.VALIDITY)


def rules(answered: Answered) -> list[str]:
    """What was found in the claim that was just asked for."""
    checked = answered.events[1]
    assert isinstance(checked, ClaimChecked)
    return [one.rule for one in checked.findings]


def test_a_claim_is_checked_when_it_is_asked_for() -> None:
    answered = claims.when(ask())
    requested, checked = answered.events
    assert isinstance(requested, ClaimRequested)
    assert isinstance(checked, ClaimChecked)
    assert (requested.valid_until, checked.findings, checked.stands) == (LAST, (), True)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"text": "Green aluminium from a certified smelter."}, "R-16"),
        ({"text": "我们的绿色铝经过认证。", "language": "zh"}, "R-16"),
        ({"text": "Low-carbon billets, made with hydropower."}, "R-15"),
        ({"states": STATED[:3]}, "C-01"),
        ({"certificate": certificate(valid_to=date(2026, 5, 31))}, "C-03"),
        ({"certificate": certificate(suspended_on=date(2026, 5, 1))}, "C-03"),
        ({"certificate": certificate(valid_from=date(2026, 7, 1))}, "C-03"),
        ({"certificate": certificate(standard="CoC")}, "C-03"),
        ({"certificate_id": None, "certificate": None}, "C-03"),
        ({"form": "coc_material", "certificate": certificate(standard="CoC")}, "C-06"),
        ({"language": "de"}, "C-07"),
    ],
)
def test_what_is_wrong_is_found_at_once(more: dict[str, Any], rule: str) -> None:
    assert rule in rules(claims.when(ask(**more)))


def test_a_language_that_nobody_checks_stops_nothing() -> None:
    answered = claims.when(ask(language="de"))
    checked = answered.events[1]
    assert isinstance(checked, ClaimChecked)
    assert checked.stands


def test_a_claim_on_material_says_its_tonnes_and_its_certificate() -> None:
    whole = ask(
        form="coc_material",
        states=(*STATED, "mass_balance"),
        certificate=certificate(standard="CoC"),
        material_t=Decimal(500),
    )
    assert rules(claims.when(whole)) == []


def test_a_claim_is_asked_once_and_never_edited() -> None:
    claims.when(ask(), ask(on=LATER)).nothing()
    claims.when(ask(), ask(text="Other words.")).refused("claim-differs")


def test_nobody_claims_with_anothers_certificate() -> None:
    claims.when(ask(certificate=certificate(member_id="M-2"))).refused("unknown-certificate")
    claims.when(ask(certificate=None)).refused("unknown-certificate")


def test_a_good_claim_is_approved_after_somebody_looked_at_it() -> None:
    claims.when(ask(), approve()).refused("claim-not-assessed")
    event = approved().events[-1]
    assert isinstance(event, ClaimApproved)
    assert (event.certificate_id, event.valid_until) == ("CERT-1", LAST)
    approved().and_when(approve()).nothing()


def test_a_claim_that_breaks_a_rule_is_not_approved() -> None:
    green = ask(text="Green aluminium from a certified smelter.")
    claims.when(green, ASSESS, approve()).refused("claim-has-faults", rules=["R-16"])


@pytest.mark.parametrize("form", ["footprint", "membership"])
def test_whichever_form_a_claim_has_the_certificate_that_it_names_holds(form: str) -> None:
    asked = claims.when(ask(form=form, text="We joined.", certificate=certificate(withdrawn_on=ON)))
    assert "C-03" in rules(asked)
    other = certificate(standard="CoC")
    assert "C-03" not in rules(claims.when(ask(form=form, text="We joined.", certificate=other)))


def test_the_certificate_is_looked_at_again_on_the_day_of_approval() -> None:
    ended = approve(withdrawn_on=ON)
    claims.when(ask(), ASSESS, ended).refused("claim-has-faults", rules=["C-03"])


def test_a_claim_is_refused_with_reasons_and_that_is_final() -> None:
    refused = claims.when(ask(), REFUSE)
    refused.then(ClaimRefused(claim_id="C-1", member_id="M-1", reasons=("R-16",), refused_on=ON))
    refused.and_when(REFUSE).nothing()
    refused.and_when(approve()).refused("claim-decided")
    refused.and_when(ASSESS).refused("claim-decided")
    refused.and_when(WITHDRAW).refused("claim-decided")


def test_its_member_withdraws_a_claim_and_nobody_else() -> None:
    withdrawn = approved().and_when(WITHDRAW)
    withdrawn.then(
        ClaimWithdrawn(claim_id="C-1", member_id="M-1", withdrawn_on=ON, reason="product_ended")
    )
    withdrawn.and_when(WITHDRAW).nothing()
    other = WITHDRAW.model_copy(update={"member_id": "M-2"})
    approved().and_when(other).refused("unknown-claim")
    claims.when(WITHDRAW).refused("unknown-claim")


def test_a_claim_lapses_with_its_last_day_and_the_clock_says_so() -> None:
    state = approved().state
    assert claim.due(state) == {claim.VALIDITY: LAST}
    lapsed = ClaimLapsed(
        claim_id="C-1",
        member_id="M-1",
        certificate_id="CERT-1",
        reason="expired",
        lapsed_on=AFTER,
    )
    told = approved().and_when(tick(LAST)).then(lapsed)
    told.and_when(tick(LAST)).nothing()
    assert claim.due(told.state) == {}


def test_a_conversion_carries_the_claim_on() -> None:
    extended = approved().and_when(note(LATER, valid_to=date(2029, 5, 31)))
    event = extended.events[-1]
    assert isinstance(event, ClaimExtended)
    assert event.valid_until == date(2029, 5, 31)
    extended.and_when(note(LATER, valid_to=date(2029, 5, 31))).nothing()
    extended.and_when(tick(LAST)).nothing()


def test_a_claim_lapses_with_a_suspension_and_comes_back_with_the_certificate() -> None:
    lapsed = approved().and_when(note(LATER, suspended_on=LATER))
    event = lapsed.events[-1]
    assert isinstance(event, ClaimLapsed)
    assert (event.reason, event.lapsed_on) == ("suspended", LATER)
    back = lapsed.and_when(note(LATER, suspended_on=LATER, reinstated_on=LATER))
    assert isinstance(back.events[-1], ClaimRestored)


def test_a_suspension_and_its_end_announced_ahead_turn_the_claim_on_their_days() -> None:
    first, second = date(2026, 10, 1), date(2026, 11, 1)
    ahead = approved().and_when(note(LATER, suspended_on=first, reinstated_on=second))
    assert [type(one).__name__ for one in ahead.events] == ["ClaimCertificateNoted"]
    assert claim.due(ahead.state) == {claim.VALIDITY: date(2026, 9, 30)}
    lapsed = ahead.and_when(tick(date(2026, 9, 30)))
    assert isinstance(lapsed.events[0], ClaimLapsed)
    assert claim.due(lapsed.state) == {claim.VALIDITY: date(2026, 10, 31)}
    back = lapsed.and_when(tick(date(2026, 10, 31)))
    assert isinstance(back.events[0], ClaimRestored)
    assert claim.due(back.state) == {claim.VALIDITY: LAST}


def test_a_claim_lapses_for_good_with_a_withdrawn_certificate() -> None:
    lapsed = approved().and_when(note(LATER, withdrawn_on=LATER))
    event = lapsed.events[-1]
    assert isinstance(event, ClaimLapsed)
    assert event.reason == "withdrawn"
    assert claim.due(lapsed.state) == {}


def test_what_happens_to_a_certificate_concerns_only_claims_that_are_made() -> None:
    claims.when(ask(), note(LATER, withdrawn_on=LATER)).nothing()
    other = note(LATER).model_copy(update={"certificate": certificate(certificate_id="CERT-2")})
    approved().and_when(other).nothing()


# --- membership ---


def membership(ended_on: date | None, on: date = LATER) -> NoteClaimMembership:
    """What membership said of who makes the claim."""
    return NoteClaimMembership(on=on, claim_id="C-1", ended_on=ended_on)


def test_a_claim_to_be_a_member_lapses_with_the_membership_and_comes_back_with_it() -> None:
    asked = ask(
        text="We are a member of ASI.",
        form="membership",
        states=(),
        certificate_id=None,
        certificate=None,
    )
    made = claims.when(asked, ASSESS, ApproveClaim(on=ON, claim_id="C-1"))
    lapsed = made.and_when(membership(LATER))
    lapsed.then(MembershipClaimLapsed(claim_id="C-1", member_id="M-1", lapsed_on=LATER))
    assert claim.due(lapsed.state) == {}
    lapsed.and_when(membership(LATER)).nothing()
    back = lapsed.and_when(membership(None))
    back.then(MembershipClaimRestored(claim_id="C-1", member_id="M-1", restored_on=LATER))
    back.and_when(membership(None)).nothing()


def test_a_membership_concerns_only_claims_to_be_a_member_that_are_made() -> None:
    approved().and_when(membership(LATER)).nothing()
    claims.when(membership(LATER)).nothing()
