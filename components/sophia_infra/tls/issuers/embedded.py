"""A certificate authority in a folder: one root, and below it intermediates that may sign for few names only.

root.pem, root-*.pem                        the root's certificate, for clients to trust; those that were before it
authorities/root.pem, intermediate-*.pem    a key and its certificate; root-*.pem there is a root that was given up
issued/                                     what was issued, see `books`
revoked.json, crl/*.pem                     what was revoked, and the lists made from it
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from sophia_infra import clock
from sophia_infra.home import FOLDER, home
from sophia_infra.tls.certificates import Certificate, mark
from sophia_infra.tls.issuers import Issued, IssuerError, Order, profile
from sophia_infra.tls.issuers.authorities import REASONS, Authorities
from sophia_infra.tls.issuers.books import Books
from sophia_infra.tls.issuers.store import Store, folder_of
from sophia_infra.tls.spec import KeyType
from sophia_infra.tls.when.suggestion import NO_SUGGESTION, Suggestion


@dataclass(frozen=True, slots=True)
class EmbeddedCa:
    """The issuer for development and private networks; see `Issuer` for the contract.

    `permitted` lists the domains and networks it may sign for; empty gives each certificate an intermediate that may
    sign for that certificate's own names only. `new_root` is the mark of a root that another one is to follow.
    """

    store: Store
    permitted: tuple[str, ...] = ()
    new_root: str = ""

    @classmethod
    def at(cls, folder: str = "", permitted: tuple[str, ...] = (), new_root: str = "") -> Self:
        """Return the CA in a folder, relative to the project; the default is `ca` in $SOPHIA_HOME, or `.sophia/ca`."""
        # The working folder, not the one of Pulumi.yaml: where they differ, a root that clients trust is there.
        return cls(Store(Path(folder) if folder else (home() or Path(FOLDER)) / "ca"), permitted, new_root)

    def latest(self, label: str) -> Issued | None:
        """Return the certificate issued last for a label, or None; changes nothing."""
        books = Books(self.store, folder_of(label))
        found = books.latest()
        return self._standing(found, books) if found else None

    def suggested(self, label: str, issued: Issued) -> Suggestion:
        """Suggest nothing: what it revokes is withdrawn."""
        del label, issued
        return NO_SUGGESTION

    def refuse_lost_root(self, root_pem: str) -> None:
        """Refuse where the root of a certificate is another one than the CA's, and is not given up."""
        lost = mark(root_pem)
        if lost and lost not in (mark(self.root_pem()), self.new_root):
            told = f"the CA in {self.store.path} has lost the key of its root {lost}, or never had it on this machine"
            way_out = f"put the folder back as it was, or {_new_root(lost)}"
            raise IssuerError(f"{told}; {way_out}", code="root-lost", field="issuer.new_root")

    def preflight(self, domains: tuple[str, ...], lifetime: timedelta) -> tuple[str, ...]:
        """Refuse names outside `permitted`, a passphrase that does not open the CA, a root that ends too soon."""
        if foreign := profile.outside(domains, self.permitted) if self.permitted else []:
            told, field = f"{foreign[0]!r} is outside what this CA may sign for", "issuer.permitted"
            way_out = f"({', '.join(self.permitted)}); add it to {field} or leave it out of domains"
            raise IssuerError(f"{told} {way_out}", code="outside-permitted", field=field)
        self._refuse_unfit_root(clock.now(), lifetime)
        return ()

    def issue(self, order: Order) -> Issued:
        """Issue a certificate, once for a label, a generation and a public key; sign lists anew that are due."""
        self.preflight(order.domains, order.lifetime)
        books, request = Books(self.store, folder_of(order.label)), order.request
        if (kind := request.key_type) not in list(KeyType):
            told = f"{order.label}: its request is for a key of the kind {kind}; this CA signs for {', '.join(KeyType)}"
            raise IssuerError(told, code="key-refused", subject=order.label, value=kind)
        with self.store.locked():
            self._authorities.renew_lists(clock.now())
            issued = books.answer(order) or books.add(order, self._sign(order, request.key))
            return self._standing(issued, books)

    def revoke(self, serial_number: str, reason: str = "unspecified") -> None:
        """Revoke a certificate and write the revocation list of the authority that signed it; doing it twice is once.

        `serial_number` is hex; `reason` a word of RFC 5280 section 5.3.1, such as `keyCompromise`.

        Raises:
            IssuerError: this CA issued no such certificate, or there is no such reason.
        """
        if reason not in REASONS:
            told = f"{reason!r} is not a reason for revoking; the reasons are {', '.join(REASONS)}"
            raise IssuerError(told, field="reason", value=reason)
        serial = serial_number.upper()
        with self.store.locked():
            self._authorities.revoke(serial, reason, self._find(serial).chain_pem, clock.now())

    def lists(self) -> tuple[str, ...]:
        """Return the list of each authority that has revoked."""
        return self._authorities.lists()

    def withdraw(self, certificate_pem: str, reason: str) -> None:
        """Revoke a certificate."""
        self.revoke(Certificate.read(certificate_pem).serial_number, reason)

    def root_pem(self) -> str:
        """Return the root's certificate, empty while there is none."""
        return self._authorities.root_pem()

    @property
    def _authorities(self) -> Authorities:
        return Authorities(self.store)

    def _standing(self, issued: Issued, books: Books) -> Issued:
        """Return a certificate with whether the CA still stands behind it, and until when clients can look that up.

        The lists of authorities that signed its former ones count: what these revoked must stay refused.
        """
        if issued.facts is None:
            return issued
        withdrawn = self._withdrawn(issued.facts.serial_number, issued.root_pem)
        return replace(issued, withdrawn=withdrawn, list_ends=self._authorities.list_ends(books.chains, clock.now()))

    def _withdrawn(self, serial_number: str, root: str) -> str:
        if reason := self._authorities.reason(serial_number):
            return f"revoked by its issuer ({reason})"
        if self._gives_up(root):
            return "its root is given up (issuer.new_root); clients must trust the new one"
        return "" if root == self.root_pem() else "the root of its issuer was replaced"

    def _sign(self, order: Order, public: CertificatePublicKeyTypes) -> str:
        now = clock.now()
        window = profile.leaf_times(now, order.lifetime)
        root = self._authorities.root()
        if root is None or self._gives_up(self.root_pem()):
            root = self._authorities.make_root(now)
        self._authorities.publish_root()
        permitted = self.permitted or profile.subtrees(order.domains)
        signer = self._authorities.intermediate(root, permitted, window[1], now)
        leaf = profile.make_leaf(public, order.domains, signer, window)
        chain = (leaf, signer.certificate, root.certificate)
        return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in chain)

    def _refuse_unfit_root(self, now: datetime, lifetime: timedelta) -> None:
        root = self._authorities.root()
        if root is None:
            self.refuse_lost_root(self._authorities.anchor())
        if root is None or self._gives_up(self.root_pem()):
            return
        begins, ends = root.certificate.not_valid_before_utc, root.certificate.not_valid_after_utc
        root_of, way_out = f"the root of the CA in {self.store.path}", _new_root(mark(self.root_pem()))
        if begins > now + clock.TOLERANCE:
            told = f"{root_of} begins on {begins:%Y-%m-%d}, and nothing below it is valid before"
            clocks = "set this machine's clock (SOPHIA_NOW too), or, where the root was made under a wrong clock"
            raise IssuerError(f"{told}; {clocks}, {way_out}", code="root-not-yet-valid")
        if ends < now + lifetime:
            told = f"{root_of} ends on {ends:%Y-%m-%d}, before the certificate would"
            raise IssuerError(f"{told}; {way_out}", code="root-ends-first")

    def _gives_up(self, root_pem: str) -> bool:
        return bool(self.new_root) and mark(root_pem) == self.new_root

    def _find(self, serial_number: str) -> Issued:
        books = Books(self.store, "issued/*")
        for name in books.names():
            issued = books.read(name)
            if issued.facts and issued.facts.serial_number == serial_number:
                return issued
        told = f"the CA in {self.store.path} has issued no certificate with the serial number {serial_number}"
        raise IssuerError(told, code="no-certificate", value=serial_number)


def _new_root(lost: str) -> str:
    return f"have a new root, which clients must trust: issuer={{'new_root': '{lost}'}}"
