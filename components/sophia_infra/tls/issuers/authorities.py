"""The root and the intermediates of the embedded CA, and what they revoked.

An authority and its key are one file, so that neither is ever alone.
"""

import json
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sophia_infra.credentials import fetch
from sophia_infra.reporter import STDERR
from sophia_infra.tls.certificates import mark
from sophia_infra.tls.issuers import IssuerError, profile
from sophia_infra.tls.issuers.store import Store
from sophia_infra.tls.when.renewal import list_due

PASSPHRASE = "SOPHIA_CA_PASSPHRASE"  # noqa: S105  # the name of a variable
FOLDER = "authorities"
ROOT = f"{FOLDER}/root.pem"
PUBLIC_ROOT = "root.pem"
REGISTER = "revoked.json"
REASONS = tuple(sorted(flag.value for flag in x509.ReasonFlags if flag is not x509.ReasonFlags.remove_from_crl))
_INTERMEDIATE = f"{FOLDER}/intermediate-"
_LISTS = "crl"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_PEM_BEGIN = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Authorities:
    """The authorities in a store. Writing needs the store's lock; looking one up does not."""

    store: Store

    def root(self) -> profile.Authority | None:
        """Return the root, or None while there is none.

        Raises:
            IssuerError: it is damaged, or the passphrase is not its own; so do the other methods.
        """
        return self.open(ROOT) if self.store.read(ROOT) else None

    def make_root(self, now: datetime) -> profile.Authority:
        """Make the root; one that it follows stays beside it, with its key."""
        if before := self.store.read(ROOT):
            self.store.write(f"{FOLDER}/root-{mark(certificate_part(before))}.pem", before)
        key = ec.generate_private_key(ec.SECP384R1())
        return self._keep(ROOT, profile.Authority(profile.make_root(key, now), key))

    def publish_root(self) -> None:
        """Put the root's certificate where clients find it, without its key; another one there stays beside it."""
        before = self.anchor()
        if self.root_pem() == before:
            return
        if before:
            self.store.write(f"root-{mark(before) or 'damaged'}.pem", before)
        self.store.write(PUBLIC_ROOT, self.root_pem())

    def anchor(self) -> str:
        """Return the root's certificate as clients find it; empty while there is none."""
        return self.store.read(PUBLIC_ROOT)

    def root_pem(self) -> str:
        """Return the root's certificate, empty while there is none. Needs no passphrase."""
        return self._pem(ROOT)

    def intermediate(
        self, root: profile.Authority, permitted: tuple[str, ...], ends: datetime, now: datetime
    ) -> profile.Authority:
        """Return the intermediate that may sign for these names until `ends`; where there is none, make one."""
        constraints = profile.name_constraints(permitted)
        names = [name for name in self.store.names(FOLDER) if name.startswith(_INTERMEDIATE)]
        for name in reversed(names):
            known = self._certificate(name)
            ours = known.issuer == root.certificate.subject and constraints in [each.value for each in known.extensions]
            if ours and known.not_valid_before_utc <= now and known.not_valid_after_utc >= ends:
                return self.open(name)
        key = ec.generate_private_key(ec.SECP256R1())
        made = profile.Authority(profile.make_intermediate(key, root, constraints, now), key)
        return self._keep(f"{_INTERMEDIATE}{len(names) + 1:06d}.pem", made)

    def reason(self, serial_number: str) -> str:
        """Return why a certificate was revoked, empty when it was not."""
        entry = self._register()["certificates"].get(serial_number)
        return str(entry["reason"]) if entry else ""

    def revoke(self, serial_number: str, reason: str, authority_pem: str, now: datetime) -> None:
        """Enter a certificate in the register, once, and write the revocation list of the authority that signed it."""
        signer = self._file_of(authority_pem)
        authority, register = self.open(signer), self._register()
        entry = {"at": now.isoformat(), "reason": reason, "signer": signer}
        register["certificates"].setdefault(serial_number, entry)
        self._write_list(signer, authority, register, now)

    def list_ends(self, chains: Callable[[], Collection[str]], now: datetime) -> datetime | None:
        """Return until when the revocation lists of authorities hold, as their PEM, while these are valid themselves.

        None stands for no list, and long ago for a damaged one. `chains` is asked only where there are lists.
        """
        lists = self._lists(now)
        ours = chains() if lists else ()
        return min((ends for signer, ends in lists.items() if self._pem(signer) in ours), default=None)

    def lists(self) -> tuple[str, ...]:
        """Return the revocation lists, in PEM."""
        return tuple(map(self.store.read, self.store.names(_LISTS)))

    def renew_lists(self, now: datetime) -> None:
        """Sign anew the lists that are due, of authorities that are still valid; tell which can't be, and go on."""
        for signer, ends in self._lists(now).items():
            if not list_due(ends, now):
                continue
            try:
                authority = self.open(signer)
            except IssuerError as error:
                list_path = self.store.path / _LISTS / PurePath(signer).name
                STDERR.say_once(f"{list_path} is due, but can't be signed anew: {error}")
                continue
            self._write_list(signer, authority, self._register(), now)

    def _lists(self, now: datetime) -> dict[str, datetime]:
        """Return until when the revocation list of each authority holds that has one, and is there and valid itself."""
        signers = {f"{FOLDER}/{PurePath(name).name}": name for name in self.store.names(_LISTS)}
        return {
            signer: self._list_ends(name)
            for signer, name in signers.items()
            if self.store.read(signer) and not self._is_over(signer, now)
        }

    def _is_over(self, signer: str, now: datetime) -> bool:
        """Whether an authority's time is over; needs no key. One that is damaged is not: opening it says so."""
        try:
            return self._certificate(signer).not_valid_after_utc <= now
        except IssuerError:
            return False

    def _list_ends(self, name: str) -> datetime:
        try:
            return x509.load_pem_x509_crl(self.store.read(name).encode()).next_update_utc or _LONG_AGO
        except ValueError:
            return _LONG_AGO

    def _write_list(self, signer: str, authority: profile.Authority, register: dict[str, Any], now: datetime) -> None:
        """Write the register, and then the revocation list of one authority from it."""
        register["number"] += 1
        self.store.write(REGISTER, json.dumps(register, indent=1) + "\n")
        revoked = [
            profile.crl_entry(int(serial, 16), datetime.fromisoformat(entry["at"]), entry["reason"])
            for serial, entry in register["certificates"].items()
            if entry["signer"] == signer
        ]
        crl = profile.make_crl(authority, revoked, register["number"], now)
        self.store.write(f"{_LISTS}/{PurePath(signer).name}", crl.public_bytes(Encoding.PEM).decode())

    def open(self, name: str) -> profile.Authority:
        """Return the authority in a file."""
        certificate, text = self._certificate(name), self.store.read(name)
        try:
            key = load_pem_private_key(text.removesuffix(certificate_part(text)).encode(), passphrase())
        except (ValueError, TypeError):
            raise self._unreadable(name) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            told = f"{self.store.path / name} holds no elliptic-curve key; restore the folder"
            raise IssuerError(told, code="authority-unreadable", subject=name)
        return profile.Authority(certificate, key)

    def _file_of(self, authority_pem: str) -> str:
        for name in self.store.names(FOLDER):
            if self._pem(name) == authority_pem:
                return name
        told = f"the authority that signed it is missing in {self.store.path}; restore the folder"
        raise IssuerError(told, code="authority-missing", subject=str(self.store.path))

    def _register(self) -> dict[str, Any]:
        text = self.store.read(REGISTER) or '{"number": 0, "certificates": {}}'
        try:
            register = json.loads(text)
            return {"number": int(register["number"]), "certificates": dict(register["certificates"])}
        except (ValueError, KeyError, TypeError):
            told = f"{self.store.path / REGISTER} can't be read, so nobody can tell what was revoked; restore it"
            raise IssuerError(told, code="authority-unreadable", subject=REGISTER) from None

    def _pem(self, name: str) -> str:
        return certificate_part(self.store.read(name))

    def _certificate(self, name: str) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self._pem(name).encode())
        except ValueError:
            raise self._unreadable(name) from None

    def _unreadable(self, name: str) -> IssuerError:
        told = f"{self.store.path / name} can't be opened: it is damaged, or {PASSPHRASE} is not the passphrase it was"
        way_out = "made with (it must be unset where there was none); restore the folder where it is damaged"
        return IssuerError(f"{told} {way_out}", code="authority-unreadable", subject=name)

    def _keep(self, name: str, authority: profile.Authority) -> profile.Authority:
        secret = passphrase()
        encryption = BestAvailableEncryption(secret) if secret else NoEncryption()
        key = authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
        self.store.write(name, key + authority.certificate.public_bytes(Encoding.PEM).decode())
        return authority


def certificate_part(text: str) -> str:
    """Return what stands from the first certificate on; all of the text when there is none."""
    return text[max(text.find(_PEM_BEGIN), 0) :]


def passphrase() -> bytes | None:
    """Return what encrypts the keys, None where nothing does. CredentialError: it refers to nothing."""
    return fetch(PASSPHRASE, os.environ.get).encode() or None
