"""The forms of the operator's site, and the rows of the operator's own chain."""

from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from activity.models import Action
from tests.recorded.registry import Call, Row, system
from tests.recorded.world import KEEPER, OPERATOR, World


def by_keeper(action: Action) -> Row:
    """A row of the operator's chain that an Operator admin has caused."""
    return Row(action, KEEPER, OPERATOR)


def by_command(action: Action, name: str) -> Row:
    """A row of the operator's chain that a command has caused."""
    return Row(action, system(name), OPERATOR)


def form(world: World, page: str, *args: object, **fields: object) -> Call:
    """Send a form of the operator's site; what it uploads is read anew each time."""
    address, browser = reverse(f"admin:{page}", args=args), world.browser_of(world.keeper)

    def send() -> object:
        return browser.post(address, {name: _again(value) for name, value in fields.items()})

    return send


def _again(value: object) -> Any:
    return SimpleUploadedFile(value.name, value.read_bytes()) if isinstance(value, Path) else value
