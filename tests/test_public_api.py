"""What other stacks rely on: a change here is a breaking change."""

import inspect
import os
import re
import subprocess
import sys

import sophia_infra
from sophia_infra.advice.model import Advice, Verdict
from sophia_infra.changes import Changes, Limits
from sophia_infra.dns.arguments import LimitsArgs, RecordArgs, ZoneArgs, ZoneBackendArgs
from sophia_infra.dns.component import IntelligentDnsZone
from sophia_infra.settings import LIMITS
from sophia_infra.tls.arguments import SelfHealingCertArgs
from sophia_infra.tls.component import SelfHealingCert
from tests.support.workspace import REPO


def test_the_public_names_are_these_and_sorted() -> None:
    assert sophia_infra.__all__ == [
        "BlastRadius",
        "CertificateIssuerArgs",
        "IntelligentDnsZone",
        "KeyType",
        "RecordArgs",
        "Requirement",
        "RotatingSecret",
        "RotatingSecretArgs",
        "SelfHealingCert",
        "SelfHealingCertArgs",
        "SophiaInfrastructureAgent",
        "ZoneArgs",
    ]
    assert all(getattr(sophia_infra, name) for name in sophia_infra.__all__)


def test_the_arguments_are_these() -> None:
    assert set(RecordArgs.__annotations__) == {"name", "type", "values", "value", "ttl"}
    assert ZoneArgs.__required_keys__ == {"domain"}
    assert ZoneArgs.__optional_keys__ == {
        "alias",
        "backend",
        "backends",
        "default_ttl",
        "ignore",
        "issuers",
        "limits",
        "manage",
        "name_servers",
        "overrides",
        "pools",
        "protect",
        "records",
        "staged",
        "zone_file",
        "zone_text",
    }
    assert SelfHealingCertArgs.__required_keys__ == {"domains"}
    assert SelfHealingCertArgs.__optional_keys__ == {
        "challenge",
        "csr",
        "deploy",
        "endpoints",
        "issuer",
        "issuers",
        "jitter",
        "key_type",
        "lifetime",
        "maintenance",
        "renewal_window",
        "revoke",
        "revoke_on_destroy",
        "zone",
    }


def test_the_limits_that_can_be_given_are_those_that_exist_with_their_defaults() -> None:
    assert LimitsArgs.__optional_keys__ == set(LIMITS)
    told = dict(re.findall(r'(\w+): NotRequired.*\n    """.*default:? ([^;"]+)\."""', inspect.getsource(LimitsArgs)))
    held = {name: getattr(Limits(), name) for name in LIMITS}
    assert told == {name: "no cap" if value is None else str(value) for name, value in held.items()} | {
        "max_exposure": f"`{Limits().max_exposure}`"
    }


def test_the_settings_of_a_backend_are_these() -> None:
    assert ZoneBackendArgs.__optional_keys__ == {
        "account_id",
        "api_user",
        "client_ip",
        "credential",
        "endpoint",
        "key_algorithm",
        "key_name",
        "kind",
        "limits",
        "path",
        "plan",
        "port",
        "proxied",
        "quota",
        "sandbox",
        "serial",
        "server",
        "timeout",
        "username",
        "view",
        "zone",
        "zone_id",
    }


def test_the_outputs_are_these() -> None:
    assert set(IntelligentDnsZone.__annotations__) == {
        "advice",
        "changes",
        "domain",
        "name_servers",
        "record_set_count",
        "serial",
        "zone_text",
    }
    assert set(SelfHealingCert.__annotations__) == {
        "advice",
        "certificate_pem",
        "chain_pem",
        "changes",
        "next_renewal",
        "not_after",
        "private_key_pem",
        "root_pem",
    }


def test_the_properties_that_policies_judge_are_these() -> None:
    assert set(Changes().as_inputs()) == {
        "accepted",
        "after",
        "base",
        "before",
        "creates",
        "deletes",
        "exposure",
        "pending",
        "reasons",
        "source",
        "ttl_only",
        "type_changes",
        "updates",
    }
    assert set(Advice("", "", Verdict.APPROVE, "").as_inputs()) == {
        "advisor",
        "edits",
        "findings",
        "id",
        "summary",
        "verdict",
    }


def loaded(statement: str, modules: tuple[str, ...]) -> str:
    """Which of some modules a fresh process has loaded after a statement."""
    program = f"import sys; {statement}; print([name for name in {modules!r} if name in sys.modules])"
    environment = os.environ | {"PYTHONPATH": str(REPO / "components")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_library_imports_nothing_heavy() -> None:
    heavy = ("pulumi_cloudflare", "anthropic", "pulumi_esc_sdk", "pulumi_random", "cryptography", "dns", "sqlite3")
    served = ("mcp", "starlette", "dbos", "redis", "prompt_toolkit")
    rooms = ", ".join(f"sophia_infra.{room}" for room in ("cli", "serving.mcp", "serving.page"))
    assert loaded(f"import sophia_infra, {rooms}", heavy + served) == "[]"


def test_a_program_that_names_all_components_loads_nothing_of_what_the_engine_calls() -> None:
    rooms = (
        "sophia_infra.advised",
        "sophia_infra.dns.lifecycle",
        "sophia_infra.dns.exposure",
        "sophia_infra.agent.execution",
        "sophia_infra.agent.understanding",
        "sophia_infra.tls.check",
        "sophia_infra.advice.claude",
    )
    assert loaded("from sophia_infra import *", rooms) == "[]"


def test_a_program_that_opens_an_environment_loads_no_more_than_that_takes() -> None:
    others = ("about", "cipher", "cloud", "editing", "functions", "providers", "schema")
    opens = f"from sophia_infra.esc import Environment; Environment.open('sophia/dev', {str(REPO / 'esc')!r})"
    heavy = (*(f"sophia_infra.esc.{name}" for name in others), "requests", "cryptography")
    assert loaded(opens, heavy) == "[]"


def test_the_paths_of_dynamic_providers_stay_because_they_stand_in_users_state() -> None:
    from sophia_infra.dns.provider import ZoneRecordsProvider
    from sophia_infra.tls.certificate_resource import CertificateProvider
    from sophia_infra.tls.key_resource import CertificateKeyProvider

    for provider in (ZoneRecordsProvider, CertificateProvider, CertificateKeyProvider):
        assert provider().__dict__ == {}, "an instance attribute would end up in the state"
