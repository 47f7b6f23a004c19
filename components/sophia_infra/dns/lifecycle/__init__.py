"""The engine's side: what check, create, update and delete do for a zone."""
