"""`demo.json` in the var folder: the passwords of the demo's users, made once, and ids worth trying."""

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings

from csp_portal.demo.cast import PARTNERS, USERS, DemoUser

BEGUN = "history_until"  # the instant on which the demo's history hangs, noted before anything is made


API_CLIENTS = "api_clients"


def path() -> Path:
    """Where the notes are kept, readable by their owner only."""
    return Path(settings.VAR_DIR) / "demo.json"


def read() -> dict[str, Any]:
    """The notes; empty if there are none yet."""
    try:
        notes: dict[str, Any] = json.loads(path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return notes


def write(notes: dict[str, Any]) -> None:
    """Replace the notes in one step."""
    draft = path().with_suffix(".new")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.touch(0o600)
    draft.write_text(json.dumps(notes, indent=2, ensure_ascii=False), encoding="utf-8")
    draft.replace(path())


def keep(name: str, value: str) -> str:
    """What is noted under `name`; `value` is noted if nothing is."""
    notes = read()
    if name not in notes:
        notes[name] = value
        write(notes)
    return str(notes[name])


def _person(user: DemoUser, password: str) -> dict[str, Any]:
    partner = next((partner.legal_name for partner in PARTNERS if partner.key == user.partner), None)
    return {"email": user.email, "password": password, "roles": list(user.roles), "partner": partner}


def is_unfinished() -> bool:
    """Whether loading the demo was begun and interrupted."""
    notes = read()
    return BEGUN in notes and "examples" not in notes


def passwords() -> dict[str, str]:
    """The password of each demo user by e-mail; written down before any of them is used."""
    notes = read()
    known = {user["email"]: user["password"] for user in notes.get("users", [])}
    made = {user.email: known.get(user.email) or secrets.token_urlsafe(12) for user in USERS}
    if made != known:
        people = [_person(user, made[user.email]) for user in USERS]
        write({**notes, "users": people})
    return made
