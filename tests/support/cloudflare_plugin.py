"""A stand-in for the Cloudflare provider: Zone makes the zone at the API in CLOUDFLARE_BASE_URL, the rest is state."""

import os

import requests

from tests.support.cloudflare_server import TOKEN
from tests.support.plugin import UNKNOWN, Difference, Properties, changed, serve


class Setting:
    """A setting of a zone, in state only. The provider takes one out of the state and leaves it at Cloudflare."""

    needed: frozenset[str] = frozenset({"zoneId", "settingId", "value"})
    known = needed | {"enabled"}

    def preview(self, inputs: Properties) -> Properties:
        self._check(inputs)
        return inputs

    def create(self, name: str, inputs: Properties) -> tuple[str, Properties]:
        self._check(inputs)
        return str(inputs["settingId"]), {**inputs, "editable": True}

    def _check(self, inputs: Properties) -> None:
        assert self.needed <= inputs.keys() <= self.known, f"the provider's schema knows no such inputs: {[*inputs]}"

    def read(self, id_: str, state: Properties) -> Properties | None:
        return state

    def diff(self, olds: Properties, news: Properties) -> Difference:
        return Difference(changed(olds, news))

    def update(self, id_: str, olds: Properties, news: Properties) -> Properties:
        return news

    def delete(self, id_: str, state: Properties) -> None:
        raise NotImplementedError("nothing of a zone must ever be deleted: see docs/cloudflare.md")


class Dnssec(Setting):
    """The signing of a zone; the provider deletes it at Cloudflare, which breaks the zone while a DS stands above."""

    needed = frozenset({"zoneId"})
    known = needed | {"status", "dnssecMultiSigner", "dnssecPresigned", "dnssecUseNsec3"}

    def preview(self, inputs: Properties) -> Properties:
        return super().preview(inputs) | {"ds": UNKNOWN}

    def create(self, name: str, inputs: Properties) -> tuple[str, Properties]:
        self._check(inputs)
        return str(inputs["zoneId"]), {**inputs, "ds": f"shop.example. 3600 IN DS 2371 13 2 {'ab' * 32}"}


class Zone(Setting):
    """A zone at the API; one that is deleted would be lost."""

    needed = frozenset({"account", "name"})
    known = needed | {"type", "paused", "vanityNameServers"}

    def preview(self, inputs: Properties) -> Properties:
        return super().preview(inputs) | {"nameServers": UNKNOWN}

    def create(self, name: str, inputs: Properties) -> tuple[str, Properties]:
        answer = requests.post(
            f"{os.environ['CLOUDFLARE_BASE_URL']}/zones",
            json=inputs,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=30,
        ).json()["result"]
        return answer["id"], inputs | {"nameServers": answer["name_servers"]}

    def read(self, id_: str, state: Properties) -> Properties | None:
        return {"account": {"id": "a" * 32}, "name": "shop.example", "type": "full", **state}


if __name__ == "__main__":
    serve(
        {
            "cloudflare:index/zone:Zone": Zone(),
            "cloudflare:index/zoneDnssec:ZoneDnssec": Dnssec(),
            "cloudflare:index/zoneSetting:ZoneSetting": Setting(),
        }
    )
