"""Every scenario, by name."""

from tests.dns.scenarios.changes import CHANGES
from tests.dns.scenarios.model import Scenario
from tests.dns.scenarios.shared import SHARED
from tests.dns.scenarios.sizes import SIZES
from tests.dns.scenarios.texts import TEXTS
from tests.dns.scenarios.types import TYPES

ALL: dict[str, Scenario] = {one.name: one for one in [*TYPES, *CHANGES, *TEXTS, *SIZES, *SHARED]}
