"""A stand-in for the random provider: RandomPet, RandomId and RandomPassword as they are documented."""

from __future__ import annotations

import base64
import secrets
import string
from dataclasses import dataclass

from tests.support.plugin import UNKNOWN, Difference, Properties, changed, serve

ADJECTIVES = ("able", "brave", "calm", "eager", "fair", "glad", "keen", "proud")
ANIMALS = ("ant", "bee", "cod", "doe", "elk", "fox", "gnu", "hen")
SYMBOLS = "!@#$%&*()-_=+[]{}<>:?"


@dataclass(frozen=True, slots=True)
class Random:
    """What all of them share: values live in state only, and any new input makes a new object."""

    outputs: tuple[str, ...] = ()

    def preview(self, inputs: Properties) -> Properties:
        return inputs | dict.fromkeys(self.outputs, UNKNOWN)

    def read(self, id_: str, state: Properties) -> Properties | None:
        return state

    def diff(self, olds: Properties, news: Properties) -> Difference:
        names = changed(olds, news)
        return Difference(names, names)

    def update(self, id_: str, olds: Properties, news: Properties) -> Properties:
        raise NotImplementedError("every change of a random resource replaces it")

    def delete(self, id_: str, state: Properties) -> None:
        """Nothing lives outside the state."""


class RandomPet(Random):
    """`length` words, joined by `separator` behind an optional `prefix`; the name is the id."""

    def create(self, name: str, inputs: Properties) -> tuple[str, Properties]:
        whole: Properties = {"length": 2, "separator": "-"} | inputs
        words = [secrets.choice(ADJECTIVES) for _ in range(int(whole["length"]) - 1)]
        parts = [inputs.get("prefix"), *words, secrets.choice(ANIMALS)]
        pet = whole["separator"].join(part for part in parts if part)
        return pet, whole | {"id": pet}


class RandomId(Random):
    """`byteLength` random bytes in every notation; the URL-safe base64 form is the id."""

    def create(self, name: str, inputs: Properties) -> tuple[str, Properties]:
        raw = secrets.token_bytes(int(inputs["byteLength"]))
        prefix = inputs.get("prefix", "")
        url = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return url, inputs | {
            "b64Std": prefix + base64.b64encode(raw).decode(),
            "b64Url": prefix + url,
            "dec": prefix + str(int.from_bytes(raw)),
            "hex": prefix + raw.hex(),
            "id": url,
        }


class RandomPassword(Random):
    """`length` characters, with symbols unless `special` is false; the id says nothing of the value."""

    def create(self, name: str, inputs: Properties) -> tuple[str, Properties]:
        symbols = inputs.get("overrideSpecial", SYMBOLS) if inputs.get("special", True) else ""
        alphabet = string.ascii_letters + string.digits + symbols
        value = "".join(secrets.choice(alphabet) for _ in range(int(inputs["length"])))
        return "none", inputs | {"result": value}


if __name__ == "__main__":
    serve(
        {
            "random:index/randomPet:RandomPet": RandomPet(("id",)),
            "random:index/randomId:RandomId": RandomId(("b64Std", "b64Url", "dec", "hex", "id")),
            "random:index/randomPassword:RandomPassword": RandomPassword(("result",)),
        }
    )
