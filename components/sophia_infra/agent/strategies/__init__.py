"""A wish becomes one to three strategies: stages of operations, each previewed, ranked, best first."""

from sophia_infra.agent.strategies.model import Stage, Strategy, StrategyError
from sophia_infra.agent.strategies.patterns import PATTERNS
from sophia_infra.agent.strategies.planner import strategies_for
from sophia_infra.agent.strategies.plans import Due, Plans

__all__ = ["PATTERNS", "Due", "Plans", "Stage", "Strategy", "StrategyError", "strategies_for"]
