"""The secrets of a development checkout: made once, kept in a file of mode 0600, never used in production."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "KEY_ENCRYPTION_KEYS": lambda: Fernet.generate_key().decode(),
    "KEY_HASH_KEYS": lambda: secrets.token_urlsafe(32),
    "LINK_TOKEN_KEYS": lambda: secrets.token_urlsafe(32),
    "ACTIVITY_SIGNING_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "API_TOKEN_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
}


def development_secrets(path: Path) -> dict[str, str]:
    """The secrets in the file at `path`; the first call writes it, and adds those that it was written without."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        missing = {name: make() for name, make in MAKERS.items() if name not in kept}
        if missing:
            _write(path, kept | missing)
    return kept | missing


def _write(path: Path, made: dict[str, str]) -> None:
    """Replace the file in one step: whoever is killed meanwhile leaves the one that was there."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(0o600)
    draft.write_text(json.dumps(made, indent=2), encoding="utf-8")
    draft.replace(path)
