"""Every place where a zone can live in tests: zone files, two name servers, and the stand-ins of two providers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.dns.backends import Backend, Credentials, open_backend
from tests.dns.scenarios.model import DOMAIN
from tests.support import bind, cloudflare_server, knot, namecheap_server
from tests.support.primary import FRAME, SECRET, Primary


@dataclass(frozen=True, slots=True)
class Home:
    """Where the zone lives: how runs find it, and how the test does."""

    settings: dict[str, Any]
    backend: Backend
    secrets: dict[str, str]
    """The environment variables in which a backend looks for its credentials."""


def home(settings: dict[str, Any], **secrets: str) -> Home:
    return Home(settings, open_backend(settings, DOMAIN, Credentials({"sophia:tsigSecret": SECRET}.get)), secrets)


@contextmanager
def in_file(folder: Path) -> Iterator[Home]:
    path = folder / "zones" / "db"
    path.parent.mkdir()
    path.write_text(f"$ORIGIN {DOMAIN}.\n{FRAME}")
    yield home({"kind": "file", "path": str(path)})


def at_primary(
    installed: Callable[[], bool], updatable: Callable[[Path], AbstractContextManager[Primary]]
) -> Callable[[Path], AbstractContextManager[Home]]:
    @contextmanager
    def served(folder: Path) -> Iterator[Home]:
        if not installed():
            pytest.skip("the name server is not installed; python -m engine.debian gets it")
        with updatable(folder / "run") as primary:
            yield home(primary.settings, SOPHIA_TSIG_SECRET=SECRET)

    return served


@contextmanager
def at_cloudflare(_: Path) -> Iterator[Home]:
    with cloudflare_server.serving(cloudflare_server.CloudflareServer()) as server:
        settings = {"kind": "cloudflare", "endpoint": server.endpoint}
        yield home(settings, CLOUDFLARE_API_TOKEN=cloudflare_server.TOKEN)


@contextmanager
def at_namecheap(_: Path) -> Iterator[Home]:
    with namecheap_server.running(shop_example=namecheap_server.Domain([], email="MX")) as account:
        names = {"username": namecheap_server.USER, "client_ip": namecheap_server.IP}
        settings = {"kind": "namecheap", "endpoint": account.endpoint, "quota": [10**6] * 3, **names}
        yield home(settings, NAMECHEAP_API_KEY=namecheap_server.KEY)


HOMES: dict[str, Callable[[Path], AbstractContextManager[Home]]] = {
    "file": in_file,
    "knot": at_primary(knot.installed, knot.updatable),
    "bind": at_primary(bind.installed, bind.updatable),
    "cloudflare": at_cloudflare,
    "namecheap": at_namecheap,
}
