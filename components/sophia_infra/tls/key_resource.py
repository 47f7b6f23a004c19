"""The dynamic resource that makes a private key. Its path and its type stand in users' state: they never change."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import contains_unknowns

from sophia_infra import clock, settings
from sophia_infra.advice.report import STDERR, Reporter
from sophia_infra.engine_call import failure, plainly
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.plan import CertificateState, Plan
from sophia_infra.tls.spec import ArgumentError, CertificateSpec
from sophia_infra.tls.unknowns import not_yet, unknowns
from sophia_infra.values import Value

SECRET = "private_key_pem"  # noqa: S105  # the name of an output
FORMER = ("former_key_pem", "former_csr_pem")
RENEWING = ("label", "generation", "key_type", "domains", "issuer", "csr")


class CertificateKeyProvider(ResourceProvider):
    """Makes one key for each generation of a certificate, in place: to the engine, a rotation is an update.

    It takes no walk through `advised`, because it has no plan of its own: its certificate's plan says what is due. The
    engine asks it first, so it is the one that says so where a saved plan is overtaken.
    """

    reporter: Reporter = STDERR
    _setting: Callable[[str], str | None] = staticmethod(lambda _key: None)

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's settings: one names the journal."""
        self._setting = req.config.get

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Decide which generation is wanted. The label stays, whatever the key or its stack is called since."""
        from sophia_infra import advised  # a program only names this provider
        from sophia_infra.tls.check import dated, held
        from sophia_infra.tls.setbacks import setback

        news = {**news, "label": olds.get("label") or news["label"]}
        if unknowns(news):
            return CheckResult({**news, **not_yet(news)}, [])
        try:
            spec = CertificateSpec.from_inputs(news)
            now = clock.now()
            journal = settings.journal(self._setting)
            waits, revokes = setback(journal, spec, now), CertificateState.from_inputs(olds).revokes(spec)
            plan = Plan.make(spec, held(spec), now, olds.get("generation"), waits, revokes=revokes)
            due = advised.DatedRow(dated(plan, now))
            advised.refuse_overtaken(f"certificate {spec.subject}", due, journal, self.reporter)
            news |= plan.as_inputs()
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
        outputs = _make(props)
        return CreateResult(outputs["public_key_sha256"][:32], outputs)

    @plainly
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Make the next key; it is saved in the state before its certificate is ordered, beside the one in use."""
        return UpdateResult({**_make(news), **_in_use(olds, settings.journal(self._setting))})


class CertificateKey(Resource, module="sophia", name="CertificateKey"):
    """A private key and its signing request. Takes the inputs in `spec.DECIDING`."""

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
    label: pulumi.Output[str]
    """By what the key and its certificate are known for life; `identity` makes it."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = dict.fromkeys((SECRET, "csr_pem", "public_key_sha256", *FORMER))
        secret = pulumi.ResourceOptions(additional_secret_outputs=[SECRET, FORMER[0]])
        super().__init__(
            CertificateKeyProvider(), name, {**props, **outputs}, pulumi.ResourceOptions.merge(opts, secret)
        )


def _make(props: Mapping[str, Any]) -> dict[str, Any]:
    """Make a key and its signing request, and return all outputs."""
    from sophia_infra.tls import keys  # it takes long to load

    spec = CertificateSpec.from_inputs(props)
    spec.refuse_weak_key()
    if given := spec.given_csr:
        return {
            **props,
            "csr_pem": given,
            "public_key_sha256": keys.public_key_hash(keys.requested_key(given)),
            SECRET: "",
        }
    key = keys.generate(spec.key_type)
    return {
        **props,
        "csr_pem": keys.signing_request(key, spec.domains),
        "public_key_sha256": keys.public_key_hash(key.public_key()),
        SECRET: keys.private_pem(key),
    }


def _in_use(olds: Mapping[str, Any], journal: Journal) -> dict[str, Any]:
    """Return, of the two keys in the state, the one that has a certificate: it serves until the next one has."""
    current, former = (olds.get(SECRET), olds.get("csr_pem")), tuple(map(olds.get, FORMER))
    return dict(
        zip(FORMER, former if former[1] and _is_served(str(former[1]), olds, journal) else current, strict=True)
    )


def _is_served(csr_pem: str, olds: Mapping[str, Any], journal: Journal) -> bool:
    """Say whether the newest certificate is for the key of a former request: by its issuer's copy, else its events."""
    from sophia_infra.tls import keys
    from sophia_infra.tls.check import held
    from sophia_infra.tls.events import ORDERED, Event, events

    with suppress(SophiaError):  # inputs of another release, or an issuer that can't be asked
        found = held(CertificateSpec.from_inputs(olds))
        if found and found.facts:
            return found.facts.public_key_sha256 == keys.public_key_hash(keys.requested_key(csr_pem))
    of_orders = (event.row.what for event in events(journal, str(olds.get("label"))) if event.row.what in ORDERED)
    return next(of_orders, None) is Event.FAILED


def _asks_anew(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Say whether another key is asked for than the last run's."""
    return any(_differs(name, olds, news) for name in RENEWING)


def _differs(name: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Say whether an input asks for another key; another issuer does where none of those before is left."""
    before, after = _deciding(name, olds), _deciding(name, news)
    are_issuers = name == "issuer" and isinstance(before, set) and isinstance(after, set)
    return before.isdisjoint(after) if are_issuers else bool(before != after)


def _deciding(name: str, props: Mapping[str, Any]) -> Any:
    """Return an input in the form that decides on a new key."""
    value = props.get(name)
    if contains_unknowns(value):
        return object()
    if name == "domains":
        return set(value or ())
    if name == "issuer":
        return {_issuer(value), *map(_issuer, props.get("others") or ())}
    return value


def _issuer(value: Any) -> Any:
    """Return what makes it another issuer; settings of another release, which can't be read, are one."""
    try:
        return IssuerSettings.read(Value("issuer", value or {}, ArgumentError)).identity
    except ArgumentError:
        return repr(value)


def _stands(olds: Mapping[str, Any]) -> bool:
    """Say whether key, request and hash in the state are readable and belong together."""
    from sophia_infra.tls import keys

    try:
        digest = keys.public_key_hash(keys.requested_key(str(olds.get("csr_pem"))))
    except SophiaError:
        return False
    holds = bool(olds.get("csr")) or keys.holds(str(olds.get(SECRET)), digest)
    return digest == olds.get("public_key_sha256") and holds
