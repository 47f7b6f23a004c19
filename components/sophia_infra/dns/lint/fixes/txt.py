"""TXT records whose text was mangled on its way."""

from sophia_infra.dns.lint.fixes.fix import fix
from sophia_infra.dns.lint.text import decode, with_text
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record

QUOTES = "\"'\u2018\u2019\u201c\u201d"


@fix("txt-quotes")
def unquote(zone: Zone, record: Record) -> Record:
    """Take away the quotes around a text."""
    return with_text(record, decode(record.rdata).strip(QUOTES))


def is_free(zone: Zone, owner: str) -> bool:
    """Whether a record may move to a name, because nothing stands there or is still to come."""
    return owner not in zone.by_name and not zone.is_pending(owner) and not zone.is_beyond(owner)
