"""A conversation with an ACME CA under one account (RFC 8555). Importing this loads `acme` and `josepy`: 0.9 s."""

import json
from collections.abc import Sequence
from typing import Self
from urllib.parse import urljoin

from acme import messages
from acme.challenges import KeyAuthorizationChallengeResponse
from acme.jws import JWS
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from josepy import json_util
from josepy.b64 import b64encode
from requests.utils import parse_header_links

from sophia_infra.reporter import STDERR
from sophia_infra.tls.certificates import leads_to
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Binding, IssuerError
from sophia_infra.tls.issuers.acme.connection import Connection, signer
from sophia_infra.tls.issuers.acme.problems import told
from sophia_infra.tls.names import address


class Replacement(messages.NewOrder):
    """A new order, with the fields of RFC 9773 section 5, for which `acme` has none: see `renewal_info.identifier`."""

    replaces: str | None = json_util.field("replaces", omitempty=True)


class Session(Connection):
    """What is asked of the CA by one key, as the account that `open` finds for it.

    Without an account the key may be that of a certificate, by whose word that one alone is revoked (section 7.6).
    """

    def __init__(self, settings: IssuerSettings, key: str) -> None:
        super().__init__(settings, key)
        self.account, self._chain = "", settings.chain

    @classmethod
    def open(
        cls, settings: IssuerSettings, account_key: str, binding: Binding | None = None, *, registers: bool = True
    ) -> Self:
        """Return a session under the account of a key; it is registered where it is not yet, unless that is forbidden.

        To name a directory is to agree to the CA's terms of service.

        Raises:
            IssuerError: the CA can't be reached, or refuses the account; so do the other methods. Where none may be
                registered and there is none, `value` is `accountDoesNotExist`.
        """
        session, bound = cls(settings, account_key), None
        account = messages.NewRegistration(only_return_existing=True)
        if registers:
            if binding:  # to an account that the CA has of its own (RFC 8555 section 7.3.4)
                bound = messages.ExternalAccountBinding.from_data(
                    session.key.public_key(), binding.kid, binding.key, session.directory
                )
            account = messages.NewRegistration.from_data(
                email=settings.email or None, external_account_binding=bound, terms_of_service_agreed=True
            )
        try:
            session.account = session.made("newAccount", account, "register the account")
        except IssuerError as error:
            if error.value != "unauthorized":
                raise
            way_out = "give another issuer.account_key where this account was deactivated, else look at issuer.eab"
            raise IssuerError(
                f"{error}; {way_out}", code=error.code, field="issuer", subject=error.subject, value=error.value
            ) from None
        registered = messages.RegistrationResource(uri=session.account, body=messages.Registration())
        session.network.account = registered  # until then, what is asked bears the key itself
        return session

    def key_authorization(self, token: str) -> str:
        """Return what shows control by a token of the CA (RFC 8555 section 8.1)."""
        return f"{token}.{b64encode(self.key.thumbprint(hash_function=SHA256)).decode()}"

    def registered(self) -> tuple[str, tuple[str, ...]]:
        """Return the status that the CA has of the account, and whom it may write to."""
        answer = self.post(self.account, None, "show the account")
        with told(self.host, "show the account"):
            found = messages.Registration.from_json(answer.json())
        return str(found.status or "")[:20], tuple(map(str, found.contact or ()))

    def deactivate(self) -> None:
        """Deactivate the account, for good (RFC 8555 section 7.3.6)."""
        ended = messages.UpdateRegistration(status="deactivated")
        self.post(self.account, ended, "deactivate the account")

    def change_contact(self, email: str) -> None:
        """Tell the CA whom it may write to; empty for nobody."""
        contact = messages.UpdateRegistration.from_data(contact=(), email=email or None)
        self.post(self.account, contact, "change the contact of the account")

    def change_key(self, account_key: str) -> None:
        """Have the account go over to another key, which signs from now on (RFC 8555 section 7.3.5)."""
        (key, algorithm), url = signer(account_key), self.url("keyChange")
        account = {"account": self.account, "oldKey": self.key.public_key().to_partial_json()}
        agreed = JWS.sign(json.dumps(account).encode(), key=key, alg=algorithm, nonce=None, url=url)
        self.post(url, agreed, "change the key of the account")
        self.network.key, self.network.alg = key, algorithm

    @property
    def suggests(self) -> bool:
        """Whether the CA tells of renewals (ARI), so that it may be told which certificate an order replaces."""
        return "renewalInfo" in self.directory.to_partial_json()

    def revoke(self, certificate_pem: str, reason: int) -> None:
        """Have a certificate revoked (RFC 8555 section 7.6); one that is already stays so."""
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
        message = messages.Revocation(certificate=certificate, reason=reason)
        try:
            self.post(self.url("revokeCert"), message, "revoke the certificate")
        except IssuerError as error:
            if error.value != "alreadyRevoked":
                raise

    def place(self, domains: Sequence[str], profile: str, replaces: str = "") -> str:
        """Place an order and return its URL; `replaces` identifies the certificate before it."""
        kinds = {True: messages.IDENTIFIER_IP, False: messages.IDENTIFIER_FQDN}
        named = [messages.Identifier(typ=kinds[bool(address(name))], value=name) for name in domains]
        order = Replacement(identifiers=named, profile=profile or None, replaces=replaces or None)
        return self.made("newOrder", order, f"take an order for {domains[0]}")

    def answer(self, url: str) -> None:
        """Say that a challenge can be looked at."""
        # Written as {} for every kind; one without a field would be false, and so a look at the challenge.
        self.post(url, KeyAuthorizationChallengeResponse(key_authorization=""), "look at a challenge")

    def finalize(self, order: messages.Order, csr_pem: str) -> None:
        """Ask for the certificate of an order whose names are all shown."""
        request = messages.CertificateRequest(csr=x509.load_pem_x509_csr(csr_pem.encode()))
        self.post(order.finalize, request, "sign the certificate")

    def certificate(self, order: messages.Order) -> str:
        """Return the certificate of an order and its intermediates, in PEM."""
        url = str(order.certificate)
        answer = self.post(url, None, "hand out the certificate")
        found = str(answer.text)
        if not self._chain or leads_to(found, self._chain):
            return found
        links = parse_header_links(answer.headers.get("Link", ""))
        for other in (urljoin(url, link["url"]) for link in links if link.get("rel") == "alternate"):
            pem = str(self.post(other, None, "hand out another chain").text)
            if leads_to(pem, self._chain):
                return pem
        STDERR.say_once(f"{self.host} has no chain to {self._chain!r} (issuer.chain); its usual one is taken")
        return found
