"""The dynamic resource that deploys a certificate. Its path and its type stand in users' state: they never change.

It is one of its own, since it needs the key and the certificate together, and since the certificate is in the state
before it is deployed: a deploy that fails is done again, and no order.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    Resource,
    UpdateResult,
)

from sophia_infra import settings
from sophia_infra.changes import Changes
from sophia_infra.component import quiet
from sophia_infra.engine_call import Configured, failure, plainly
from sophia_infra.errors import SophiaError
from sophia_infra.reporter import STDERR, Reporter

SECRET = "private_key_pem"  # noqa: S105  # the name of an input


class CertificateDeploymentProvider(Configured):
    """Deploys a certificate that is new, and one that is not served as it was deployed."""

    reporter: Reporter = STDERR

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Compare what is deployed, and what is served, with the certificate of the state; nothing is changed."""
        from sophia_infra import advised
        from sophia_infra.tls.deploy.check import CheckedDeployment

        try:
            journal = settings.journal(self._setting)
            deployment = CheckedDeployment.read(olds, news, settings.read(self._setting), journal)
            published = advised.check(deployment, journal, self.reporter)
            return CheckResult({**news, **published}, [])
        except SophiaError as error:
            return CheckResult(news, [failure(error)])

    def diff(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Update where `check` has planned to."""
        return DiffResult(changes=bool(Changes.from_inputs(news["changes"])))

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Deploy the certificate."""
        return CreateResult(str(props["label"]), self._deployed(props, {}))

    @plainly
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Deploy the certificate, or have the server read it again."""
        return UpdateResult(self._deployed(news, olds))

    def _deployed(self, props: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
        from sophia_infra.tls.deploy.deployment import deploy

        is_new = olds.get("certificate_pem") != props["certificate_pem"]
        told = deploy(props, settings.journal(self._setting), self.reporter, is_new=is_new)
        self.reporter.say_each(str(props["label"]), told)
        return {name: value for name, value in props.items() if name != SECRET}


class CertificateDeployment(Resource, module="sophia", name="CertificateDeployment"):
    """A certificate where it is served. Takes `spec.DECIDING`, `deploy`, `endpoints`, and outputs of `Certificate`."""

    changes: pulumi.Output[dict[str, Any]]
    advice: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = {"changes": None, "advice": None}
        super().__init__(CertificateDeploymentProvider(), name, {**props, **outputs}, quiet(opts))
