"""A resolver on loopback that answers from a table, as a real one answers for names of the Internet."""

import socketserver
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rrset

from tests.support.beside import beside
from tests.support.ports import free_port

SILENT = "silent"
"""In place of lines: the query is left without an answer."""


@dataclass(slots=True)
class Resolver:
    """Its `table` holds by name the lines of an answer (`cdn.example.net. 300 IN A 192.0.2.7`), or what goes wrong.

    A name that is not in the table does not exist, or is asked of the name server on the port `behind`, as where an
    alias of the table leads. `asked` are the questions that came, `name TYPE`.
    """

    table: dict[str, list[str] | str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    behind: int = 0

    @property
    def server(self) -> str:
        """What `sophia:resolver` says."""
        return f"127.0.0.1:{self.port}"

    def host(self, name: str, *addresses: str, ttl: int = 300) -> None:
        """Let a name have these addresses."""
        rtypes = {address: "AAAA" if ":" in address else "A" for address in addresses}
        self.table[name] = [f"{name} {ttl} IN {rtype} {address}" for address, rtype in rtypes.items()]

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        (question,) = query.question
        name, rtype = question.name.to_text().lower(), question.rdtype.name
        self.asked.append(f"{name} {rtype}")
        lines = self.table.get(name)
        if lines == SILENT:
            return None
        reply = dns.message.make_response(query, recursion_available=True)
        if lines is None and self.behind:
            reply.answer = self._passed_on(name, rtype)
        elif lines is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif isinstance(lines, str):
            reply.set_rcode(dns.rcode.from_text(lines))
        else:
            reply.answer = [dns.rrset.from_text(*_parts(line)) for line in lines if line.split()[3] in (rtype, "CNAME")]
            owners = {*self.table, *(line.split()[0] for line in lines)}
            if not self.behind and any(line.split()[4] not in owners for line in lines if line.split()[3] == "CNAME"):
                reply.set_rcode(dns.rcode.NXDOMAIN)
            if self.behind and rtype not in (line.split()[3] for line in lines):
                reply.answer += [found for line in lines for found in self._passed_on(line.split()[4], rtype)]
        return reply.to_wire()

    def _passed_on(self, name: str, rtype: str) -> list[dns.rrset.RRset]:
        query = dns.message.make_query(name, rtype)
        return list(dns.query.udp(query, "127.0.0.1", port=self.behind, timeout=10).answer)


def _parts(line: str) -> tuple[Any, ...]:
    name, ttl, *rest = line.split(" ", 4)
    return (name, int(ttl), *rest)


class _Streams(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128  # a CA looks for a hundred names at once; what finds no room waits for seconds


@contextmanager
def resolver(table: Mapping[str, list[str] | str] | None = None) -> Iterator[Resolver]:
    """Run one for the time of a block."""
    made = Resolver(dict(table or {}))

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, socket = self.request
            if reply := made.answer(wire):
                socket.sendto(reply, self.client_address)

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = int.from_bytes(self.rfile.read(2), "big")
            if length and (reply := made.answer(self.rfile.read(length))):
                self.wfile.write(len(reply).to_bytes(2, "big") + reply)

    made.port = free_port()
    at = ("127.0.0.1", made.port)
    datagrams, streams = socketserver.ThreadingUDPServer(at, Datagram), _Streams(at, Stream)
    datagrams.daemon_threads = True
    with beside(datagrams), beside(streams):
        yield made
