"""The secrets of a development checkout: made once, kept in a file of mode 0600, never used in production."""

import json
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet


def development_secrets(path: Path) -> dict[str, str]:
    """The secrets in the file at `path`; the first call writes it."""
    if not path.exists():
        _write_once(path)
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _write_once(path: Path) -> None:
    """Write new secrets to `path`; of several processes at once the first one's stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "KEY_HASH_KEYS": secrets.token_urlsafe(32),
        "LINK_TOKEN_KEYS": secrets.token_urlsafe(32),
    }
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(0o600)
    draft.write_text(json.dumps(made, indent=2), encoding="utf-8")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
