"""Whether a certificate is served where the program says so, asked once."""

from collections.abc import Mapping
from typing import Any

from sophia_infra import clock
from sophia_infra.advice.model import Level
from sophia_infra.errors import SophiaError
from sophia_infra.probes.measured import Measured, Phase
from sophia_infra.tls.endpoints import look, read
from sophia_infra.tls.endpoints.judge import judge
from sophia_infra.values import listed


def served(inputs: Mapping[str, Any], fields: Mapping[str, Any]) -> Measured:
    """Shake hands at the endpoints of a certificate; one that can't be reached is inconclusive.

    Args:
        inputs: of its resource, with `endpoints`.
        fields: of its state.

    Raises:
        SophiaError: `endpoints` has what is none.
    """
    names, now = tuple(map(str, fields.get("domains") or ())), clock.now()
    wanted = f"{fields.get('certificate_pem')}{fields.get('chain_pem')}"
    found = [
        (finding, bool(shown.why))
        for endpoint, shown in look(read(inputs, names, SophiaError))
        for finding in judge(endpoint, shown, wanted, now)
    ]
    if wrong := [f"{each.subject}: {each.message}" for each, _ in found if each.level is Level.ERROR]:
        return Measured(Phase.FAILED, listed(wrong))
    unknown = [f"{each.subject}: {each.message}" for each, is_unknown in found if is_unknown]
    return Measured.of(listed(unknown), Phase.INCONCLUSIVE)
