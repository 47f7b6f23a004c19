"""The dynamic resource that orders a certificate. Its path and its type stand in users' state: they never change."""

from collections.abc import Mapping
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

from sophia_infra import settings, trail
from sophia_infra.advice.report import STDERR
from sophia_infra.advised import BeyondLimitsError
from sophia_infra.changes import Changes
from sophia_infra.engine_call import failure, plainly
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.tls import certificates
from sophia_infra.tls.check import check, pending
from sophia_infra.tls.issuers import Issued, Order, open_issuer
from sophia_infra.tls.renewal import next_renewal
from sophia_infra.tls.rows import CertificateIntent, CertificateOutcome
from sophia_infra.tls.spec import CertificateSpec, unknowns
from sophia_infra.tls.state import CertificateState

OUTPUTS = (
    "certificate_pem",
    "chain_pem",
    "root_pem",
    "not_before",
    "not_after",
    "next_renewal",
    "serial_number",
    "issuer_name",
    "generation",
    "changes",
    "advice",
)


class CertificateProvider(ResourceProvider):
    """Asks for a certificate when there is none, and for the next one when that is due."""

    _config: Any = None

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's configuration for `check`, which can refuse a wrong setting by name."""
        self._config = req.config
        trail.switch_on()

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Decide what is due and why, weigh it, and have it judged; nothing is ordered here."""
        state = CertificateState.from_inputs(olds)
        if waiting := unknowns(news):
            return CheckResult({**news, **pending(state, waiting), "generation": pulumi.UNKNOWN}, [])
        try:
            spec = CertificateSpec.from_inputs(news)
            chosen = settings.read(self._config.get) if self._config else settings.Settings()
            return CheckResult({**news, **check(spec, state, Journal.open(), chosen.autonomy)}, [])
        except BeyondLimitsError as error:
            return CheckResult(news, [failure(error, "domains")])
        except SophiaError as error:
            return CheckResult(news, [failure(error, "issuer")])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Update when `check` has planned to, and when the state has lost the certificate."""
        planned = bool(Changes.from_inputs(news["changes"]))
        lost = "" if planned else _lost(olds)
        if lost:
            STDERR.say_once(
                f"certificate of {olds.get('label')}: {lost} in the state; it is taken from its issuer again"
            )
        return DiffResult(changes=planned or bool(lost))

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Order the certificate."""
        return CreateResult(str(props["label"]), _order(props))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Order the certificate that is due; one that was ordered before is handed out again."""
        return UpdateResult(_order(news))


class Certificate(Resource, module="sophia", name="Certificate"):
    """A certificate. Takes the inputs in `spec.DECIDING`, `csr_pem`, and optionally `zone` and `caa`."""

    certificate_pem: pulumi.Output[str]
    chain_pem: pulumi.Output[str]
    root_pem: pulumi.Output[str]
    not_before: pulumi.Output[str]
    not_after: pulumi.Output[str]
    next_renewal: pulumi.Output[str]
    serial_number: pulumi.Output[str]
    issuer_name: pulumi.Output[str]
    generation: pulumi.Output[int]
    changes: pulumi.Output[dict[str, Any]]
    advice: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(CertificateProvider(), name, {**props, **dict.fromkeys(OUTPUTS)}, opts)


def _order(news: Mapping[str, Any]) -> dict[str, Any]:
    """Order what the inputs plan, and return all outputs."""
    spec = CertificateSpec.from_inputs(news)
    order = Order(
        label=spec.label,
        generation=int(news["generation"]),
        base=str(news["changes"]["base"]),
        csr_pem=str(news["csr_pem"]),
        domains=spec.domains,
        lifetime=spec.lifetime,
    )
    journal = Journal.open()
    run = engine_run()
    journal.write(order.label, CertificateIntent(run, order.generation, order.base))
    issued = open_issuer(spec.issuer).issue(order)
    outputs = _outputs(issued, spec)
    outcome = CertificateOutcome(run, issued.generation, outputs["serial_number"], outputs["not_after"])
    journal.write(order.label, outcome)
    return {**news, **outputs}


def _outputs(issued: Issued, spec: CertificateSpec) -> dict[str, Any]:
    facts = issued.facts or certificates.read(issued.certificate_pem)
    return {
        "certificate_pem": issued.certificate_pem,
        "chain_pem": issued.chain_pem,
        "root_pem": issued.root_pem,
        "not_before": facts.not_before.isoformat(),
        "not_after": facts.not_after.isoformat(),
        "next_renewal": next_renewal(facts.not_before, facts.not_after, spec.window).isoformat(),
        "serial_number": facts.serial_number,
        "issuer_name": facts.issuer_name,
    }


def _lost(olds: Mapping[str, Any]) -> str:
    """Return what is wrong with the certificate in the state, empty when it is whole and for the key beside it."""
    try:
        held = certificates.read(str(olds.get("certificate_pem")))
        certificates.read(str(olds.get("chain_pem")))
        same = held.public_key_sha256 == certificates.csr_key_hash(str(olds.get("csr_pem")))
    except SophiaError as error:
        return str(error)
    return "" if same else "a certificate for another key"
