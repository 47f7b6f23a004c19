"""Certificates: when they end, and when they are renewed."""

from sophia_infra.agent.operations import Renew
from sophia_infra.agent.specialists.specialist import Specialist, lookup

SPECIALIST = Specialist(
    "certificates",
    watches=("expiry",),
    topics=("certificates",),
    operations=(Renew,),
    tools=(lookup("certificates", "certificate"),),
)
