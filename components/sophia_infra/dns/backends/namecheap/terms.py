"""What Namecheap can hold of a zone. Pure.

Source of the limits: https://www.namecheap.com/support/knowledgebase/article.aspx/10058/10/namecheap-dns-limits/
and https://www.namecheap.com/support/api/methods/domains-dns/set-hosts/.
"""

import re
from collections.abc import Collection

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.namecheap.hosts import (
    MAIL_BY_RECORDS,
    REDIRECTS,
    TYPES,
    Host,
    data_of,
    owner_of,
    text_of,
)
from sophia_infra.dns.backends.providers import is_apex, own_apex
from sophia_infra.dns.rr.record import Record, from_text, to_text

TTLS = (60, 60000)
MOST_HOSTS = 150
LONGEST_NAME = 60
LONGEST_TEXT = 2500

CAA_TAGS = ("issue", "issuewild", "iodef")

_REPORT = re.compile(r'"(?:mailto:.*@|[a-z]+://)')
_BESIDE_NO_REDIRECT = ("A", "AAAA", "CNAME", "NS")


def normalized(zone: str, live: str, carried: Collection[Host], email: str, domain: str) -> str:
    """Return a zone as Namecheap would hold it beside the hosts that are carried through; see `Backend.normalize`.

    Raises:
        BackendError: it can't hold it; the message names the record and the way out.
    """
    asked, served = from_text(zone), set(from_text(live))
    apex = own_apex(zone, live, domain, "Namecheap")
    others = [record for record in asked if not is_apex(record)]
    taken = {owner_of(host, domain): host for host in carried if host.type in REDIRECTS}
    for record in others:
        if record not in served:
            _beside_others(record, taken, email)
    if len(others) + len(carried) > MOST_HOSTS:
        beside = f" beside {len(carried)} redirects and the like" if carried else ""
        raise BackendError(
            f"{domain} would hold {len(others)} records{beside}; Namecheap holds {MOST_HOSTS} in all: "
            "take some out, or serve the domain elsewhere"
        )
    return to_text([*apex, *(record if record in served else _sound(record, domain) for record in others)])


def _beside_others(record: Record, taken: dict[str, Host], email: str) -> None:
    redirect = taken.get(record.owner)
    if redirect and record.type in _BESIDE_NO_REDIRECT:
        raise BackendError(
            f"{record.subject} is asked for, but {record.owner} is a Namecheap {redirect.type} host "
            f"({redirect.address}); delete that in the panel first, or leave the record out"
        )
    if record.type == "MX" and email not in MAIL_BY_RECORDS:
        raise BackendError(
            f"{record.subject} is asked for, but Namecheap handles the domain's mail (e-mail type {email}) and sets "
            "its MX records; choose Custom MX under Advanced DNS > Mail Settings first, or leave the MX records out"
        )


def _sound(record: Record, domain: str) -> Record:
    """Return a record as it would be held."""
    if record.type not in TYPES:
        why = "its API has no SRV: set it in the panel" if record.type == "SRV" else f"it holds {', '.join(TYPES)}"
        raise BackendError(f"Namecheap can't hold {record.subject}: {why}, and leave it out here")
    lowest, highest = TTLS
    if not lowest <= record.ttl <= highest:
        raise BackendError(f"{record.subject} has a TTL of {record.ttl}; Namecheap takes {lowest} to {highest} seconds")
    if len(record.owner) > LONGEST_NAME or "\\" in record.owner:
        raise BackendError(f"{record.subject}: Namecheap takes names of at most {LONGEST_NAME} plain characters")
    if record.type == "MX" and record.rdata.endswith(" ."):
        raise BackendError(f"{record.subject}: Namecheap can't hold a null MX; leave the set out")
    if record.type == "CAA":
        _check_issuance(record)
    return record._replace(rdata=_text(record, domain)) if record.type == "TXT" else record


def _check_issuance(record: Record) -> None:
    _, tag, value = record.rdata.split(" ", 2)
    if tag.lower() not in CAA_TAGS:
        raise BackendError(f"{record.subject} says {tag}; Namecheap takes {', '.join(CAA_TAGS)}: leave it out")
    if tag.lower() == "iodef" and not _REPORT.match(value):
        raise BackendError(f"{record.subject} iodef is {value}; Namecheap takes mailto:name@domain or a URL")


def _text(record: Record, domain: str) -> str:
    try:
        text = text_of(record.rdata)
    except UnicodeDecodeError:
        text = ""
    if not text or text != text.strip() or not text.isprintable() or '"' in text:
        raise BackendError(
            f"{record.subject}: Namecheap takes text without quotes, control characters, and blanks at its ends"
        )
    if len(text) > LONGEST_TEXT:
        raise BackendError(f"{record.subject} has {len(text)} characters; Namecheap takes {LONGEST_TEXT}")
    return data_of(text, domain)
