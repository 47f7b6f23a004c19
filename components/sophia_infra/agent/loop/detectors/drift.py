"""Drift: what is live, or what the program says, differs from what was applied."""

from collections.abc import Iterator

from sophia_infra.agent.loop.detected import Detected
from sophia_infra.agent.loop.observing import Observed
from sophia_infra.report.model import Standing


def detect(seen: Observed) -> Iterator[Detected]:
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
