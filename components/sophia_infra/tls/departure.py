"""What leaves with a certificate's resources; the guard asks at the preview."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sophia_infra import clock
from sophia_infra.advised import About, Leaving
from sophia_infra.changes import Changes, Exposure


def certificate(outputs: Mapping[str, Any]) -> Leaving:
    """Weigh a certificate that is about to be deleted: high while it is valid, for it ends and nobody renews it."""
    ends = str(outputs.get("not_after") or "")
    if ends and datetime.fromisoformat(ends) <= clock.now():
        return _leaving("certificate", outputs, Exposure.LOW, f"it ended at {ends}")
    why = f"nobody renews it, and it ends at {ends or 'a time unknown'}"
    return _leaving("certificate", outputs, Exposure.HIGH, why)


def key(outputs: Mapping[str, Any]) -> Leaving:
    """Weigh a private key that is about to be deleted: the state holds its only copy of ours."""
    return _leaving("key", outputs, Exposure.HIGH, "the state's copy of the private key is gone for good")


def _leaving(kind: str, outputs: Mapping[str, Any], exposure: Exposure, why: str) -> Leaving:
    subject = next(iter(outputs.get("domains") or ()), str(outputs.get("label")))
    reason = f"{exposure} {subject} {kind} delete: {why}"
    about = About(kind, subject, str(outputs.get("label")))
    return Leaving(about, Changes(deletes=1, before=1, exposure=exposure, reasons=(reason,)))
