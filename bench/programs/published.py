"""A component around a resource that publishes what a zone publishes, and looks into nothing: the least it can cost."""

from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, Resource

from bench.programs.bare import TextProvider
from sophia_infra.advice.model import Advice, Verdict
from sophia_infra.changes import Changes
from sophia_infra.component import begin_registering

PLAN = {
    "changes": Changes(before=22, after=22, base="0" * 64).as_inputs(),
    "advice": Advice("0" * 64, "rules", Verdict.APPROVE, "no findings").as_inputs(),
}
"""What an unchanged zone publishes."""


class PublishingProvider(TextProvider):
    """Publishes the same always."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult({**news, **PLAN}, [])


class Published(Resource):
    """The resource, with the inputs and outputs of a zone's that have values."""

    text: pulumi.Output[str]
    changes: pulumi.Output[dict[str, Any]]
    advice: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, text: str, opts: pulumi.ResourceOptions) -> None:
        given = {"domain": name, "text": text, "stack": "least/test", "label": name}
        super().__init__(PublishingProvider(), name, {**given, "changes": None, "advice": None}, opts)


class Around(pulumi.ComponentResource):
    """The component, which registers one output as a zone does."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__("bench:index:Around", name)
        begin_registering()
        Published(name, text, pulumi.ResourceOptions(parent=self))
        self.register_outputs({"domain": name})
