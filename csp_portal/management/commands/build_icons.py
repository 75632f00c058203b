"""Builds `csp_portal/static/icons.svg`: a sprite of the icons that templates and menus name, and no others."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

SVG = "http://www.w3.org/2000/svg"
SPRITE = Path(settings.BASE_DIR) / "csp_portal" / "static" / "icons.svg"
ICONS = Path(settings.BASE_DIR) / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
APPS = ("csp_portal", "activity", "customers", "software", "orders", "cancellations")
SEARCHED = (("templates", "*.html"), *((app, "*.py") for app in APPS))
_NAMED = re.compile(r"""{%\s*icon\s+["']([a-z0-9-]+)["']|\bicon=["']([a-z0-9-]+)["']""")


def icons_used() -> set[str]:
    """Names written as `{% icon "name" %}` or `icon="name"` in templates, and as `icon="name"` in Python code."""
    base = Path(settings.BASE_DIR)
    files = [path for folder, pattern in SEARCHED for path in (base / folder).rglob(pattern)]
    matches = (match for path in files for match in _NAMED.finditer(path.read_text(encoding="utf-8")))
    # this module's own example is no icon
    return {match[1] or match[2] for match in matches} - {"name"}


def symbol(name: str) -> str:
    """One icon as a symbol; the shape is Tabler's, colour and stroke width come from the page."""
    try:
        root = ElementTree.parse(ICONS / f"{name}.svg").getroot()  # noqa: S314  # a file of an installed package
    except FileNotFoundError as error:
        raise CommandError(f"@tabler/icons has no outline icon called {name!r}.") from error
    shapes = [child for child in root if child.get("stroke") != "none"]  # an invisible frame around each icon
    for shape in root.iter():
        shape.tag = shape.tag.removeprefix(f"{{{SVG}}}")
    body = "".join(ElementTree.tostring(shape, encoding="unicode").strip() for shape in shapes)
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        f'stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
    )


def sprite(names: set[str]) -> str:
    """The whole file, an icon a line."""
    lines = "\n".join(symbol(name) for name in sorted(names))
    return f'<svg xmlns="{SVG}">\n{lines}\n</svg>\n'


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        names = icons_used()
        SPRITE.write_text(sprite(names), encoding="utf-8")
        self.stdout.write(f"{len(names)} icons in {SPRITE.name}.")
