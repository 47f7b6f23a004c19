"""Expiry: a certificate that has ended, or that is due for its renewal."""

from collections.abc import Iterator
from datetime import datetime

from sophia_infra.agent.loop.detected import Detected
from sophia_infra.agent.loop.observing import Observed
from sophia_infra.agent.operations import Renew


def detect(seen: Observed) -> Iterator[Detected]:
    """Yield the certificates of the state whose time has come."""
    for each in seen.of("Certificate"):
        name = each.urn.rpartition("::")[2]
        ends, due = (_time(each.fields.get(key)) for key in ("not_after", "next_renewal"))
        serial, way_out = str(each.fields.get("serial_number") or ""), f"sophia cert plan {name}; then: pulumi up"
        if ends and ends <= seen.now:
            told = f"it ended on {ends:%Y-%m-%d %H:%M} UTC"
            yield Detected("expiry", f"certificate {name}", told, way_out, f"ended {serial}", (Renew(name),))
        elif due and due <= seen.now:
            told = f"its renewal is due since {due:%Y-%m-%d %H:%M} UTC"
            yield Detected("expiry", f"certificate {name}", told, way_out, f"due {serial}", (Renew(name),))


def _time(given: object) -> datetime | None:
    return datetime.fromisoformat(given) if isinstance(given, str) and given else None
