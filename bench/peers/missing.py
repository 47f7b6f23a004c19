"""What a benchmark raises where a peer or a server that it needs can't be had."""


class MissingError(RuntimeError):
    """It says what is missing, and how to get it."""
