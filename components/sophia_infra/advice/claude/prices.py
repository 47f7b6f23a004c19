"""What the models cost. These are the vendor's list prices of one day; `sophia:claude` can set others."""

from dataclasses import dataclass

AS_OF = "2026-11-29"
SOURCE = "https://platform.claude.com/docs/en/about-claude/pricing"
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, as the API counts them: `read` and `written` are those of its prompt cache."""

    input: int = 0
    output: int = 0
    read: int = 0
    written: int = 0

    @property
    def total(self) -> int:
        """All tokens, whatever they cost."""
        return self.input + self.output + self.read + self.written


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of each kind."""

    input: float
    output: float
    read: float
    written: float

    def of(self, usage: Usage) -> float:
        """Return what an answer cost, in US dollars."""
        parts = (
            usage.input * self.input,
            usage.output * self.output,
            usage.read * self.read,
            usage.written * self.written,
        )
        return sum(parts) / _MILLION


_PRICES = {
    "claude-opus-5-5": Price(4.00, 20.00, 0.20, 5.00),
    "claude-sonnet-5-5": Price(2.00, 10.00, 0.10, 2.50),
    "claude-haiku-5-5": Price(0.10, 0.50, 0.01, 0.125),  # of prompts up to 100,000 tokens; ours are far smaller
}
"""By model; `written` is the price of a cache entry that lives five minutes."""


def price_of(model: str) -> Price | None:
    """Return the list price of a model, None where it is not known."""
    return _PRICES.get(model)
