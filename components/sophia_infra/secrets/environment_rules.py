"""What an environment says of a secret, and what the rules make of it. docs/rules.md explains every code."""

from collections.abc import Iterator
from datetime import timedelta

from sophia_infra.advice.model import Finding, Level
from sophia_infra.changes import Exposure
from sophia_infra.credentials.about import said
from sophia_infra.secrets.spec import SecretSpec
from sophia_infra.values import length_of

LONGEST_EXPOSED = timedelta(days=90)
"""How old a value may get on which much hangs."""
_GRAVE = (str(Exposure.HIGH), str(Exposure.CRITICAL))
_PUBLISHED = "publish.esc"


def settings(spec: SecretSpec) -> dict[str, str]:
    """Return what the settings hold of credentials, by name, and as a reference where the secret is published."""
    lists = {"standbys": spec.standbys, "poolers": spec.poolers}
    found = {f"{name}[{at}]": text for name, given in lists.items() for at, text in enumerate(given)}
    if spec.publish.environment:
        found[_PUBLISHED] = f"esc://{spec.publish.environment}/{spec.publish.path}"
    return {"server": spec.server, "key": spec.key, **found}


def judge(spec: SecretSpec) -> Iterator[Finding]:
    """Yield where a secret is not as its environment says: beside the value that is published, or else `server`."""
    asked = _PUBLISHED if spec.publish.environment else "server"
    about = next((each.about for each in said({asked: settings(spec)[asked]})), None)
    if not about:
        return
    for name in sorted(set(about.consumers) - {*spec.terms.consumers}):
        told = f"{name} uses it, as its environment says, and no rotation waits for it: consumers does not name it"
        yield Finding("secret-consumer-unnamed", Level.WARNING, name, told, "add it to consumers")
    allowed = length_of(about.max_age)
    if allowed is not None and spec.max_age > allowed:
        told = f"a value is used for longer than the {about.max_age} that its environment says"
        yield Finding("secret-age-beyond", Level.WARNING, spec.name, told, f"give max_age {about.max_age}")
    if about.exposure in _GRAVE and spec.max_age > LONGEST_EXPOSED:
        most = f"{LONGEST_EXPOSED.days}d"
        told = f"its exposure is {about.exposure}, as its environment says, and a value is used for longer than {most}"
        fix = f"give max_age {most}, or less"
        yield Finding("secret-age-exposed", Level.WARNING, spec.name, told, fix)
