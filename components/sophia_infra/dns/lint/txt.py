"""TXT records whose text was mangled on its way, and sets too large to be answered."""

import re
from collections.abc import Iterator

from sophia_infra.dns.dmarc import record as dmarc
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Problem, fix, rule
from sophia_infra.dns.lint.spelling import QUOTES
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, quote, with_text
from sophia_infra.dns.spf import record as spf
from sophia_infra.dns.zone.index import Zone

_CURLY = re.compile("[\u2018-\u201f]")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_MESSAGE_LIMIT, _UDP_LIMIT = 65_535, 4_096


@rule("txt-quotes", WARNING)
def txt_quotes(zone: Zone) -> Iterator[Problem]:
    """RFC 1035 section 5.1: quotes delimit a string. external-dns writes them into its own records on purpose."""
    for record, text in zone.texts:
        if _is_quoted(text):
            why = f"The quotes are part of the text, so whoever compares it finds no match: {quote(text)}."
            yield Problem(record.subject, why, "Write the text once between plain double quotes.")


def _is_quoted(text: str) -> bool:
    """Whether a text stands in quotes of its own, and belongs to nobody who writes them on purpose."""
    wrapped = len(text) > 1 and text[0] == text[-1] == '"' and not text.startswith('"heritage=')
    # Typographic quotes stand around a text, or one of a pair at one of its ends.
    ends = len(_CURLY.findall(text[:1] + text[1:][-1:])) if not text.isascii() else 0
    curled = ends == 2 or (ends == 1 and len(_CURLY.findall(text)) == 1)
    return (wrapped or curled) and not (spf.is_meant(text) or dmarc.is_meant(text))


@fix("txt-quotes")
def unquote(zone: Zone, record: Record) -> Record:
    """Take away the quotes around a text that has none inside."""
    text = decode(record.rdata)
    plain = text.strip(QUOTES)
    return with_text(record, plain) if _is_quoted(text) and not set(plain) & set(QUOTES) - {"'", "\u2019"} else record


@rule("txt-set-too-large", ERROR, INFO, no_edit="which records have served, only you know")
def txt_set_too_large(zone: Zone) -> Iterator[Problem]:
    """RFC 1035 section 4.2.2 limits a message to 65,535 octets; beyond 4,096 every query needs TCP."""
    for owner, records in zone.rrsets("TXT").items():
        size = sum(len(record.rdata) + 12 for record in records)
        if size > _UDP_LIMIT:
            level = None if size > _MESSAGE_LIMIT else INFO
            why = f"An answer with all TXT records of this name has about {size} octets."
            yield Problem(f"{owner} TXT", why, "Remove verification records that have served their purpose.", level)


@rule("acme-challenge-stale", INFO)
def acme_challenge_stale(zone: Zone) -> Iterator[Problem]:
    """RFC 8555 section 8.4: the record serves one validation, and its text is 43 characters of Base64url."""
    for owner, texts in zone.texts_by_name.items():
        if owner.partition(".")[0] == "_acme-challenge" and any(map(_CHALLENGE.fullmatch, texts)):
            why = "The answer to an ACME challenge is of use for minutes, and this one is kept in the zone."
            yield Problem(f"{owner} TXT", why, "Remove it, unless an order is under way.")


@fix("acme-challenge-stale")
def drop_challenge(zone: Zone, record: Record) -> Record | None:
    """Remove the answer to a challenge; an order that is under way brings its own."""
    return None if _CHALLENGE.fullmatch(decode(record.rdata)) else record
