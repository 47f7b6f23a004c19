"""Issuers: an order goes out, what was issued comes back. Each kind of issuer is a module beside this."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sophia_infra.credentials import Credentials
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.probes.addresses import Server
from sophia_infra.tls.certificates import Certificate, Request, UnreadableError, validity
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.issuer_settings import IssuerKind, IssuerSettings
from sophia_infra.tls.when.suggestion import NO_SUGGESTION, Suggestion

ORDER_SECONDS = 600.0
"""How long a run waits for another one's order of the same certificate by ACME."""


class IssuerError(SophiaError):
    """A certificate that can't be issued or looked up; nothing was issued, and running again is safe.

    `retry_at` is before when the issuer does not want to be asked again; None where it does not say.
    """

    code = "issuer"
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate to be issued.

    `label` names the resource for life (see `identity`), and `generation` counts its certificates from 1. `base` is the
    `Issued.base` the plan was made against, empty for none. `standing` is the certificate in the state where it answers
    this order and is not due: an issuer whose books have lost it, and which can't sign it anew at no cost, takes it on.
    `replaced_pem` is the certificate of the same issuer in the state, for one whose books know none; empty for none.
    """

    label: str
    generation: int
    base: str
    csr_pem: str
    domains: tuple[str, ...]
    lifetime: timedelta
    standing: "Issued | None" = None
    replaced_pem: str = ""

    @property
    def request(self) -> Request:
        """The signing request.

        Raises:
            IssuerError: it can't be read, or was signed with another key.
        """
        try:
            return Request.read(self.csr_pem)
        except UnreadableError as error:
            raise IssuerError(f"{self.label}: {error}", code="request-unreadable", subject=self.label) from None


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as its issuer has it. `chain_pem` holds the intermediates to serve, the root stands apart.

    `facts` is None when the certificate can't be read; `withdrawn` says why the issuer no longer stands behind it
    (revoked, its root replaced), and is empty while it does. `list_ends` is until when the revocation lists of
    the authorities that signed it and those before it hold, None where there is none; `issue` signs them anew once due.
    `suggestion` is when the issuer would have it renewed, as far as it was asked. `directory` is that of the ACME CA
    which signed it, as far as somebody noted that.
    """

    generation: int
    facts: Certificate | None
    certificate_pem: str
    chain_pem: str
    root_pem: str
    withdrawn: str = ""
    list_ends: datetime | None = None
    suggestion: Suggestion = NO_SUGGESTION
    directory: str = ""

    @property
    def base(self) -> str:
        """SHA-256 of the certificate: what a plan was made against."""
        return hashlib.sha256(self.certificate_pem.encode()).hexdigest()

    @property
    def validity(self) -> tuple[datetime, datetime] | None:
        """From when to when it is good; None where it can't be read.

        Below a root of our own the chain counts. To the root of another CA clients find a way of their own, past what
        has expired in the chain that it sends; and another order would bring the same chain.
        """
        if self.root_pem or self.facts is None:
            return self.chain_validity
        return self.facts.not_before, self.facts.not_after

    @property
    def chain_validity(self) -> tuple[datetime, datetime] | None:
        """From when to when the whole chain is valid, as far as it can be read; None where the certificate can't."""
        if self.facts is None:
            return None
        begins, ends = self.facts.not_before, self.facts.not_after
        for pem in (self.chain_pem, self.root_pem):
            with suppress(UnreadableError):
                others = validity(pem)
                begins, ends = max(begins, others[0]), min(ends, others[1])
        return begins, ends


class Issuer(Protocol):
    """Who signs certificates. All methods are safe on any thread and in several processes at once.

    Every method MUST raise IssuerError, and nothing else, for what can be expected to fail; its message MUST hold no
    key, no passphrase and no account's secret.
    """

    def latest(self, label: str) -> Issued | None:
        """Return the certificate issued last for a label, or None.

        MUST change nothing, since previews call it. MUST return a certificate that is withdrawn, expired or
        unreadable too: its generation counts.
        """

    def suggested(self, label: str, issued: Issued) -> Suggestion:
        """Return when the issuer would have a certificate of a label renewed.

        MUST raise nothing, MUST change nothing that counts, and MUST say the same throughout one run of the engine.
        """

    def refuse_lost_root(self, root_pem: str) -> None:
        """Raise IssuerError when a certificate's root is lost here, unless `new_root` of the settings gives it up.

        MUST change nothing. A root that can't be read, and an issuer whose clients trust it anyhow, refuse nothing.
        """

    def preflight(self, domains: tuple[str, ...], lifetime: timedelta) -> tuple[str, ...]:
        """Raise IssuerError when an order for these names would be refused, as far as can be told beforehand.

        Return the domains that CAA records call it by; none where it does not say, or heeds none. MUST change nothing,
        and MUST NOT count against a rate limit.
        """

    def issue(self, order: Order) -> Issued:
        """Issue a certificate and return it once it is on record.

        MUST be idempotent for a label, a generation and a public key: ordering again, in another process or after a
        crash, returns what was issued and issues nothing. MUST refuse an order whose `base` is not that of the
        latest certificate, unless the latest answers this very order: somebody else has ordered in between. MUST
        check the request's signature and issue for `order.domains` only, whatever names the request holds.
        """

    def lists(self) -> tuple[str, ...]:
        """Return the revocation lists that lie here, in PEM; none where certificates name where they lie."""

    def withdraw(self, certificate_pem: str, reason: str) -> None:
        """Revoke a certificate that was issued here, for one of `revocation.REASONS`; one that is revoked stays so."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What an ACME CA gives for binding an account to one of its own: `key` is for HMAC, in base64url, and secret."""

    kid: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """What an order by ACME takes that is secret: a preview has none of it. `account_key` is PEM.

    `certificate_key` is that of a certificate to be revoked, which does where the account is gone. `resolvers` are
    those that the stack names, default the machine's; `journal` is the stack's, default the project's.
    """

    account_key: str = field(default="", repr=False)
    credentials: Credentials = field(default_factory=Credentials, repr=False)
    binding: Binding | None = None
    resolvers: tuple[Server, ...] = ()
    journal: Journal | None = field(default=None, repr=False)
    certificate_key: str = field(default="", repr=False)

    @property
    def book(self) -> Journal:
        """The journal that orders are noted in."""
        return self.journal or Journal.open()


NO_ACCESS = Access()


def open_issuer(
    settings: IssuerSettings, challenge: ChallengeSettings | None = None, access: Access = NO_ACCESS
) -> Issuer:
    """Return the issuer that the settings describe; touches nothing.

    `challenge` is how names are shown to an issuer that asks for it.
    """
    if settings.kind is IssuerKind.ACME:
        from sophia_infra.tls.issuers.acme import AcmeIssuer

        return AcmeIssuer(settings, challenge, access)
    from sophia_infra.tls.issuers.embedded import EmbeddedCa

    return EmbeddedCa.at(settings.folder, settings.permitted, settings.new_root)
