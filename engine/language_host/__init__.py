"""Pulumi's Python language host: the gRPC service through which the engine runs Python programs.

Used only where the engine was built from Go modules, which the official host can't be. It runs in a
Python that has the Pulumi SDK; the programs it starts may use another one.
"""
