"""The certificates of the embedded CA, field by field after RFC 5280. Pure: keys, names and times come as arguments."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID

from sophia_infra.tls import keys, names
from sophia_infra.tls.when.renewal import LIST_LIFETIME

ROOT_LIFETIME = timedelta(days=3650)
INTERMEDIATE_LIFETIME = timedelta(days=1095)
BACKDATE = timedelta(hours=1)  # clients whose clock is slow; a very short certificate gives up a tenth at most
ANY_ADDRESS = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
NO_ADDRESS = {4: ipaddress.ip_network(f"{':'.join(8 * ['ffff'])}/128"), 6: ipaddress.ip_network("255.255.255.255/32")}
"""What stands for the other family where one is permitted, by its version: addresses to all, which no host has."""
SECOND = timedelta(seconds=1)
_USAGES = (
    "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
    " key_cert_sign crl_sign encipher_only decipher_only"
)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA certificate and the private key that signs for it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Return a self-signed root that may have intermediates below it, but no deeper."""
    public = key.public_key()
    name = _name("root", public)
    builder = _start(name, name, public, _times(now, ROOT_LIFETIME, BACKDATE))
    return _as_authority(builder, path_length=1).sign(key, hashes.SHA384())


def make_intermediate(
    key: ec.EllipticCurvePrivateKey, root: Authority, constraints: x509.NameConstraints, now: datetime
) -> x509.Certificate:
    """Return an intermediate that signs server certificates within its constraints, and never outlives its root."""
    public = key.public_key()
    begins, ends = _times(now, INTERMEDIATE_LIFETIME, BACKDATE)
    window = begins, min(ends, root.certificate.not_valid_after_utc)
    builder = _start(_name("intermediate", public), root.certificate.subject, public, window)
    builder = _as_authority(builder, path_length=0).add_extension(_authority_key_id(root), critical=False)
    builder = builder.add_extension(constraints, critical=True).add_extension(_server_auth(), critical=False)
    return builder.sign(root.key, hashes.SHA384())


def make_leaf(
    public: CertificatePublicKeyTypes,
    domains: tuple[str, ...],
    authority: Authority,
    window: tuple[datetime, datetime],
) -> x509.Certificate:
    """Return a server certificate; the subject is empty, and the names critical, where no name fits it."""
    subject = keys.subject_name(domains)
    usage = {"digital_signature": True, "key_encipherment": isinstance(public, rsa.RSAPublicKey)}
    return (
        _start(subject, authority.certificate.subject, public, window)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(**usage), critical=True)
        .add_extension(_server_auth(), critical=False)
        .add_extension(keys.alternative_names(domains), critical=not list(subject))
        .add_extension(_authority_key_id(authority), critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def make_crl(
    authority: Authority, revoked: Iterable[x509.RevokedCertificate], number: int, now: datetime
) -> x509.CertificateRevocationList:
    """Return the revocation list of one authority (RFC 5280 section 5); numbers must only grow."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(_whole(now))
        .next_update(_whole(now) + LIST_LIFETIME)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_authority_key_id(authority), critical=False)
    )
    for entry in revoked:
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.key, hashes.SHA256())


def crl_entry(serial: int, at: datetime, reason: str) -> x509.RevokedCertificate:
    """Return one line of a revocation list; `reason` is a word of RFC 5280 section 5.3.1, such as `keyCompromise`."""
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_whole(at))
    flag = x509.ReasonFlags(reason)
    if flag is not x509.ReasonFlags.unspecified:
        builder = builder.add_extension(x509.CRLReason(flag), critical=False)
    return builder.build()


def leaf_times(now: datetime, lifetime: timedelta) -> tuple[datetime, datetime]:
    """Return the validity of a leaf: `lifetime` in all, the backdated start and both ends included."""
    return _times(now, lifetime, min(BACKDATE, lifetime / 10))


def name_constraints(permitted: tuple[str, ...]) -> x509.NameConstraints:
    """Return constraints that allow these domains and networks and nothing else.

    A kind of name that is not permitted at all must be excluded by name, else it would be free (RFC 5280 section
    4.2.1.10; the CA/Browser Forum's Baseline Requirements section 7.1.2.5 show how). Where one family of addresses is
    permitted, the other one is given an address that no host has: left out, GnuTLS takes it as free, and excluded, Java
    17 compares the first with it and refuses both.
    """
    networks = sorted(_networks(permitted), key=str)
    domains = sorted(set(permitted) - {str(network) for network in networks})
    excluded: list[x509.GeneralName] = [] if domains else [x509.DNSName("")]
    excluded += [] if networks else map(x509.IPAddress, ANY_ADDRESS)
    if len({network.version for network in networks}) == 1:
        networks.append(NO_ADDRESS[networks[0].version])
    allowed = [*map(x509.DNSName, domains), *map(x509.IPAddress, networks)]
    return x509.NameConstraints(permitted_subtrees=allowed or None, excluded_subtrees=excluded or None)


def subtrees(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Return the smallest constraint set that the names of one certificate need."""
    addresses = [ip for ip in map(names.address, domains) if ip]
    bases = {names.base(name) for name in domains if not names.address(name)}
    tops = [name for name in bases if not any(names.within(name, other) for other in bases - {name})]
    return (*sorted(tops), *sorted(str(ipaddress.ip_network(ip)) for ip in addresses))


def outside(domains: tuple[str, ...], permitted: tuple[str, ...]) -> list[str]:
    """Return the names that lie in none of the permitted domains and networks."""
    networks = _networks(permitted)
    tops = set(permitted) - {str(network) for network in networks}
    return [name for name in domains if not _inside(name, tops, networks)]


def _inside(name: str, tops: set[str], networks: list[Any]) -> bool:
    found = names.address(name)
    return any(found in network for network in networks) if found else any(names.within(name, top) for top in tops)


def _networks(permitted: tuple[str, ...]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(subtree) for subtree in permitted if "/" in subtree]


def _start(
    subject: x509.Name, issuer: x509.Name, public: CertificatePublicKeyTypes, window: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    begins, ends = window
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _as_authority(builder: x509.CertificateBuilder, path_length: int) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    return builder.add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)


def _key_usage(**usages: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**dict.fromkeys(_USAGES.split(), False) | usages)


def _authority_key_id(authority: Authority) -> x509.AuthorityKeyIdentifier:
    found = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)


def _server_auth() -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def _name(role: str, public: CertificatePublicKeyTypes) -> x509.Name:
    """Two authorities never share a name: chains would be ambiguous."""
    mark = x509.SubjectKeyIdentifier.from_public_key(public).digest.hex()[:8]
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Sophia embedded CA {role} {mark}")])


def _times(now: datetime, lifetime: timedelta, backdate: timedelta) -> tuple[datetime, datetime]:
    begins = _whole(now - backdate)
    return begins, begins + lifetime - SECOND


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
