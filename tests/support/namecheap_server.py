"""A stand-in for the Namecheap API on loopback: real HTTP and XML as documented, its faults included.

It does what https://www.namecheap.com/support/api/methods/domains-dns/ says and what its users report: a written list
replaces the old one, hosts get new numbers, MX hosts need the e-mail type MX, an empty list becomes a parking page.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import quoteattr

from tests.support.beside import beside

KEY = "canary-2f9c1e-namecheap-key"
USER, IP = "ops", "192.0.2.200"
TYPES = {"A", "AAAA", "ALIAS", "CAA", "CNAME", "MX", "MXE", "NS", "TXT", "URL", "URL301", "FRAME"}
SERVICE_MAIL = {"FWD", "OX", "GMAIL"}

Entry = tuple[str, str, str, str, int]
"""Name, type, address, preference, TTL."""


@dataclass
class Domain:
    """What the panel shows of a domain."""

    hosts: list[Entry] = field(default_factory=list)
    email: str = "NONE"
    servers: tuple[str, ...] = ("dns1.registrar-servers.com", "dns2.registrar-servers.com")
    ours: bool = True
    inactive: set[str] = field(default_factory=set)
    dynamic: set[str] = field(default_factory=set)


@dataclass
class Account:
    """The stand-in's state. `faults` names what happens to the next requests: (command, fault) in order."""

    domains: dict[str, Domain]
    faults: list[tuple[str, str]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    methods: set[str] = field(default_factory=set)
    addresses: list[str] = field(default_factory=list)
    meanwhile: Callable[[str, str], None] = lambda command, phase: None
    numbers: Iterator[int] = field(default_factory=lambda: count(1000))
    lock: threading.RLock = field(default_factory=threading.RLock)
    endpoint: str = ""

    def fault_of(self, command: str) -> str:
        """The fault that is due for a command; it is then past."""
        for index, (wanted, fault) in enumerate(self.faults):
            if wanted == command:
                del self.faults[index]
                return fault
        return ""


_AT_ONCE = {
    "throttled": (405, b""),
    "500": (500, b"oops"),
    "garbage": (200, b"<html>down"),
    "page": (200, b"<html>down</html>"),
    "redirect": (302, b""),
}
"""Faults of which the domain notices nothing."""


_MANGLED = {
    "no-result": (b"DomainDNSGet", b"Other"),
    "no-servers": (b"Nameserver", b"Other"),
    "no-ttl": (b" TTL=", b" Ttl="),
}
"""Faults of an answer: what of it reads otherwise."""


class RefusedError(Exception):
    """An answer with an error number."""


@contextmanager
def running(**domains: Domain) -> Iterator[Account]:
    """Serve an account whose domains are given with `_` for each dot; it ends with the block."""
    account = Account({name.replace("_", "."): domain for name, domain in domains.items()})
    server = _Server(account)
    account.endpoint = f"http://127.0.0.1:{server.server_address[1]}/xml.response"
    with beside(server):
        yield account


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, account: Account) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.account = account


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._serve(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self, body: str) -> None:
        account = self.server.account
        form = {key: values[0] for key, values in parse_qs(body, keep_blank_values=True).items()}
        command = form.get("Command", "").rpartition(".")[2]
        account.methods.add(self.command)
        account.addresses.append(self.path)
        account.commands.append(command)
        fault = account.fault_of(command)
        account.meanwhile(command, "before")
        if self.command == "GET" and any(key.startswith("HostName11") for key in form):
            self._send(404, b"")  # more than 10 hosts go by POST
        elif fault in _AT_ONCE:
            self._send(*_AT_ONCE[fault])
        elif fault != "drop":
            with account.lock:
                content = _answer(account, command, form, fault)
            account.meanwhile(command, "after")
            self._send_late(content, fault)

    def _send_late(self, content: bytes, fault: str) -> None:
        content = content.replace(*_MANGLED.get(fault, (b"", b"")))
        if fault == "500-after":
            self._send(500, b"oops")
        elif fault == "truncated":
            self._send(200, content[: len(content) // 2])
        elif fault != "drop-after":
            self._send(200, content)

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", str(len(content)))
        with suppress(ConnectionError):  # whoever asked was killed, or has given up
            self.end_headers()
            self.wfile.write(content)


def _answer(account: Account, command: str, form: dict[str, str], fault: str) -> bytes:
    try:
        if fault == "too-many":
            raise RefusedError("500000", "Too many requests")
        if fault == "trouble":
            raise RefusedError("3050900", "Unknown error from Enom")
        _admit(form)
        name = f"{form.get('SLD')}.{form.get('TLD')}"
        domain = account.domains.get(name)
        if domain is None:
            raise RefusedError("2019166", "Domain not found")
        if command == "getHosts":
            return _envelope(command, _hosts(account, name, domain, served=fault != "elsewhere"))
        if command == "getList":
            return _envelope(command, _servers(name, domain))
        done = fault != "unsuccessful"
        if done:
            _write(domain, form, fault)
        if fault == "trouble-after":
            raise RefusedError("5050900", "Unknown exceptions")
        return _envelope(
            command, f"<DomainDNSSetHostsResult Domain={quoteattr(name)} IsSuccess='{str(done).lower()}' />"
        )
    except RefusedError as refused:
        return _envelope(command, errors=[refused.args])


def _admit(form: dict[str, str]) -> None:
    if form.get("ApiKey") != KEY:
        raise RefusedError("1011102", f"API Key {form.get('ApiKey')} is invalid or API access has not been enabled")
    if form.get("ClientIp") != IP:
        raise RefusedError("1011150", f"Parameter RequestIP is invalid: {form.get('ClientIp')}")
    if form.get("UserName") != USER:
        raise RefusedError("1019103", "Parameter UserName is not available")


def _hosts(account: Account, name: str, domain: Domain, *, served: bool) -> str:
    if not domain.ours:
        raise RefusedError("2030288", "Cannot complete this command as this domain is not using proper DNS servers")
    lines = [
        f"<host HostId='{next(account.numbers)}' Name={quoteattr(host)} Type='{kind}' Address={quoteattr(address)} "
        f"MXPref='{preference}' TTL='{ttl}' AssociatedAppTitle='' FriendlyName='' "
        f"IsActive='{_said(host not in domain.inactive)}' IsDDNSEnabled='{_said(host in domain.dynamic)}' />"
        for host, kind, address, preference, ttl in reversed(domain.hosts)
    ]
    attributes = f"Domain={quoteattr(name)} EmailType='{domain.email}' IsUsingOurDNS='{str(served).lower()}'"
    return f"<DomainDNSGetHostsResult {attributes}>{''.join(lines)}</DomainDNSGetHostsResult>"


def _said(truth: bool) -> str:
    return str(truth).lower()


def _servers(name: str, domain: Domain) -> str:
    lines = "".join(f"<Nameserver>{server}</Nameserver>" for server in domain.servers)
    return f"<DomainDNSGetListResult Domain={quoteattr(name)} IsUsingOurDNS='true'>{lines}</DomainDNSGetListResult>"


def _write(domain: Domain, form: dict[str, str], fault: str) -> None:
    numbers = sorted(int(key[8:]) for key in form if re.fullmatch(r"HostName\d+", key))
    hosts = [_entry(form, number) for number in numbers]
    if fault == "repeats":
        raise RefusedError("2050900", f"Invalid Address {hosts[-1][2]}")
    if len(hosts) > 150:
        raise RefusedError("3013288", "Too many records")
    # Without the parameter, mail is off: what a client forgets is lost.
    email = form.get("EmailType", "NONE")
    if email not in {"MX", *SERVICE_MAIL}:
        hosts = [host for host in hosts if host[1] != "MX"]
    if fault == "loses-one":
        hosts = hosts[:-1]
    parked: list[Entry] = [
        ("www", "CNAME", "parkingpage.namecheap.com.", "10", 1800),
        ("@", "URL", "http://www.shop.example/?from=@", "10", 1800),
    ]
    domain.email, domain.hosts = email, hosts or parked
    domain.dynamic.clear()  # a written list has no field for it


def _entry(form: dict[str, str], number: int) -> Entry:
    kind, address, ttl = (form[f"{name}{number}"] for name in ("RecordType", "Address", "TTL"))
    if kind not in TYPES:
        raise RefusedError("2050900", f"Invalid RecordType {kind}")
    if not 60 <= int(ttl) <= 60000:
        raise RefusedError("2050900", f"Invalid TTL {ttl}")
    if kind == "TXT" and '"' in address and not address.startswith('"'):
        raise RefusedError("2050900", "Invalid Address")
    if kind == "CAA" and not re.match(r'\d+ (issue|issuewild|iodef) "', address):
        raise RefusedError("2050900", f"Invalid Address {address}")
    if kind in {"CNAME", "MX", "NS"}:
        address = f"{address.rstrip('.')}."
    return form[f"HostName{number}"], kind, address, form.get(f"MXPref{number}", "10"), int(ttl)


def _envelope(command: str, result: str = "", errors: list[tuple[str, ...]] | None = None) -> bytes:
    listed = "".join(f"<Error Number='{number}'>{text}</Error>" for number, text in errors or [])
    body = f"<CommandResponse Type='namecheap.domains.dns.{command}'>{result}</CommandResponse>" if result else ""
    return (
        f"<?xml version='1.0' encoding='utf-8'?>\n<ApiResponse Status='{'ERROR' if errors else 'OK'}' "
        f"xmlns='http://api.namecheap.com/xml.response'><Errors>{listed}</Errors><Warnings />"
        f"<RequestedCommand>namecheap.domains.dns.{command.lower()}</RequestedCommand>{body}"
        "<Server>STANDIN</Server><GMTTimeDifference>--5:00</GMTTimeDifference><ExecutionTime>0.1</ExecutionTime>"
        "</ApiResponse>"
    ).encode()
