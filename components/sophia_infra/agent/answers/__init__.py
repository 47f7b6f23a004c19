"""What questions are answered with: of the stack's state, its files and its journal, without a model. docs/agent.md."""

from sophia_infra.agent.answers.answer import Answer, answer

__all__ = ["Answer", "answer"]
