"""The dynamic resource that makes a private key. Its path and its type stand in users' state: they never change."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    Resource,
    UpdateResult,
)
from pulumi.output import contains_unknowns

from sophia_infra import clock, settings
from sophia_infra.engine_call import Configured, failure, plainly
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.tls.certificates import Request, UnreadableError
from sophia_infra.tls.memory import INPUT
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.spec import OF_STATE, CertificateSpec
from sophia_infra.tls.state import CertificateState, StoredCertificate
from sophia_infra.tls.unknowns import not_yet, unknowns

log = logging.getLogger(__name__)
SECRET = "private_key_pem"  # noqa: S105  # the name of an output
IN_USE = "in_use"
"""The input in which `check` publishes the hash of the key whose certificate stands, and whether that one stays."""
FORMER = ("former_key_pem", "former_csr_pem")
RENEWING = ("label", "generation", "key_type", "csr")
"""The inputs of which another one asks for another key, beside other names and another issuer."""


class CertificateKeyProvider(Configured):
    """Makes one key for each generation of a certificate, in place: to the engine, a rotation is an update.

    It takes no walk through `advised`, because it has no plan of its own: its certificate's plan says what is due. The
    engine asks it first, so it is the one that says so where a saved plan is overtaken.
    """

    reporter: Reporter = STDERR

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Decide which generation is wanted. The label stays, whatever the key or its stack is called since."""
        from sophia_infra import advised  # a program only names this provider
        from sophia_infra.tls.current import held
        from sophia_infra.tls.events import as_revoked
        from sophia_infra.tls.plan_view import dated
        from sophia_infra.tls.setbacks import last_failed, setback

        news = {**news, "label": olds.get("label") or news["label"]}
        of_state = news.pop(OF_STATE, None)
        if unknowns(news):
            return CheckResult({**news, **not_yet(news, IN_USE, INPUT)}, [])
        try:
            now, journal = clock.now(), settings.journal(self._setting)
            spec = as_revoked(CertificateSpec.from_inputs(news), journal)
            state, generation = CertificateState.from_inputs(olds), olds.get("generation") or 0
            stands = held(spec, StoredCertificate.from_outputs(of_state), generation - last_failed(journal, spec.label))
            spec = replace(spec, remembered=state.remember(spec, stands.generation if stands else int(generation)))
            waits, revokes = setback(journal, spec, now), state.revokes(spec)
            plan = Plan.make(spec, stands, now, generation, waits, revokes=revokes)
            due = advised.DatedRow(dated(plan, now))
            advised.refuse_overtaken(f"certificate {spec.subject}", due, journal, self.reporter)
            served = plan.held.facts.public_key_sha256 if plan.held and plan.held.facts else ""
            in_use = {"key": served, "stays": bool(served and not plan.due)}
            news |= plan.as_inputs() | {IN_USE: in_use, INPUT: spec.remembered.as_input()}
            if plan.waits:
                news["revoke"] = olds.get("revoke")  # so that the run that orders is told of it
            if _asks_anew(olds, news):
                spec.refuse_weak_key()
        except SophiaError as error:
            return CheckResult(news, [failure(error)])
        return CheckResult(news, [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Renew the key for a new generation, other names or another kind, and when the state has lost it."""
        due = _asks_anew(olds, news)
        if not due and not _stands(olds):
            label = olds.get("label")
            self.reporter.say_once(f"key of {label}: the state does not hold it whole any more; a new one is made")
            due = True
        return DiffResult(changes=due, replaces=[])

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the key and the signing request; the key is in the secret output and nowhere else."""
        key = _make(props)
        return CreateResult(key.digest[:32], {**props, **key.outputs})

    @plainly
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Make the next key; it is saved in the state before its certificate is ordered, beside the one in use.

        Where the certificate that stands is all that is asked for after all, its key comes back.
        """
        used, in_use = _in_use(olds, news, settings.journal(self._setting)), news.get(IN_USE) or {}
        is_back = in_use.get("stays") and used.csr_pem != olds.get("csr_pem") and used.digest == in_use.get("key")
        if is_back and used.is_for(str(news.get("csr") or "")):
            return UpdateResult({**news, **used.outputs})
        return UpdateResult({**news, **_make(news).outputs, FORMER[0]: used.key_pem, FORMER[1]: used.csr_pem})


class CertificateKey(Resource, module="sophia", name="CertificateKey"):
    """A private key and its signing request. Takes the inputs in `spec.DECIDING`, and `endpoints`."""

    private_key_pem: pulumi.Output[str]
    """The key as unencrypted PKCS #8, secret."""
    csr_pem: pulumi.Output[str]
    """A signing request for the names (PKCS #10)."""
    public_key_sha256: pulumi.Output[str]
    """SHA-256 over the SubjectPublicKeyInfo, in hex."""
    former_key_pem: pulumi.Output[str]
    """The key of the certificate that stood when this one was made, secret; None where there was none."""
    former_csr_pem: pulumi.Output[str]
    """The signing request of that key."""
    remembered: pulumi.Output[dict[str, Any]]
    """What the certificate is told of itself, see `Remembered`."""
    label: pulumi.Output[str]
    """By what the key and its certificate are known for life; `identity` makes it."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = dict.fromkeys((SECRET, "csr_pem", "public_key_sha256", *FORMER, INPUT))
        secret = pulumi.ResourceOptions(additional_secret_outputs=[SECRET, FORMER[0]], hide_diffs=[IN_USE, INPUT])
        super().__init__(
            CertificateKeyProvider(), name, {**props, **outputs}, pulumi.ResourceOptions.merge(opts, secret)
        )


@dataclass(frozen=True, slots=True)
class _Key:
    """A private key, empty where it is none of ours, and its signing request."""

    key_pem: Any
    csr_pem: Any

    @property
    def digest(self) -> str:
        """The hash of the public key; empty where the request can't be read."""
        with suppress(UnreadableError):
            return Request.read(str(self.csr_pem)).public_key_sha256
        return ""

    @property
    def outputs(self) -> dict[str, Any]:
        """What the state keeps of it while it is the newest."""
        return {SECRET: self.key_pem, "csr_pem": self.csr_pem, "public_key_sha256": self.digest}

    def is_for(self, given_csr: str) -> bool:
        """Whether it is whole: of the request that the program gives, where it gives one, else a key of ours."""
        from sophia_infra.tls import keys

        return self.csr_pem == given_csr if given_csr else keys.holds(str(self.key_pem), self.digest)


def _make(props: Mapping[str, Any]) -> _Key:
    """Make a key and its signing request."""
    from sophia_infra.tls import keys  # it takes long to load

    spec = CertificateSpec.from_inputs(props)
    spec.refuse_weak_key()
    if spec.given_csr:
        return _Key("", spec.given_csr)
    key = keys.generate(spec.key_type)
    log.debug("certificate of %s: has a new key, %s", spec.label, spec.key_type)
    return _Key(keys.private_pem(key), keys.signing_request(key, spec.domains))


def _in_use(olds: Mapping[str, Any], news: Mapping[str, Any], journal: Journal) -> _Key:
    """Return, of the two keys in the state, the one of the certificate that stands: it serves until the next has one.

    Where nobody knows that certificate, the last order tells: one that failed has left the key of before in use.
    """
    current, former = _Key(olds.get(SECRET), olds.get("csr_pem")), _Key(*map(olds.get, FORMER))
    if served := (news.get(IN_USE) or {}).get("key"):
        return former if former.digest == served else current
    from sophia_infra.tls.setbacks import last_failed

    return former if former.csr_pem and last_failed(journal, str(olds.get("label"))) else current


def _asks_anew(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Say whether another key is asked for than the last run's; so it is where none of its issuers is left."""
    if unknowns(news) or contains_unknowns(news["generation"]):
        return True
    if any(olds.get(name) != news.get(name) for name in RENEWING):
        return True
    if {*(olds.get("domains") or ())} != {*news["domains"]}:
        return True
    return not CertificateState.from_inputs(olds).is_of(CertificateSpec.from_inputs(news))


def _stands(olds: Mapping[str, Any]) -> bool:
    """Say whether key, request and hash in the state are readable and belong together."""
    kept = _Key(olds.get(SECRET), olds.get("csr_pem"))
    return kept.digest == olds.get("public_key_sha256") and kept.is_for(str(olds.get("csr") or ""))
