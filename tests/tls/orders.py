"""Orders, keys and clocks that the certificate tests share."""

import ast
import multiprocessing
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sophia_infra.tls import keys
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.issuers import Issued, Order
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.spec import CertificateSpec, KeyType

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOMAINS = ("shop.example", "*.shop.example")
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["sophia_infra.tls.issuers.embedded", "sophia_infra.tls.deploy.deployment", "acme.client", "pytest"]
)


def run(target: Callable[..., None], *args: Any) -> int | None:
    """Run something in a process with the environment of this one, and return how it ended."""
    child = PROCESSES.Process(target=_as_here, args=(dict(os.environ), target, args))
    child.start()
    child.join()
    return child.exitcode


def _as_here(environment: dict[str, str], target: Callable[..., None], args: tuple[Any, ...]) -> None:
    os.environ.clear()  # the server of forks has that of whichever test began it
    os.environ.update(environment)
    target(*args)


def csr(domains: tuple[str, ...] = DOMAINS, kind: KeyType = KeyType.ECDSA_P256) -> str:
    return keys.signing_request(keys.generate(kind), domains)


def order(**changed: Any) -> Order:
    domains = changed.get("domains", DOMAINS)
    fields = {
        "label": "demo/test/shop",
        "generation": 1,
        "base": "",
        "csr_pem": changed.get("csr_pem") or csr(domains),
        "domains": domains,
        "lifetime": timedelta(days=90),
    }
    return Order(**{**fields, **changed})


def wanted(**changed: Any) -> CertificateSpec:
    inputs = {"label": "demo/test/shop", "domains": list(DOMAINS), **changed}
    return CertificateSpec.from_inputs(inputs)


def checked(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a certificate as its provider publishes them; it refuses none of them."""
    result = CertificateProvider().check(olds, news)
    assert [failure.reason for failure in result.failures] == []
    return result.inputs


def created(inputs: dict[str, Any]) -> dict[str, Any]:
    """The outputs of a certificate that its provider makes."""
    outs = CertificateProvider().create(inputs).outs
    assert outs is not None
    return outs


def issue(folder: Path, **changed: Any) -> Issued:
    return EmbeddedCa.at(str(folder)).issue(order(**changed))


def codes_in(*files: str | None) -> set[str]:
    """The codes of the findings that some files make."""
    calls = (node for file in files for node in ast.walk(ast.parse(Path(str(file)).read_text())))
    return {
        str(node.args[0].value)
        for node in calls
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Finding"
        and isinstance(node.args[0], ast.Constant)
    }
