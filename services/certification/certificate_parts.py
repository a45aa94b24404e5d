"""Certificates: what their own stream says, their successors, and the audits about them. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from contracts import audits
from contracts.envelope import Recorded

from .deadline_parts import UNOPENED, Outcome, Part, Reference, by_day, day, reference
from .facts import iso

ONE_DAY = timedelta(days=1)


def brought(
    event: audits.CertificateGranted | audits.CertificateConverted,
    since: date,
    dues: Sequence[date],
    majors: int,
    at: Recorded,
) -> Part:
    """A certificate brings something that is due on some days."""
    return {
        "member_id": event.member_id,
        "opened_on": iso(since),
        "dues": [iso(due) for due in dues],
        "policy_id": event.policy_id,
        "majors": majors,
        "opened": reference("opened", at),
    }


def granted(event: audits.CertificateGranted, part: Part | None, at: Recorded) -> Part:
    """What is due is due on its last day."""
    return brought(event, event.valid_from, (event.valid_to,), event.major_findings, at)


def granted_with_surveillance(
    event: audits.CertificateGranted, part: Part | None, at: Recorded
) -> Part:
    """A certificate asks for surveillance audits."""
    return brought(event, event.valid_from, event.surveillance_due_on, event.major_findings, at)


def validity_moved(event: audits.CertificateConverted, part: Part | None, at: Recorded) -> Part:
    """A full certificate since its conversion, it runs out on another day."""
    return _moved(event, (event.valid_to,), part, at)


def surveillance_moved(
    event: audits.CertificateConverted, part: Part | None, at: Recorded
) -> Part | None:
    """The conversion asks for surveillance audits, or for none any more."""
    if part is None and not event.surveillance_due_on:
        return None
    return _moved(event, event.surveillance_due_on, part, at)


def _moved(
    event: audits.CertificateConverted, dues: Sequence[date], part: Part | None, at: Recorded
) -> Part:
    fresh = brought(event, event.effective_on, dues, 0, at)
    if part is None:
        return fresh
    kept = {"opened_on": part["opened_on"], "opened": part["opened"]}
    return {**fresh, **kept, "moved": reference("moved", at)}


def converted(event: audits.CertificateConverted, part: Part | None, at: Recorded) -> Part | None:
    """The conversion itself was what was due."""
    if part is None:
        return None
    return {**part, "done_on": iso(event.effective_on), "done": reference("closed", at)}


def withdrawn(event: audits.CertificateWithdrawn, part: Part | None, at: Recorded) -> Part | None:
    """With the certificate goes what was due on it."""
    if part is None:
        return None
    return {**part, "gone_on": iso(event.effective_on), "gone": reference("closed", at)}


def succeeded(event: audits.CertificateGranted, part: Part | None, at: Recorded) -> Part:
    """Another certificate takes over."""
    return {
        "member_id": event.member_id,
        "successor": event.certificate_id,
        "on": iso(event.valid_from),
        "event": reference("closed", at),
    }


def validity(own: Part | None, others: Sequence[Part]) -> Outcome:
    """A certificate runs out unless another takes over without a day between."""
    if own is None:
        return UNOPENED
    due_on = day(own["dues"][0])
    successor, gone_on = _first_successor(others), own.get("gone_on")
    if successor is not None and (gone_on is None or successor["on"] <= gone_on):
        on = day(successor["on"])
        state = "met" if on <= due_on + ONE_DAY else "missed"
        return Outcome(state, due_on, on, successor["event"])
    return _open_until(due_on, None if gone_on is None else (day(gone_on), own["gone"]))


def conversion(own: Part | None, others: Sequence[Part]) -> Outcome:
    """A provisional certificate is to become a full one while it holds."""
    if own is None:
        return UNOPENED
    due_on = day(own["dues"][0])
    if "done_on" in own:
        on = day(own["done_on"])
        return Outcome("met" if on <= due_on else "missed", due_on, on, own["done"])
    return _open_until(due_on, _end(own, others))


def surveillance(own: Part | None, others: Sequence[Part]) -> Outcome:
    """The n-th surveillance audit is to be concluded by the n-th day; the row shows the first
    that is not. Days on which the certificate is gone ask for nothing."""
    if own is None or not own["dues"]:
        return UNOPENED
    dues = [day(due) for due in own["dues"]]
    done = sorted((part for part in others if part.get("state") == "concluded"), key=by_day)
    if len(done) < len(dues):
        return _open_until(dues[len(done)], _end(own, others))
    last = done[len(dues) - 1]
    on = day(last["on"])
    return Outcome("met" if on <= dues[-1] else "missed", dues[-1], on, last["event"])


End = tuple[date, Reference]


def _open_until(due_on: date, end: End | None) -> Outcome:
    """Not done. With the certificate goes what was still to come, but not what was missed."""
    if end is None:
        return Outcome("open", due_on)
    gone_on = end[0]
    return Outcome("cancelled" if gone_on <= due_on + ONE_DAY else "missed", due_on, *end)


def _end(own: Part, others: Sequence[Part]) -> End | None:
    """The first day without this certificate: withdrawn, or another in its place."""
    successor, gone_on = _first_successor(others), own.get("gone_on")
    if successor is not None and (gone_on is None or successor["on"] <= gone_on):
        return day(successor["on"]), successor["event"]
    return None if gone_on is None else (day(gone_on), own["gone"])


def _first_successor(others: Sequence[Part]) -> Part | None:
    found = [part for part in others if "successor" in part]
    return min(found, key=lambda part: (part["on"], part["successor"])) if found else None
