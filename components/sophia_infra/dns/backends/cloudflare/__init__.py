"""Zones at Cloudflare, through its API v4: `backend.Cloudflare` keeps the contract of `backends.base`."""
