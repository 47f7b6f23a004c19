"""A remote component, in a process of its own: `kit:index:Kit` makes three files."""

from typing import TypedDict

import pulumi
from pulumi.provider.experimental import component_provider_host


class KitArgs(TypedDict):
    folder: pulumi.Input[str]
    key: pulumi.Input[str]


class Kit(pulumi.ComponentResource):
    def __init__(self, name: str, args: KitArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kit:index:Kit", name, {}, opts)
        for number in range(3):
            inputs = {"folder": args["folder"], "key": args["key"]}
            options = pulumi.ResourceOptions(parent=self)
            pulumi.CustomResource("files:index:File", f"{name}-{number}", inputs, options)
        self.register_outputs({})


if __name__ == "__main__":
    component_provider_host(name="kit", components=[Kit])
