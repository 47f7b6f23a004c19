"""Pulumi ESC environments, evaluated from files or by Pulumi Cloud: docs/environments.md."""

from sophia_infra.esc.environment import Environment
from sophia_infra.esc.errors import EscError, Place
from sophia_infra.esc.evaluation import Decrypter, Definitions, Provider
from sophia_infra.esc.files import Files
from sophia_infra.esc.numbers import Number
from sophia_infra.esc.sources import Local, Source, held, write
from sophia_infra.esc.values import Value

__all__ = [
    "Decrypter",
    "Definitions",
    "Environment",
    "EscError",
    "Files",
    "Local",
    "Number",
    "Place",
    "Provider",
    "Source",
    "Value",
    "held",
    "write",
]
