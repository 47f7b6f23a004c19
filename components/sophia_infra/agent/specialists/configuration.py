"""Configuration: plain settings of a stack, and plain values of environments in files."""

from sophia_infra.agent.operations import SetEnvironmentValue, SetSetting
from sophia_infra.agent.specialists.specialist import Specialist, lookup

SPECIALIST = Specialist(
    "configuration",
    topics=("environments", "settings"),
    operations=(SetEnvironmentValue, SetSetting),
    tools=(lookup("settings", "setting", "environment"),),
)
