"""The pack's entry: every policy of `rules`, mandatory unless a stack's configuration says otherwise."""

from pulumi_policy import EnforcementLevel, PolicyPack
from rules import POLICIES  # type: ignore[import-not-found]  # a pack is run in its own directory

PolicyPack("sophia-blast-radius", policies=POLICIES, enforcement_level=EnforcementLevel.MANDATORY)
