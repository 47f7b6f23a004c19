"""A stand-in for the Cloudflare provider: Zone makes the zone at the API in CLOUDFLARE_BASE_URL, the rest is state."""

import os

import requests

from tests.support.cloudflare_server import TOKEN
from tests.support.plugin import UNKNOWN, Difference, Properties, changed, serve


class Setting:
    """What belongs to a zone: in state only."""

    def preview(self, inputs: Properties) -> Properties:
        return inputs

    def create(self, name: str, inputs: Properties) -> tuple[str, Properties]:
        return f"{inputs['zoneId']}/{name}", inputs

    def read(self, id_: str, state: Properties) -> Properties | None:
        return state

    def diff(self, olds: Properties, news: Properties) -> Difference:
        return Difference(changed(olds, news))

    def update(self, id_: str, olds: Properties, news: Properties) -> Properties:
        return news

    def delete(self, id_: str, state: Properties) -> None:
        """Nothing lives outside the state."""


class Zone(Setting):
    """A zone at the API; one that is deleted would be lost, so the stand-in refuses to."""

    def preview(self, inputs: Properties) -> Properties:
        return inputs | {"nameServers": UNKNOWN}

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

    def delete(self, id_: str, state: Properties) -> None:
        raise NotImplementedError("a zone must never be deleted")


if __name__ == "__main__":
    serve(
        {
            "cloudflare:index/zone:Zone": Zone(),
            "cloudflare:index/zoneDnssec:ZoneDnssec": Setting(),
            "cloudflare:index/zoneSetting:ZoneSetting": Setting(),
        }
    )
