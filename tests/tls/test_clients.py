"""Real clients shake hands with servers that have certificates of the embedded CA: they take them all, and no forgery.

A client that is not on this machine is skipped; `python3 -m engine.debian` installs what Debian has.
"""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from sophia_infra import clock
from sophia_infra.tls import keys, names
from sophia_infra.tls.certificates import Request
from sophia_infra.tls.issuers import profile
from sophia_infra.tls.issuers.authorities import ROOT, Authorities
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.spec import MAX_LIFETIME, KeyType
from tests.support.tls_servers import TlsServers
from tests.tls.orders import order

HERE = Path(__file__).parent / "clients"
LONG = f"{'a' * 60}.shop.example"
MANY = tuple(f"host{number}.shop.example" for number in range(96))
OWN = ("other.example", "10.0.0.0/8", "2001:db8::/32")
"""What an authority that serves many certificates may sign for."""


@dataclass(frozen=True)
class Case:
    """A certificate for names, and the name by which a client asks; `authority` is what its issuer may sign for."""

    names: tuple[str, ...]
    host: str
    key: KeyType = KeyType.ECDSA_P256
    lifetime: timedelta = timedelta(days=90)
    authority: tuple[str, ...] = ()


TAKEN = {
    "name": Case(("shop.example",), "shop.example"),
    "wildcard": Case(("shop.example", "*.shop.example"), "any.shop.example"),
    "idn": Case((names.normalize("bücher.example"),), "xn--bcher-kva.example"),
    "ipv4": Case(("10.0.0.1",), "10.0.0.1"),
    "ipv6": Case(("2001:db8::1",), "2001:db8::1"),
    "ipv4-of-both": Case(("10.0.0.1", "2001:db8::1"), "10.0.0.1"),
    "ipv6-of-both": Case(("10.0.0.1", "2001:db8::1"), "2001:db8::1"),
    "name-beside-ipv4": Case(("shop.example", "10.0.0.1"), "shop.example"),
    "ipv4-beside-name": Case(("shop.example", "10.0.0.1"), "10.0.0.1"),
    "ipv6-beside-name": Case(("shop.example", "2001:db8::1"), "2001:db8::1"),
    "loopback": Case(("localhost", "127.0.0.1", "::1"), "::1"),
    "hundred": Case((*MANY, "*.shop.example", LONG, "10.0.0.1", "2001:db8::1"), "host95.shop.example"),
    "last-of-hundred": Case((*MANY, "*.shop.example", LONG, "10.0.0.1", "2001:db8::1"), "2001:db8::1"),
    "no-common-name": Case((LONG,), LONG),
    "permitted-name": Case(("a.b.other.example",), "a.b.other.example", authority=OWN),
    "permitted-ipv4": Case(("10.9.8.7",), "10.9.8.7", authority=OWN),
    "permitted-ipv6": Case(("2001:db8:9::8",), "2001:db8:9::8", authority=OWN),
    "ecdsa-p384": Case(("shop.example", "10.0.0.1"), "shop.example", KeyType.ECDSA_P384),
    "ed25519": Case(("shop.example", "10.0.0.1"), "shop.example", KeyType.ED25519),
    "rsa-3072": Case(("shop.example", "10.0.0.1"), "shop.example", KeyType.RSA_3072),
    "rsa-4096": Case(("shop.example", "10.0.0.1"), "shop.example", KeyType.RSA_4096),
    "of-398-days": Case(("shop.example",), "shop.example", lifetime=timedelta(days=398)),
    "longest": Case(("shop.example",), "shop.example", lifetime=MAX_LIFETIME),
}
REFUSED = {
    "another-host": Case(("shop.example",), "evil.example"),
    "two-below-wildcard": Case(("*.shop.example",), "a.b.shop.example"),
    "another-ipv4": Case(("10.0.0.1",), "10.0.0.2"),
    "stolen-for-name": Case(("evil.example",), "evil.example", authority=("shop.example",)),
    "stolen-beside-addresses": Case(("evil.example",), "evil.example", authority=("10.0.0.0/8",)),
    "stolen-for-ipv4": Case(("192.0.2.1",), "192.0.2.1", authority=("shop.example",)),
    "stolen-for-ipv6": Case(("2001:db8::1",), "2001:db8::1", authority=("shop.example",)),
    "stolen-for-foreign-ipv4": Case(("192.0.2.1",), "192.0.2.1", authority=("10.0.0.0/8",)),
    "stolen-ipv4-for-ipv6": Case(("2001:db8::1",), "2001:db8::1", authority=("10.0.0.0/8",)),
    "stolen-ipv6-for-ipv4": Case(("10.0.0.1",), "10.0.0.1", authority=("2001:db8::/32",)),
}
CASES = TAKEN | REFUSED
UNABLE = {"by_nss": {"ed25519"}}
"""What a client takes from nobody: NSS has no Ed25519 before 3.99."""


def forged(case: Case, ca: EmbeddedCa, csr: str) -> str:
    """Return the chain that a thief of an authority's key makes: whatever the name, signed."""
    root = Authorities(ca.store).open(ROOT)
    key = ec.generate_private_key(ec.SECP256R1())
    constraints = profile.name_constraints(case.authority)
    thief = profile.Authority(profile.make_intermediate(key, root, constraints, clock.now()), key)
    window = profile.leaf_times(clock.now(), case.lifetime)
    leaf = profile.make_leaf(Request.read(csr).key, case.names, thief, window)
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in (leaf, thief.certificate))


def served(name: str, case: Case, folder: Path) -> str:
    """Return key and chain of a case, as a server has them."""
    ca, key = EmbeddedCa.at(str(folder), case.authority), keys.generate(case.key)
    csr = keys.signing_request(key, case.names)
    if case.authority and name in REFUSED:
        return keys.private_pem(key) + forged(case, ca, csr)
    issued = ca.issue(order(label=name, domains=case.names, csr_pem=csr, lifetime=case.lifetime))
    return keys.private_pem(key) + issued.certificate_pem + issued.chain_pem


@dataclass(frozen=True)
class Servers:
    """A server for each case; `table` is what clients read: name, host and port by line."""

    root: Path
    ports: dict[str, int]

    @property
    def table(self) -> str:
        return "".join(f"{name}\t{CASES[name].host}\t{port}\n" for name, port in self.ports.items())

    def each(self, ask: Callable[[str, int], str]) -> dict[str, str]:
        return {name: ask(CASES[name].host, port) for name, port in self.ports.items()}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("clients")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SOPHIA_NOW", raising=False)  # clients go by the machine's clock
        pems = {name: served(name, case, folder / "ca") for name, case in CASES.items()}
    with TlsServers(pems, folder) as ports:
        yield Servers(folder / "ca" / "root.pem", ports)


def needs(program: str) -> str:
    return shutil.which(program) or pytest.skip(f"there is no {program} on this machine")


def ran(command: list[str], stdin: str = "") -> str:
    """Run a client; return `ok`, or what it said."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)
    return "ok" if done.returncode == 0 else done.stdout + done.stderr


def table_of(command: list[str], servers: Servers) -> dict[str, str]:
    """Run a client once over all cases."""
    done = subprocess.run(command, input=servers.table, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


def is_address(host: str) -> bool:
    return names.address(host) is not None


def by_openssl(servers: Servers, _folder: Path) -> dict[str, str]:
    openssl = needs("openssl")

    def ask(host: str, port: int) -> str:
        named = ["-verify_ip" if is_address(host) else "-verify_hostname", host]
        strict = ["-x509_strict", "-verify_return_error", "-purpose", "sslserver", "-brief"]
        return ran(
            [openssl, "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(servers.root), *strict, *named]
        )

    return servers.each(ask)


def by_python(servers: Servers, _folder: Path) -> dict[str, str]:
    context = ssl.create_default_context(cafile=str(servers.root))
    context.verify_flags |= ssl.VERIFY_X509_STRICT

    def ask(host: str, port: int) -> str:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
            try:
                context.wrap_socket(plain, server_hostname=host).close()
            except ssl.SSLError as error:
                return str(error)
        return "ok"

    return servers.each(ask)


def by_go(servers: Servers, _folder: Path) -> dict[str, str]:
    return table_of([needs("go"), "run", str(HERE / "main.go"), str(servers.root)], servers)


def by_java(servers: Servers, _folder: Path) -> dict[str, str]:
    needs("javac")  # a file is run as source by a JDK alone
    return table_of([needs("java"), str(HERE / "Main.java"), str(servers.root)], servers)


def by_gnutls(servers: Servers, _folder: Path) -> dict[str, str]:
    gnutls = needs("gnutls-cli")

    def ask(host: str, port: int) -> str:
        named = ["--verify-hostname", host, *([] if is_address(host) else ["--sni-hostname", host])]
        return ran([gnutls, "--x509cafile", str(servers.root), *named, "-p", str(port), "127.0.0.1"])

    return servers.each(ask)


def by_nss(servers: Servers, folder: Path) -> dict[str, str]:
    certutil, tstclnt, database = needs("certutil"), needs("tstclnt"), f"sql:{folder}"
    assert ran([certutil, "-N", "-d", database, "--empty-password"]) == "ok"
    assert ran([certutil, "-A", "-d", database, "-n", "root", "-t", "C,,", "-i", str(servers.root)]) == "ok"

    def ask(host: str, port: int) -> str:
        return ran([tstclnt, "-d", database, "-h", "127.0.0.1", "-p", str(port), "-a", host, "-Q"])

    return servers.each(ask)


@pytest.mark.parametrize("client", [by_openssl, by_python, by_go, by_java, by_gnutls, by_nss])
def test_a_client_takes_every_certificate_and_no_forgery(
    client: Callable[[Servers, Path], dict[str, str]], servers: Servers, tmp_path: Path
) -> None:
    said = client(servers, tmp_path)
    refused = {name: said[name] for name in TAKEN if said[name] != "ok"}
    assert refused.keys() <= UNABLE.get(client.__name__, set()), refused
    assert {name for name in REFUSED if said[name] == "ok"} == set()
