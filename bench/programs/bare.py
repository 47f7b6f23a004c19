"""A dynamic resource that only carries a text: what a zone would cost if nobody looked at it."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class TextProvider(ResourceProvider):
    """Keeps the text in the state, and nothing else."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("text", props)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=olds["text"] != news["text"])

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(news)


class Text(Resource):
    """The resource."""

    text: pulumi.Output[str]

    def __init__(self, name: str, text: str) -> None:
        super().__init__(TextProvider(), name, {"text": text})
