"""Secrets' age and phase: a value that is older than it may be, and a rotation that does not get on."""

from collections.abc import Iterator
from datetime import datetime

from sophia_infra.agent.loop.detected import Detected
from sophia_infra.agent.loop.observing import Observed
from sophia_infra.agent.operations import Rotate
from sophia_infra.secrets.phases import Phase
from sophia_infra.secrets.spec import DEFAULT_MAX_AGE
from sophia_infra.values import length_of

_OVERDUE = 2
"""So many times its `max_age` a value may be in use while its rotation is under way."""


def detect(seen: Observed) -> Iterator[Detected]:
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
