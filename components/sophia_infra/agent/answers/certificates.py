"""Questions about certificates: when they end, how they stand, and whether they are served."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sophia_infra import clock
from sophia_infra.agent.answers.question import Question, Row
from sophia_infra.codec import encode
from sophia_infra.tls.of_state import certificates_of
from sophia_infra.tls.standing import Standing, standing

_SOON = timedelta(days=30)
_PROBED = 10
"""So many names are asked for what they serve."""


def _standings(question: Question) -> Iterator[Standing]:
    wanted = question.named(question.inventory.certificates)
    for known in certificates_of(question.agent.resources):
        if known.name in wanted:
            yield standing(known, question.journal, clock.now())


def _row(found: Standing) -> Row:
    ends = f"until {found.not_after[:10]}" if found.not_after else "no certificate yet"
    waits = f"; waits: {found.waits}" if found.waits else ""
    return f"{found.name}  {', '.join(found.domains)}  {ends}{waits}", encode(found)


def certificates_list(question: Question) -> Iterator[Row]:
    """How certificates stand, and when they are renewed."""
    for found in _standings(question):
        line, told = _row(found)
        last = f"; last {found.events[0].what} {found.events[0].time:%Y-%m-%d}" if found.events else ""
        renewal = f"; next renewal {found.next_renewal[:10]}" if found.next_renewal else ""
        yield f"{line}, by {found.issuer or 'nobody'}{renewal}{last}", told


def certificates_expiring(question: Question) -> Iterator[Row]:
    """Which certificates end within a time, 30 days where none is said; the first to end first."""
    ends = clock.now() + question.time(_SOON)
    found = (each for each in _standings(question) if each.not_after)
    for each in sorted(found, key=lambda each: each.not_after):
        if datetime.fromisoformat(each.not_after) <= ends:
            yield _row(each)


def certificates_check(question: Question) -> Iterator[Row]:
    """Whether names of certificates serve what the state has."""
    from sophia_infra.tls.probe import probe

    asked = [(found, name) for found in _standings(question) for name in found.domains if not name.startswith("*")]
    for found, name in asked[:_PROBED]:
        seen = probe(name, clock.now())
        serial = seen.chain[0].serial_number if seen.chain else ""
        wrong = [str(finding) for finding in seen.findings]
        if serial and serial != found.serial_number:
            wrong.insert(0, f"it serves {serial}, and the state has {found.serial_number or 'none'}")
        told = {"certificate": found.name, "name": name, "serial_number": serial, "wrong": wrong}
        yield f"{name}: {'; '.join(wrong) or 'the right certificate is served'}", told
    if left := len(asked[_PROBED:]):
        yield f"{left} names were not asked; name a certificate", {"not_asked": left}


certificates_show = certificates_list
