"""One order of this library, as `up` places it: `python -m bench.peers.order SETTINGS NAME`."""

import json
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sophia_infra.credentials import Credentials
from sophia_infra.tls import keys
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Access, Order
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.spec import ArgumentError, KeyType
from sophia_infra.values import Value


def certificate(settings: Mapping[str, Any], name: str) -> str:
    """Make a key, order a certificate for a name, and return it; `account_key` of the settings signs the order."""
    issuer = AcmeIssuer(
        IssuerSettings.read(Value("issuer", settings["issuer"], ArgumentError)),
        ChallengeSettings.from_inputs({"challenge": settings["challenge"]}, ArgumentError),
        Access(settings["account_key"], Credentials()),
    )
    csr = keys.signing_request(keys.generate(KeyType.ECDSA_P256), (name,))
    return issuer.issue(Order(f"bench/{name}", 1, "", csr, (name,), timedelta(days=90))).certificate_pem


if __name__ == "__main__":
    print(certificate(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]))
