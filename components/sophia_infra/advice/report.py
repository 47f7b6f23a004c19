"""Advice as a few lines for people."""

from collections.abc import Collection, Iterator

from sophia_infra.advice.model import Advice, Edit, Level, Verdict

DOCS = "docs/rules.md"


def lines(advice: Advice, rejected: Collection[Edit] = ()) -> Iterator[str]:
    """Yield what is worth reading: nothing when the verdict is approve and there is no error and no warning.

    Findings of one kind are one line; `sophia advice show` has each. Rejected edits are proposed no more.
    """
    grave = [finding for finding in advice.kinds if finding.level is not Level.INFO]
    if advice.verdict is Verdict.APPROVE and not grave:
        return
    proposed = sum(edit.state == "proposed" and edit not in rejected for edit in advice.edits)
    edits = f", {proposed} {'edit' if proposed == 1 else 'edits'} proposed" if proposed else ""
    yield f"{advice.verdict}, {advice.summary} ({DOCS}){edits}; see: sophia advice show {advice.id[:12]}"
    yield from map(str, grave)
