from __future__ import annotations

import json

import pytest

from engine.language_host.packages import dependency


def test_a_package_without_a_file_gives_its_own_name_and_version() -> None:
    found = dependency("pulumi-aws", "7.1.0", None)
    assert found is not None
    assert (found.name, found.version, found.kind, found.server) == ("aws", "v7.1.0", "resource", "")


def test_the_file_decides_over_the_package() -> None:
    text = json.dumps({"resource": True, "name": "x", "version": "v2.0.0-alpha.1", "server": "https://there"})
    found = dependency("pulumi-aws", "7.1.0a1", text)
    assert found is not None
    assert (found.name, found.version, found.server) == ("x", "v2.0.0-alpha.1", "https://there")


@pytest.mark.parametrize(
    ("name", "version", "text"),
    [
        ("pulumi-esc-sdk", "0.14.0", '{"resource": false}'),
        ("pulumi-policy", "1.21.0", None),
        ("pulumi-aws", "7.1.0a1700000000", None),
    ],
)
def test_a_package_without_a_plugin_or_a_knowable_version_is_left_out(
    name: str, version: str, text: str | None
) -> None:
    assert dependency(name, version, text) is None


def test_a_parameterized_package_carries_its_parameter() -> None:
    parameter = {"name": "vultr", "version": "2.0.0", "value": "aGVsbG8="}
    text = json.dumps(
        {"resource": True, "name": "terraform-provider", "version": "1.0.0", "parameterization": parameter}
    )
    found = dependency("pulumi-vultr", "2.0.0", text)
    assert found is not None
    assert (found.name, found.parameterization.name, found.parameterization.value) == (
        "terraform-provider", "vultr", b"hello",
    )  # fmt: skip
    assert not found.HasField("extension")
