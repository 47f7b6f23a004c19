"""What finds out that something is not as it should be: a function for each, pure over what was observed."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sophia_infra.advice.model import Level
from sophia_infra.agent.loop.detections import Detected
from sophia_infra.agent.loop.observation import Observed
from sophia_infra.agent.operations import ApproveEdit, Renew, Rotate
from sophia_infra.report.model import Standing
from sophia_infra.secrets.phases import Phase
from sophia_infra.secrets.spec import DEFAULT_MAX_AGE
from sophia_infra.values import length_of

_OVERDUE = 2
"""So many times its `max_age` a value may be in use while its rotation is under way."""


def drift(seen: Observed) -> Iterator[Detected]:
    """Yield each resource that the engine would change though nobody asked for it, and what stops the preview."""
    for item in seen.report.items:
        mark = "\n".join((item.operation, item.refusal, *(line.sign + line.text for line in item.lines)))
        if item.refusal:
            told, way_out = f"the preview refuses it: {item.refusal}", "mend what the refusal names"
        elif item.title.startswith("zone "):  # what is due of the others, their own detectors tell
            told = f"what is live is not what is declared: {item.counts}"
            way_out = "look: pulumi preview --refresh --diff; put it back: pulumi up --refresh"
        else:
            continue
        yield Detected("drift", item.title, told, way_out, mark)
    if seen.report.standing is Standing.STOPPED and not seen.report.items:
        why = next(iter(seen.report.said), "the engine says nothing more")
        yield Detected("drift", f"stack {seen.stack}", f"the preview fails: {why}", "pulumi preview", why)


def expiry(seen: Observed) -> Iterator[Detected]:
    """Yield the certificates of the state whose time has come."""
    for each in seen.of("Certificate"):
        name = each.urn.rpartition("::")[2]
        serial, way_out = str(each.fields.get("serial_number") or ""), f"sophia cert plan {name}; then: pulumi up"
        for mark, field, what in (
            ("ended", "not_after", "it ended on"),
            ("due", "next_renewal", "its renewal is due since"),
        ):
            when = each.fields.get(field)
            if isinstance(when, str) and when and (at := datetime.fromisoformat(when)) <= seen.now:
                told = f"{what} {at:%Y-%m-%d %H:%M} UTC"
                yield Detected("expiry", f"certificate {name}", told, way_out, f"{mark} {serial}", (Renew(name),))
                break


def advised(seen: Observed) -> Iterator[Detected]:
    """Yield each edit that waits, and each kind of finding above information."""
    for zone, advice in seen.advice.items():
        for edit in advice.edits:
            subject, way_out = f"zone {zone} {edit.subject}", f"sophia advice approve {advice.id[:12]}"
            operations = (ApproveEdit(advice.id, edit.subject),)
            yield Detected("advised", subject, edit.why, way_out, edit.digest, operations)
        mended = {edit.subject for edit in advice.edits}
        for found in advice.kinds:
            if found.level is not Level.INFO and found.subject not in mended:
                mark = f"{found.code} {found.subject}"
                yield Detected("advised", f"zone {zone}", f"{found.subject}: {found.message}", found.fix, mark)


def pools(seen: Observed) -> Iterator[Detected]:
    """Yield each record set of a pool with targets that are down: people mend targets, and `up` publishes the rest."""
    for step in seen.steps:
        for subject, targets in _members(step.new.get("health")).items():
            standings = ((target, _members(each)) for target, each in _members(targets).items())
            down = sorted(target for target, standing in standings if standing.get("healthy") is False)
            if down:
                told = f"{len(down)} of {len(targets)} targets are down: {', '.join(down)}"
                about, way_out = f"pool {step.new.get('domain')} {subject}", "look at the targets"
                yield Detected("pools", about, told, way_out, " ".join(down))


def secret_age(seen: Observed) -> Iterator[Detected]:
    """Yield the secrets of the state whose value is too old."""
    known = {each.label: each for each in seen.secrets}
    for resource in seen.of("SecretLifecycle"):
        secret = known.get(str(resource.inputs.get("label")))
        most = length_of(str(resource.inputs.get("max_age") or DEFAULT_MAX_AGE))
        if secret is None or most is None or not secret.issued:
            continue
        age, mark = seen.now - datetime.fromisoformat(secret.issued), f"{secret.phase} {secret.published}"
        subject, name = f"secret {secret.name}", resource.urn.rpartition("::")[2]
        if secret.phase is Phase.STEADY and age > most:
            told, way_out = f"its value is {age.days} days old", f"sophia secrets rotate {secret.name}; then: pulumi up"
            yield Detected("secret_age", subject, told, way_out, mark, (Rotate(name),))
        elif age > most * _OVERDUE:
            told = f"its value is {age.days} days old, and its rotation is {secret.phase} since {secret.since[:10]}"
            yield Detected("secret_age", subject, told, f"sophia secrets show {secret.name}", mark)


def _members(of: object) -> Mapping[str, Any]:
    """The members of an object; none where the engine does not know it yet and gives a text in its place."""
    return of if isinstance(of, Mapping) else {}


DETECTORS: tuple[Callable[[Observed], Iterator[Detected]], ...] = (drift, expiry, advised, pools, secret_age)
"""All of them."""


def detected(seen: Observed) -> tuple[dict[str, Detected], dict[str, str]]:
    """Return what the detectors find, by its key, and of those that failed what they raised: each fails alone."""
    found, failed = dict[str, Detected](), dict[str, str]()
    for detect in DETECTORS:
        try:
            found |= {each.key: each for each in detect(seen)}
        except Exception as error:  # only its type is told: its text may hold what others wrote
            failed[detect.__name__] = type(error).__name__
    return found, failed
