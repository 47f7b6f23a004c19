"""Pulumi ESC environments, evaluated from files or by Pulumi Cloud: docs/environments.md."""

from sophia_infra.esc.environment import Environment
from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.files import Files
from sophia_infra.esc.numbers import Number
from sophia_infra.esc.sources import Local, Source
from sophia_infra.esc.values import Value

__all__ = ["Environment", "EscError", "Files", "Local", "Number", "Place", "Source", "Value"]
