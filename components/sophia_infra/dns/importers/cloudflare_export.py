"""Cloudflare's zone export: a master file whose comments hold proxy status, tags and remarks.

Source: https://developers.cloudflare.com/dns/manage-dns-records/how-to/import-and-export/
"""

import re

from sophia_infra.dns.importers.cloudflare import is_carried, served_ttl
from sophia_infra.dns.importers.collector import Collector, Imported
from sophia_infra.dns.reader import syntax
from sophia_infra.dns.reader.problems import Refused, bounded

_BEFORE_COMMENT = re.compile(r'(?:[^";\\]|\\.|"(?:[^"\\]|\\.)*")*', re.DOTALL)
_DOMAIN = re.compile(r"^;;\s*Domain:\s*(\S+)", re.MULTILINE | re.IGNORECASE)


def records(text: str, origin: str, file: str) -> Imported:
    """Read an export: one record a line, with full names, TTL, class and type; TTL 1 is Cloudflare's automatic."""
    collector = Collector(origin, file)
    for line, content in enumerate(text.splitlines(), 1):
        if content.strip() and not content.lstrip().startswith(";"):
            with collector.refusing(line):
                _carry(collector, line, content)
    return collector.imported()


def zones(text: str, _: str) -> list[str]:
    """Return the zone that the export's header names."""
    return [name.rstrip(".") for name in _DOMAIN.findall(text)]


def _carry(collector: Collector, line: int, content: str) -> None:
    tokens = [token.text for token in syntax.entry(content, iter(())).tokens]
    if len(tokens) < 5 or tokens[2].upper() != "IN":
        message = "it is not a line of a Cloudflare export: name TTL IN type data"
        raise Refused("record-syntax", "record", message, value=content, fix="import it with --from master")
    name, ttl, _, kind = tokens[:4]
    # the SOA's owner stands there without its trailing dot
    name = f"{name.rstrip('.')}."
    subject = f"{bounded(name)} {bounded(kind)}"
    shown = " ".join(tokens[4:])
    if is_carried(collector, line, name, kind, shown):
        _note_comment(collector, line, subject, content)
        collector.add(line, name, served_ttl(collector, line, subject, ttl), kind, shown)


def _note_comment(collector: Collector, line: int, subject: str, content: str) -> None:
    found = _BEFORE_COMMENT.match(content)
    comment = content[found.end() :].lstrip(";").strip() if found else ""
    if comment:
        collector.note(line, f"{subject}: {bounded(comment)} is not carried over")
