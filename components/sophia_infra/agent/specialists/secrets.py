"""Secrets: how old they are, and when they rotate. No tool shows a value."""

from sophia_infra.agent.operations import Rotate
from sophia_infra.agent.specialists.specialist import Specialist, lookup

SPECIALIST = Specialist(
    "secrets",
    watches=("secret_age",),
    topics=("secrets",),
    operations=(Rotate,),
    tools=(lookup("secrets", "secret"),),
)
