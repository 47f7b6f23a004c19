"""A CA that is asked by ACME (RFC 8555). What it issued is kept in the project's home, and in the stack's state.

acme/<host>-<mark of the directory>/<label>/issued/    what was issued, see `books`
acme/<host>-<mark of the directory>/<label>/*.json     what is under way, see `ordering`
acme/<host>-<mark of the directory>/<label>/account    the URI of the account that ordered last
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from sophia_infra import installation
from sophia_infra.home import FOLDER, home
from sophia_infra.tls import keys
from sophia_infra.tls.certificates import Certificate, UnreadableError
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.challenges import leftovers
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import NO_ACCESS, ORDER_SECONDS, Access, Issued, IssuerError, Order
from sophia_infra.tls.issuers.acme import directory
from sophia_infra.tls.issuers.acme.problems import GONE
from sophia_infra.tls.issuers.books import Books
from sophia_infra.tls.issuers.store import Store, folder_of
from sophia_infra.tls.revocation import REASONS
from sophia_infra.tls.when.suggestion import Suggestion

ISSUED, ACCOUNT = "issued", "account"


@dataclass(frozen=True, slots=True)
class AcmeIssuer:
    """The issuer for names in the DNS; see `Issuer` for the contract."""

    settings: IssuerSettings
    challenge: ChallengeSettings | None = None
    access: Access = NO_ACCESS

    def latest(self, label: str) -> Issued | None:
        """Return what this project's home knows to be issued last; changes nothing and asks nobody."""
        return self._books(label).latest()

    def suggested(self, label: str, issued: Issued) -> Suggestion:
        """Return when the CA would have a certificate renewed (ARI); it is asked as often as it says."""
        from sophia_infra.tls.issuers.acme.renewal_info import suggested

        return suggested(self.settings, self._store(label), issued)

    def refuse_lost_root(self, root_pem: str) -> None:
        """Refuse nothing: clients know the root by themselves, or it is not ours to keep."""

    def preflight(self, domains: tuple[str, ...], lifetime: timedelta) -> tuple[str, ...]:
        """Refuse a challenge that does not fit the names, and a CA that can't be asked or lacks the profile."""
        del lifetime  # the CA decides
        self._challenge_for(domains)
        if find_spec("acme") is None:
            told = f"orders by ACME need the library `acme`, which is not installed: {installation.command('acme')}"
            raise IssuerError(told, code="extra-missing", field="issuer.kind")
        return directory.look(self.settings)

    def issue(self, order: Order) -> Issued:
        """Issue a certificate, once for a label, a generation and a public key; go on with an order cut off."""
        challenge = self._challenge_for(order.domains)
        store, books = self._store(order.label), self._books(order.label)
        with store.locked():
            leftovers.remove(self.access.book, order.label, self.access.credentials)
            latest = books.latest()
            if order.standing and (latest is None or latest.generation < order.standing.generation):
                return books.add(order, order.standing.certificate_pem + order.standing.chain_pem)
            if latest and not order.base and latest.generation < order.generation:
                order = replace(order, base=latest.base)  # planned without these books, which lag behind the state
            if done := books.answer(order):
                return done
            return self._ordered(order, store, challenge)

    def lists(self) -> tuple[str, ...]:
        """Return none: they lie where certificates say."""
        return ()

    def withdraw(self, certificate_pem: str, reason: str) -> None:
        """Revoke a certificate, as the account that ordered it; where that is gone, by the certificate's own key."""
        from sophia_infra.tls.issuers.acme.session import Session

        try:
            Session.open(self.settings, self._key(), registers=False).revoke(certificate_pem, REASONS[reason])
        except IssuerError as error:
            own = keys.account_pem(self.access.certificate_key)
            if not own or not (error.code == "account" or error.value in GONE):
                raise
            Session(self.settings, own).revoke(certificate_pem, REASONS[reason])

    def _ordered(self, order: Order, store: Store, challenge: ChallengeSettings) -> Issued:
        from sophia_infra.tls.issuers.acme.ordering import Ordering  # most runs order nothing
        from sophia_infra.tls.issuers.acme.session import Session

        books, session = self._books(order.label), Session.open(self.settings, self._key(), self.access.binding)
        store.write(ACCOUNT, session.account)
        latest = books.latest()
        if latest is None or (order.replaced_pem and latest.generation < order.generation - 1):  # the books lag behind
            before = order.replaced_pem
        else:
            before = latest.certificate_pem
        ordering = Ordering(store, session, challenge, self.access, self.settings.profile, _replaceable(before, order))
        issued = books.add(order, ordering.certificate(order))
        ordering.close()
        return issued

    def account_of(self, label: str) -> str:
        """Return the URI of the account that the last order for a label went out by; empty where it is not known."""
        with suppress(IssuerError):
            return self._store(label).read(ACCOUNT)
        return ""

    def _key(self) -> str:
        if not self.access.account_key:
            way_out = "write issuer as a mapping with kind and directory in the program, and not as an output"
            raise IssuerError(f"there is no account to order with: {way_out}", code="account", field="issuer")
        return self.access.account_key

    def _challenge_for(self, domains: tuple[str, ...]) -> ChallengeSettings:
        if self.challenge is None:
            told = "challenge is missing: say how the CA is shown that the names are yours (docs/challenges.md)"
            raise IssuerError(told, code="challenge", field="challenge")
        if refusal := self.challenge.refusal(domains):
            raise IssuerError(f"{refusal}; give another challenge", code="challenge", field="challenge.kind")
        return self.challenge

    def _store(self, label: str) -> Store:
        mark = hashlib.sha256(self.settings.directory.encode()).hexdigest()[:8]
        host = directory.host_of(self.settings.directory).partition(":")[0]
        folder = (home() or Path(FOLDER)) / "acme" / f"{host}-{mark}" / Path(folder_of(label)).name
        return Store(folder, ORDER_SECONDS, "folder of ACME orders", "SOPHIA_HOME")

    def _books(self, label: str) -> Books:
        return Books(self._store(label), ISSUED, has_root=False)


def _replaceable(pem: str, order: Order) -> str:
    """Return what the CA knows the certificate before by; empty where it shares no name with the order.

    A CA refuses such an order (RFC 9773 section 5).
    """
    from sophia_infra.tls.issuers.acme.renewal_info import identifier

    with suppress(UnreadableError):
        return identifier(pem) if {*Certificate.read(pem).domains} & {*order.domains} else ""
    return ""
