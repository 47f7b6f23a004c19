"""The root and the intermediates of the embedded CA, each with its key in one file, so that neither is ever alone."""

import os
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sophia_infra.tls.issuers import IssuerError, profile
from sophia_infra.tls.issuers.store import Store

PASSPHRASE = "SOPHIA_CA_PASSPHRASE"  # noqa: S105  # the name of a variable
FOLDER = "authorities"
ROOT = f"{FOLDER}/root.pem"
PUBLIC_ROOT = "root.pem"
_PEM_BEGIN = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Authorities:
    """The authorities in a store. Making one needs the store's lock; looking one up does not."""

    store: Store

    def root(self) -> profile.Authority | None:
        """Return the root, or None while there is none.

        Raises:
            IssuerError: it is damaged, or the passphrase is not its own; so do the other methods.
        """
        return self.open(ROOT)

    def make_root(self, now: datetime) -> profile.Authority:
        """Make the root, once in the life of a folder."""
        key = ec.generate_private_key(ec.SECP384R1())
        return self._keep(ROOT, profile.Authority(profile.make_root(key, now), key))

    def publish_root(self) -> None:
        """Put the root's certificate where clients find it, without its key."""
        if self.root_pem() != self.store.read(PUBLIC_ROOT):
            self.store.write(PUBLIC_ROOT, self.root_pem())

    def root_pem(self) -> str:
        """Return the root's certificate, empty while there is none. Needs no passphrase."""
        return certificate_part(self.store.read(ROOT))

    def intermediate(
        self, root: profile.Authority, permitted: tuple[str, ...], ends: datetime, now: datetime
    ) -> profile.Authority:
        """Return the intermediate that may sign for these names until `ends`; where there is none, make one."""
        constraints = profile.name_constraints(permitted)
        names = self.store.names(FOLDER)
        fitting = (name for name in reversed(names) if name != ROOT and self._fits(name, root, constraints, ends))
        found = self.open(next(fitting, ""))
        if found:
            return found
        key = ec.generate_private_key(ec.SECP256R1())
        made = profile.Authority(profile.make_intermediate(key, root, constraints, now), key)
        return self._keep(f"{FOLDER}/intermediate-{len(names):06d}.pem", made)

    def signer(self, certificate_pem: str) -> str:
        """Return the name of the file that holds the authority with this certificate."""
        for name in self.store.names(FOLDER):
            if certificate_part(self.store.read(name)) == certificate_pem:
                return name
        raise IssuerError(f"the authority that signed it is missing in {self.store.path}; restore the folder")

    def open(self, name: str) -> profile.Authority | None:
        """Return the authority in a file, or None when there is no such file."""
        text = self.store.read(name) if name else ""
        if not text:
            return None
        part = certificate_part(text)
        try:
            certificate = x509.load_pem_x509_certificate(part.encode())
            key = load_pem_private_key(text.removesuffix(part).encode(), _passphrase())
        except (ValueError, TypeError):
            raise IssuerError(
                f"{self.store.path / name} can't be opened: it is damaged, or {PASSPHRASE} is not the passphrase it was"
                " made with (it must be unset where there was none)"
            ) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise IssuerError(f"{self.store.path / name} holds no elliptic-curve key; restore the folder")
        return profile.Authority(certificate, key)

    def _fits(self, name: str, root: profile.Authority, constraints: x509.NameConstraints, ends: datetime) -> bool:
        certificate = x509.load_pem_x509_certificate(certificate_part(self.store.read(name)).encode())
        allowed = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        ours = certificate.issuer == root.certificate.subject and allowed == constraints
        return ours and certificate.not_valid_after_utc >= ends

    def _keep(self, name: str, authority: profile.Authority) -> profile.Authority:
        passphrase = _passphrase()
        encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        key = authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
        self.store.write(name, key + authority.certificate.public_bytes(Encoding.PEM).decode())
        return authority


def certificate_part(text: str) -> str:
    """Return what stands from the first certificate on; all of the text when there is none."""
    return text[max(text.find(_PEM_BEGIN), 0) :]


def _passphrase() -> bytes | None:
    return os.environ.get(PASSPHRASE, "").encode() or None
