"""Cloudflare without its limit of requests, for stacks of hundreds of zones: named as the kind of a zone's backend."""

from sophia_infra.dns.backends.budget import Window
from sophia_infra.dns.backends.cloudflare import client
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare

client.LIMIT = Window(10**9, 300)
__all__ = ["Cloudflare"]
