"""Asking a name server for the record sets of a zone one by one, where it lets nobody transfer the whole of it.

Such a server can't be asked what else it holds: what comes back is its side of the sets that are asked for.
"""

import socket
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from sophia_infra.dns.reader.names import zone_origin
from sophia_infra.dns.reader.rdata import canonical_rdata, type_of
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.rr.rtype import ALIAS
from sophia_infra.errors import SophiaError

AT_ONCE = 8
"""Questions that are under way at a time."""
PAYLOAD = 1232
"""Octets of an answer over UDP that no network splits (DNS flag day 2020); a longer one comes over TCP."""
_ABSENT = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


class AskingError(SophiaError):
    """A name server that does not answer, or does not answer for the zone."""

    code = "asking"


@dataclass(frozen=True, slots=True)
class NameServer:
    """A server to ask: `host` is a name or an address, `timeout` seconds for one answer."""

    host: str
    port: int = 53
    timeout: float = 5.0

    def sets_of(self, zone: str, desired: str) -> str:
        """Return what the server holds of the record sets in a canonical zone text, as such a text.

        Raises:
            AskingError: it can't be reached, refuses, or is not authoritative for the zone; or a set is an ALIAS.
        """
        origin = zone_origin(zone)
        address = self._address()
        subjects = dict.fromkeys((record.owner, record.type) for record in from_text(desired))
        if aliases := [owner for owner, rtype in subjects if rtype == ALIAS]:
            raise AskingError(f"{aliases[0]} {ALIAS} is no type of the DNS, so no name server can be asked for it")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = pool.map(lambda subject: self._ask(address, origin, *subject), subjects)
            return to_text([record for records in found for record in records])

    def _address(self) -> str:
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError) as error:
            raise AskingError(f"there is no name server {self.host!r}: {error}; give an address or a name") from None
        for family, kind, _, _, address in found:
            with suppress(OSError), socket.socket(family, kind) as probe:
                probe.connect(address)  # sends nothing, and fails where there is no route to such an address
                return str(address[0])
        raise AskingError(f"{self._place} can't be reached from here: there is no route to any of its addresses")

    def _ask(self, address: str, origin: str, owner: str, rtype: str) -> list[Record]:
        import dns.query  # which loads clients of HTTP, where there are any

        name = dns.name.from_text(origin if owner == "@" else f"{owner}.{origin.lstrip('.')}")
        question = dns.message.make_query(name, rtype, use_edns=0, payload=PAYLOAD)
        question.flags &= ~dns.flags.RD
        try:
            answer, _ = dns.query.udp_with_fallback(question, address, self.timeout, self.port, ignore_unexpected=True)
        except (dns.exception.DNSException, OSError) as error:
            why = f"{str(error) or type(error).__name__}; check the address and port"
            raise AskingError(f"{self._place} does not answer {owner} {rtype}: {why}") from None
        if answer.rcode() not in _ABSENT:
            code = dns.rcode.to_text(answer.rcode())
            raise AskingError(f"{self._place} answers {owner} {rtype} with {code}; ask a server of the zone {origin}")
        wanted = (name, dns.rdatatype.from_text(rtype))
        held = [rrset for rrset in self._telling(answer, owner, rtype) if (rrset.name, rrset.rdtype) == wanted]
        return list(_records(held, owner, origin))

    def _telling(self, answer: dns.message.Message, owner: str, rtype: str) -> list[dns.rrset.RRset]:
        """Return the answer, or what a referral says: a cut's NS stand in authority, its glue in additional."""
        if answer.flags & dns.flags.AA:
            return answer.answer
        if any(rrset.rdtype == dns.rdatatype.NS for rrset in answer.authority):
            return [*answer.authority, *answer.additional]
        raise AskingError(f"{self._place} is not authoritative for {owner} {rtype}; ask a server of the zone")

    @property
    def _place(self) -> str:
        return f"{self.host} port {self.port}"


def _records(rrsets: Iterable[dns.rrset.RRset], owner: str, origin: str) -> Iterator[Record]:
    for rrset in rrsets:
        mnemonic = dns.rdatatype.to_text(rrset.rdtype)
        rtype = type_of(mnemonic)
        for rdata in rrset:
            text = canonical_rdata(rtype, rdata.to_text(), origin, mnemonic)
            yield Record(owner, rrset.ttl, rtype, text)
