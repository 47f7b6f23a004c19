"""What an issuer has issued, in its store: a folder a label, a file a certificate, oldest first.

issued/<label>/<sequence>-<generation>-<hash of public key>.pem    leaf, intermediates, root
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sophia_infra.tls.certificates import Certificate, UnreadableError
from sophia_infra.tls.issuers import Issued, IssuerError, Order
from sophia_infra.tls.issuers.store import Store

_PEM_END = "-----END CERTIFICATE-----\n"
_FILE = re.compile("[0-9]{6,}-[0-9]+-[0-9a-f]{64}[.]pem")


@dataclass(frozen=True, slots=True)
class Books:
    """The certificates in one folder of a store. What writes needs the store's lock; reading does not.

    `has_root` says whether the last certificate of a file is the root, which stands apart.
    """

    store: Store
    folder: str
    has_root: bool = True

    def latest(self) -> Issued | None:
        """Return the certificate issued last, or None."""
        names = self.names()
        return self.read(names[-1]) if names else None

    def chains(self) -> set[str]:
        """Return the intermediates of all that was issued."""
        return {self._split(self.store.read(name))[1] for name in self.names()}

    def answer(self, order: Order) -> Issued | None:
        """Return what was issued for an order before, or None where it is to be issued.

        Raises:
            IssuerError: another order went out since this one was planned.
        """
        names, tail = self.names(), _tail(order)
        if done := [name for name in names if name.endswith(tail)]:
            return self.read(done[-1])
        if order.base != (self.read(names[-1]).base if names else ""):
            told = f"{order.label}: another run has ordered a certificate since this one was planned; preview again"
            raise IssuerError(told, code="base-moved")
        return None

    def add(self, order: Order, pem: str) -> Issued:
        """Enter what was issued for an order."""
        name = f"{self.folder}/{len(self.names()) + 1:06d}{_tail(order)}"
        self.store.write(name, pem)
        return self.read(name)

    def read(self, name: str) -> Issued:
        """Return the certificate in a file; its facts are None where it is damaged."""
        leaf, chain, root = self._split(self.store.read(name))
        generation = int(Path(name).name.split("-")[1])
        try:
            return Issued(generation, Certificate.read(leaf), leaf, chain, root)
        except UnreadableError:
            return Issued(generation, None, leaf, chain, root)

    def names(self) -> list[str]:
        """Return the files, oldest first; what others have put beside them is none of them."""
        return [name for name in self.store.names(self.folder) if _FILE.fullmatch(Path(name).name)]

    def _split(self, text: str) -> tuple[str, str, str]:
        """Return leaf, intermediates and root; whatever is missing is empty."""
        leaf, *others = [part + _PEM_END for part in text.split(_PEM_END)[:-1]] or [""]
        root = others[1:] if self.has_root else []
        return leaf, "".join(others[:1] if self.has_root else others), "".join(root)


def _tail(order: Order) -> str:
    return f"-{order.generation}-{order.request.public_key_sha256}.pem"
