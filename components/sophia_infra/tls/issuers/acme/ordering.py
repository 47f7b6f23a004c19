"""From an order to a certificate, step by step. What a killed run left is found in the store, and finished or removed.

ordered.json    the URL of the order that is under way, what it is for, and when it was placed, in seconds since 1970
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from acme.messages import Authorization
from acme.messages import Order as AcmeOrder

from sophia_infra import clock
from sophia_infra.dns.renewals import LABELS
from sophia_infra.dns.renewals.persist import Allowance
from sophia_infra.dns.rr.txt import encode
from sophia_infra.reporter import STDERR
from sophia_infra.tls.certificates import Certificate, UnreadableError
from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings
from sophia_infra.tls.challenges import Proof, leftovers, open_solver
from sophia_infra.tls.issuers import Access, IssuerError, Order
from sophia_infra.tls.issuers.acme.problems import kind_of, words
from sophia_infra.tls.issuers.acme.session import Session
from sophia_infra.tls.issuers.store import Store
from sophia_infra.tls.names import address, base, normalize
from sophia_infra.values import is_list, listed, shown

ORDERED = "ordered.json"
_VALUE = re.compile(r"[!-:<-~]+")
STANDS = 86400.0
"""For how many seconds a run goes on with an order of one before."""
NOT_REPLACED = ("alreadyReplaced", "conflict", "malformed", "serverInternal", "unauthorized")
"""How a CA refuses an order for what it replaces (RFC 9773 section 5), by type: another one, or no longer known."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """One order at an ACME CA. The store MUST be locked."""

    store: Store
    session: Session
    challenge: ChallengeSettings
    access: Access
    profile: str = ""
    replaces: str = ""
    """Identifies the certificate before it, as `renewal_info.identifier`; empty for none."""

    def certificate(self, order: Order) -> str:
        """Return the certificate and its intermediates in PEM; an order that is under way is gone on with.

        Raises:
            IssuerError: the CA or a name's proof refuses it; nothing is issued, and no proof is left.
        """
        meant = {"key": order.request.public_key_sha256, "domains": list(order.domains), "profile": self.profile}
        if url := self._under_way(meant):
            try:
                return self._finished(url, order)
            except IssuerError:
                if self.store.read(ORDERED):
                    raise  # else it has ended: the CA looked for proofs that went with the run before
        return self._finished(self._place(order, meant), order)

    def _finished(self, url: str, order: Order) -> str:
        found = self.session.look(url, AcmeOrder)
        if _status(found) == "pending":
            self._show(found, order)
            found = self.session.look(url, AcmeOrder, until=lambda order: _status(order) != "pending")
        if _status(found) == "ready":
            self.session.finalize(found, order.csr_pem)
        found = self.session.look(url, AcmeOrder, until=lambda order: _status(order) not in ("ready", "processing"))
        if _status(found) != "valid":
            raise self._failed(found)
        pem = self.session.certificate(found)
        try:
            _refuse_another(pem, order, self.session.host)
        except IssuerError:
            self.close()  # it would bring the same for ever
            raise
        return pem

    def close(self) -> None:
        """Forget the order that was under way: what came of it is in the books."""
        self.store.remove(ORDERED)

    def _place(self, order: Order, meant: dict[str, Any]) -> str:
        replaces = self.replaces if self.session.suggests else ""
        try:
            url = self.session.place(order.domains, self.profile, replaces)
        except IssuerError as error:
            if not replaces or error.value not in NOT_REPLACED:
                raise
            STDERR.say_once(f"{error}; ordered again, and not as a replacement: rate limits count it")
            url = self.session.place(order.domains, self.profile)
        self.store.write(ORDERED, json.dumps({**meant, "url": url, "at": clock.now().timestamp()}))
        return url

    def _under_way(self, meant: dict[str, Any]) -> str:
        """Return the order of a day's runs that is for the same, and that the CA still stands by; empty for none."""
        noted = _read(self.store, ORDERED)
        url, at = str(noted.pop("url", "")), noted.pop("at", None)
        is_young = isinstance(at, float) and abs(clock.now().timestamp() - at) < STANDS
        if not url or not is_young or noted != meant:
            return ""
        try:
            return "" if _status(self.session.look(url, AcmeOrder)) == "invalid" else url
        except IssuerError:
            if self.session.is_busy:
                raise
            return ""  # it has ended, was another account's, or lies where the CA no longer is

    def _show(self, found: AcmeOrder, order: Order) -> None:
        """Show what the CA asks for at each name that it does not know as ours, until it has looked at all of them."""
        open_ones = [(url, self.session.look(url, Authorization)) for url in found.authorizations]
        open_ones = [(url, asked) for url, asked in open_ones if _status(asked) == "pending"]
        self._refuse_strange([asked.identifier.value for _, asked in open_ones], order)
        challenges = [self._challenge_of(asked) for _, asked in open_ones]
        proofs = [self._proof(asked, challenge) for (_, asked), challenge in zip(open_ones, challenges, strict=True)]
        solver, journal = open_solver(self.challenge, self.access.credentials, self.access.resolvers), self.access.book
        leftovers.note(journal, order.label, self.challenge, proofs)
        try:
            solver.present(proofs)
            for challenge in (each for each in challenges if _status(each) == "pending"):
                self.session.answer(challenge.uri)
            for (url, _), proof in zip(open_ones, proofs, strict=True):
                found_out = self.session.look(url, Authorization, until=lambda asked: _status(asked) != "pending")
                self._refuse_unproven(found_out, proof)
        finally:
            if self.challenge.leaves:
                leftovers.remove(journal, order.label, self.access.credentials)
            else:
                solver.remove(proofs)

    def _refuse_strange(self, names: list[str], order: Order) -> None:
        """Refuse to show that a name is ours which was not ordered: what is shown, a CA may sign for."""
        ordered = {*map(base, order.domains)}
        if strange := [name for name in names if str(address(name) or name).lower() not in ordered]:
            told = f"{self.session.host} wants a proof for {shown(strange[0])}, which was not ordered; ask the CA"
            raise IssuerError(told, code="acme-answer", subject=self.session.host)

    def _proof(self, asked: Authorization, challenge: Any) -> Proof:
        name, told = asked.identifier.value, challenge.to_json()
        if self.challenge.kind is ChallengeKind.DNS_PERSIST_01:
            issuers = told.get("issuer-domain-names")
            issuer = issuers[0] if is_list(issuers) and issuers else None
            return Proof(name, "", allowance(issuer, self.session.account, wildcard=bool(asked.wildcard)))
        token = str(told.get("token") or "")
        return Proof(name, token, self.session.key_authorization(token))

    def _challenge_of(self, asked: Authorization) -> Any:
        offered = {each.to_json().get("type"): each for each in asked.challenges}  # some are unknown to `acme`
        kind, name = str(self.challenge.kind), asked.identifier.value
        if found := offered.get(kind):
            return found
        instead = f"but {', '.join(sorted(map(str, offered)))}; give another challenge"
        told = f"{self.session.host} does not take {kind} for {name}, {instead}"
        raise IssuerError(told, code="challenge", field="challenge.kind", subject=name, value=kind)

    def _refuse_unproven(self, asked: Authorization, proof: Proof) -> None:
        """Refuse where the CA did not find a proof."""
        if _status(asked) == "valid":
            return
        self.close()
        error = next((challenge.error for challenge in asked.challenges if challenge.error), None)
        why, kind = _why(asked, error)
        name, look = asked.identifier.value, "look at what it finds there"
        if self.challenge.kind is ChallengeKind.DNS_PERSIST_01:
            look = f"let {LABELS[self.challenge.kind]}.{name} have the TXT record {encode(proof.content)}"
        told = f"{self.session.host} did not find the proof for {name} by {self.challenge.kind}"
        raise IssuerError(f"{told}: {why}; {look}, and run again", code="challenge-failed", subject=name, value=kind)

    def _failed(self, found: AcmeOrder) -> IssuerError:
        self.close()
        why, kind = _why(found, found.error)
        told = f"{self.session.host} did not sign: {why}; run again"
        return IssuerError(told, code="acme-refused", subject=self.session.host, value=kind)


def allowance(issuer: object, account: str, *, wildcard: bool) -> str:
    """Return what lets an account order at an issuer, whose name comes from the CA; `wildcard` is for all below too.

    Raises:
        IssuerError: the CA gave no name, or an account that can't stand in such a record.
    """
    try:
        name = normalize(issuer) if isinstance(issuer, str) else ""
    except ValueError:
        name = ""
    if not name or not _VALUE.fullmatch(account):
        told = f"the CA names itself {shown(issuer)} and the account {shown(account)}; no record may say so"
        raise IssuerError(told, code="acme-answer", subject=str(name))
    return str(Allowance(name, account, wildcard))


def _read(store: Store, name: str) -> dict[str, Any]:
    with suppress(ValueError):
        found = json.loads(store.read(name))
        return found if isinstance(found, dict) else {}
    return {}


def _status(found: Any) -> str:
    return str(found.status.name)


def _why(found: Any, error: Any) -> tuple[str, str]:
    """Return why a CA does not go on, in its words and by the type of the problem; else the status, for both."""
    return (words(error), kind_of(error)) if error else (_status(found), _status(found))


def _refuse_another(pem: str, order: Order, host: str) -> None:
    """Refuse a certificate that is not for the key and the names of an order."""
    try:
        facts = Certificate.read(pem)
    except UnreadableError as error:
        raise IssuerError(f"{host} sent {error}", code="acme-answer", subject=host) from None
    if facts.public_key_sha256 != order.request.public_key_sha256 or set(facts.domains) != set(order.domains):
        told = f"{host} sent a certificate for other names or another key than were ordered"
        way_out = (
            f"if these names are yours, write them into domains, else ask the CA: {shown(listed(facts.domains, 5))}"
        )
        raise IssuerError(f"{told}; {way_out}", code="acme-answer", subject=host)
