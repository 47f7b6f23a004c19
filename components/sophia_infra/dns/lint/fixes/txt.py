"""TXT records whose text was mangled on its way."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.txt import is_challenge, is_quoted
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, with_text
from sophia_infra.dns.zone.index import Zone

QUOTES = "\"'\u2018\u2019\u201c\u201d"


@fix("txt-quotes")
def unquote(zone: Zone, record: Record) -> Record:
    """Take away the quotes around a text that has none inside."""
    text = decode(record.rdata)
    plain = text.strip(QUOTES)
    return with_text(record, plain) if is_quoted(text) and not set(plain) & set(QUOTES) - {"'", "\u2019"} else record


@fix("acme-challenge-stale")
def drop_challenge(zone: Zone, record: Record) -> Record | None:
    """Remove the answer to a challenge; an order that is under way brings its own."""
    return None if is_challenge(decode(record.rdata)) else record
