"""Front-end packages of `package.json` as static files: only the files named here, straight from `node_modules`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage


@dataclass(frozen=True)
class Package:
    """Files of one folder of a package, served below `prefix`."""

    prefix: str
    folder: str
    files: tuple[str, ...]

    @property
    def path(self) -> Path:
        return Path(settings.BASE_DIR) / "node_modules" / self.folder


PACKAGES = (
    # The style sheet names its source map, and the manifest storage refuses a reference to a file it does not have.
    Package("vendor/tabler", "@tabler/core/dist/css", ("tabler.min.css", "tabler.min.css.map")),
    Package("vendor/chart", "chart.js/dist", ("chart.umd.min.js", "chart.umd.min.js.map")),
    Package("vendor/htmx", "htmx.org/dist", ("htmx.min.js",)),
)


class PackageFinder(BaseFinder):
    """Finds `vendor/<name>/<file>` for the files of PACKAGES and for no others."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Say how to get the packages where they are not installed."""
        missing = [package.folder for package in PACKAGES if not package.path.is_dir()]
        if not missing:
            return []
        message = f"Front-end packages are missing below node_modules: {', '.join(missing)}."
        return [Error(message, hint="Install them with `npm ci`.", id="csp_portal.E001")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file that is served as `path`, in a list if all matches are asked for."""
        found = [
            str(package.path / name)
            for package in PACKAGES
            for name in package.files
            if path == f"{package.prefix}/{name}" and (package.path / name).is_file()
        ]
        return found if find_all else next(iter(found), [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        """Every file with the storage that opens it."""
        for package in PACKAGES:
            storage = FileSystemStorage(location=package.path)
            storage.prefix = package.prefix  # type: ignore[attr-defined]  # collectstatic reads it
            for name in package.files:
                if not any(fnmatch(name, pattern) for pattern in ignore_patterns or ()):
                    yield name, storage
