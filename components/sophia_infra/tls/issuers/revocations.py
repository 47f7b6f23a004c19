"""What the embedded CA revoked: one register, and the revocation lists made from it."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags

from sophia_infra.tls.issuers import IssuerError, profile
from sophia_infra.tls.issuers.store import Store

REGISTER = "revoked.json"
REASONS = tuple(sorted(flag.value for flag in ReasonFlags if flag is not ReasonFlags.remove_from_crl))


@dataclass(frozen=True, slots=True)
class Revocations:
    """The register in a store. Writing needs the store's lock."""

    store: Store

    def reason(self, serial_number: str) -> str:
        """Return why a certificate was revoked, empty when it was not.

        Raises:
            IssuerError: the register can't be read.
        """
        entry = self._register()["certificates"].get(serial_number)
        return str(entry["reason"]) if entry else ""

    def add(self, serial_number: str, reason: str, signer: str, authority: profile.Authority, now: datetime) -> None:
        """Enter a certificate, once, and write the list of the authority in the file `signer`, which signed it."""
        register = self._register()
        entry = {"at": now.isoformat(), "reason": reason, "signer": signer}
        register["certificates"].setdefault(serial_number, entry)
        register["number"] += 1
        self.store.write(REGISTER, json.dumps(register, indent=1) + "\n")
        listed = [
            profile.Revoked(int(serial, 16), datetime.fromisoformat(one["at"]), one["reason"])
            for serial, one in register["certificates"].items()
            if one["signer"] == signer
        ]
        crl = profile.make_crl(authority, listed, register["number"], now)
        self.store.write(f"crl/{PurePath(signer).name}", crl.public_bytes(Encoding.PEM).decode())

    def _register(self) -> dict[str, Any]:
        text = self.store.read(REGISTER) or '{"number": 0, "certificates": {}}'
        try:
            register = json.loads(text)
            return {"number": int(register["number"]), "certificates": dict(register["certificates"])}
        except (ValueError, KeyError, TypeError):
            raise IssuerError(
                f"{self.store.path / REGISTER} can't be read, so nobody can tell what was revoked; restore it"
            ) from None


def expect_reason(reason: str) -> None:
    """Refuse a reason that RFC 5280 section 5.3.1 does not know.

    Raises:
        IssuerError: with the reasons that may be given.
    """
    if reason not in REASONS:
        raise IssuerError(f"{reason!r} is not a reason for revoking; the reasons are {', '.join(REASONS)}")
