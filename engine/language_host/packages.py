"""Which provider plugins a program needs: those of the Pulumi packages installed beside it."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from pulumi.runtime.proto import plugin_pb2

from engine.language_host.toolchain import Toolchain

WITHOUT_PLUGIN = {"pulumi", "pulumi-policy"}

# Runs in the program's Python: prints name, version and the text of pulumi-plugin.json, if there is one,
# for every distribution that may belong to Pulumi. By Pulumi's convention the file lies in the package
# that is named like the distribution; reading every list of installed files instead takes half a second.
LIST = r"""
import importlib.metadata, json, re
found = {}
for distribution in importlib.metadata.distributions():
    name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"] or "").lower()
    file = distribution.locate_file(name.replace("-", "_") + "/pulumi-plugin.json")
    if file.exists() or name.startswith("pulumi-"):
        found.setdefault(name, [distribution.version, file.read_text() if file.exists() else None])
print(json.dumps(found))
"""


def required_packages(toolchain: Toolchain) -> list[plugin_pb2.PackageDependency]:
    """The plugins of all Pulumi packages installed in the program's environment, by name."""
    found = json.loads(toolchain.output("-c", LIST))
    dependencies = (dependency(name, version, text) for name, (version, text) in sorted(found.items()))
    return [one for one in dependencies if one is not None]


def dependency(name: str, version: str, text: str | None) -> plugin_pb2.PackageDependency | None:
    """The plugin of one distribution; None if it says it has none, or its version can't be known.

    `name` is normalised, as in `pulumi-esc-sdk`; `text` is the content of pulumi-plugin.json. Without
    it, name and version follow from the distribution's own; a Python pre-release does not tell which
    plugin it belongs to.
    """
    plugin: dict[str, Any] = json.loads(text) if text else {"resource": name not in WITHOUT_PLUGIN}
    version = plugin.get("version") or (version if re.fullmatch(r"[\d.]+", version) else "")
    if not plugin.get("resource") or not version:
        return None
    return plugin_pb2.PackageDependency(
        name=plugin.get("name") or name.removeprefix("pulumi-"),
        kind="resource",
        version=f"v{version.removeprefix('v')}",
        server=plugin.get("server", ""),
        parameterization=parameterization(plugin.get("parameterization")),
        extension=parameterization(plugin.get("extensionParameterization")),
    )


def parameterization(found: dict[str, str] | None) -> plugin_pb2.PackageParameterization | None:
    """What turns a plugin that serves several packages into this one; its value is base64 in the file."""
    if not found:
        return None
    value = base64.b64decode(found.get("value", ""))
    return plugin_pb2.PackageParameterization(name=found["name"], version=found["version"], value=value)
