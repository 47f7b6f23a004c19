"""The pack's entry: every policy of `rules`, mandatory unless a stack's configuration says otherwise."""

import sys
from pathlib import Path

from pulumi_policy import EnforcementLevel, PolicyPack

try:
    from rules import POLICIES  # type: ignore[import-not-found]  # a pack is run in its own directory
except ModuleNotFoundError as error:
    if error.name != "sophia_policy_kit":
        raise
    kit = Path(__file__).resolve().parents[1] / "kit"
    sys.exit(
        f"The policy pack needs sophia_policy_kit, which {sys.executable} does not have. Install it by its folder: "
        f"{sys.executable} -m pip install {kit}"
    )

PolicyPack("sophia-blast-radius", policies=POLICIES, enforcement_level=EnforcementLevel.MANDATORY)
