"""How resources of any kind get their credentials."""

from sophia_infra.credentials.lookup import CredentialError, Credentials

__all__ = ["CredentialError", "Credentials"]
