"""Why the model had no say: the rules decide then, and the advice says which of these it was."""

from enum import StrEnum


class Lack(StrEnum):
    """Why there is no answer."""

    NO_KEY = "no-key"
    NOT_INSTALLED = "not-installed"
    ENDPOINT = "endpoint"
    BUDGET = "budget-spent"
    CIRCUIT = "circuit-open"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate-limited"
    OVERLOADED = "overloaded"
    REJECTED = "rejected"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    INVALID = "invalid"


OF_SERVICE = (Lack.TIMEOUT, Lack.UNREACHABLE, Lack.RATE_LIMITED, Lack.OVERLOADED)
"""Those that the service is at fault for, and that the next request will most likely meet too."""


class NoAnswerError(Exception):
    """There is no answer; `lack` says why, and the text says it to people, without a word from outside."""

    def __init__(self, lack: Lack, told: str) -> None:
        super().__init__(told)
        self.lack = lack
