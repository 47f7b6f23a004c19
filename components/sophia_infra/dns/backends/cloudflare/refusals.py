"""Which record sets a batch was refused for, and the API's words for it without their values. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from sophia_infra.dns.backends.cloudflare.batches import ORDER, Step
from sophia_infra.dns.backends.cloudflare.client import Told
from sophia_infra.dns.reader.problems import bounded

SHOWN = 5
"""How many subjects, or errors of the API, a message names."""
_SHORT = 3  # characters: shorter values stand in every message
_POINTER = re.compile(r"\b(deletes|patches|posts)\W{1,2}([0-9]{1,6})\b")
_HIDDEN = "(its value)"


def culprits(steps: Sequence[Step], errors: Sequence[Told]) -> str:
    """Name the record sets that an error points at, or else speaks of; all of the batch where it does neither.

    `source.pointer` is of the form `/posts/0/content`, as far as it is known: the API's reference gives it no form.
    """
    found = list(_pointed(steps, errors)) or _spoken_of(steps, " ".join(error.message for error in errors))
    names = named({step.record.subject for step in found})
    return names if len(found) < len(steps) or len(steps) == 1 else f"one or more of {names}"


def explained(steps: Sequence[Step], errors: Sequence[Told]) -> str:
    """Return what the API says. A value may be a secret that another resource made: what it repeats is left out."""
    values = sorted({value for step in steps for value in _values(step)}, key=len, reverse=True)
    return ", ".join(bounded(_without(f"{error.message} ({error.code})", values)) for error in errors[:SHOWN])


def named(subjects: set[str]) -> str:
    """List record sets for a message, the first ones by name."""
    shown = sorted(subjects)[:SHOWN]
    return ", ".join(shown) + (f" and {len(subjects) - SHOWN} more" if len(subjects) > SHOWN else "")


def _pointed(steps: Sequence[Step], errors: Sequence[Told]) -> Iterator[Step]:
    parts = {part: [step for step in steps if step.part == part] for part in ORDER}
    for error in errors:
        place = _POINTER.search(error.pointer)
        if place and int(place[2]) < len(parts[place[1]]):
            yield parts[place[1]][int(place[2])]


def _spoken_of(steps: Sequence[Step], message: str) -> list[Step]:
    """Narrow a batch down by what the message repeats of it: ids, names, and then values."""
    found = list(steps)
    told: tuple[Callable[[Step], set[str]], ...] = (_ids, _names, _values)
    for words in told:
        found = [step for step in found if any(_stands_in(word, message) for word in words(step))] or found
    return found


def _stands_in(word: str, message: str) -> bool:
    """Whether it does as a word of its own: `a.example` does not stand in `data.example` or `a.example.net`."""
    whole = rf"(?<![\w-])(?<!\w\.){re.escape(word)}(?![\w-]|\.\w)"
    return word in message and re.search(whole, message) is not None


def _ids(step: Step) -> set[str]:
    return {str(step.content["id"])} if "id" in step.content else set()


def _names(step: Step) -> set[str]:
    return {str(step.content["name"])} if "name" in step.content else set()


def _values(step: Step) -> set[str]:
    """The value of a record in the forms in which the API may repeat it."""
    data = step.content.get("data")
    parts = data.values() if isinstance(data, Mapping) else ()
    sent = [step.record.rdata, *(part for part in (step.content.get("content"), *parts) if isinstance(part, str))]
    texts = {string for text in sent for string in (text, *text.strip('"').split('" "'))}
    texts |= {re.sub(r"\\(.)", r"\1", text) for text in texts}
    return {text for text in texts if len(text) > _SHORT}


def _without(message: str, values: Sequence[str]) -> str:
    for value in values:
        message = message.replace(value, _HIDDEN)
    return message
