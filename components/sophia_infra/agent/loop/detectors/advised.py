"""Advice: edits that it proposes, and what it warns of beside them."""

from collections.abc import Iterator

from sophia_infra.advice.model import Level
from sophia_infra.agent.loop.detected import Detected
from sophia_infra.agent.loop.observing import Observed
from sophia_infra.agent.operations import ApproveEdit


def detect(seen: Observed) -> Iterator[Detected]:
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
