"""A requirement becomes one to three strategies: stages of operations, each previewed, ranked, best first."""

from sophia_infra.agent.strategies.model import Stage, Strategy, StrategyError
from sophia_infra.agent.strategies.planning import strategies_for

__all__ = ["Stage", "Strategy", "StrategyError", "strategies_for"]
