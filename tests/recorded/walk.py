"""What changes or shows something, found in the code itself: nobody has to remember to list a new one."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from django.core.management import get_commands
from django.urls import URLPattern

from csp_portal.celery import app
from csp_portal.operator_site import site

PACKAGES = ("csp_portal", "customers", "software", "orders", "cancellations", "activity")
NOT_PART_OF_IT = ("migrations", "demo", "wsgi")  # the demo calls services, as a person would


def modules() -> Iterator[ModuleType]:
    """Every module of the portal."""
    for package in PACKAGES:
        root = import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not set(found.name.split(".")) & set(NOT_PART_OF_IT):
                yield import_module(found.name)


def services() -> set[str]:
    """Public functions of modules called services, and whatever else of the portal takes an `actor` by keyword."""
    return {
        f"{module.__name__}.{name}"
        for module, name, thing in functions()
        if not name.startswith("_")
        if "services" in module.__name__.split(".") or _takes_actor(thing)
    }


def functions() -> Iterator[tuple[ModuleType, str, Any]]:
    """Every function that a module of the portal holds, with the module and its name."""
    for module in modules():
        for name, thing in vars(module).items():
            if _is_own_function(thing, module):
                yield module, name, thing


def _is_own_function(thing: Any, module: ModuleType) -> bool:
    return inspect.isfunction(inspect.unwrap(thing)) and getattr(thing, "__module__", "") == module.__name__


def _takes_actor(function: Any) -> bool:
    found = inspect.signature(function).parameters.get("actor")
    return found is not None and found.kind == inspect.Parameter.KEYWORD_ONLY


def tasks() -> set[str]:
    """Every task that a worker of the portal knows."""
    app.loader.import_default_modules()
    return {name for name in app.tasks if name.startswith(tuple(f"{package}." for package in PACKAGES))}


def commands() -> set[str]:
    """Every command of manage.py that is ours."""
    return {f"manage.py {name}" for name, package in get_commands().items() if package.startswith(PACKAGES)}


def operator_forms() -> set[str]:
    """Every address of the operator's site that takes a POST."""
    return {f"operator: {pattern.name}" for pattern in _patterns(site.get_urls()) if _takes_post(pattern)}


def _patterns(urls: list[Any]) -> Iterator[URLPattern]:
    for url in urls:
        if isinstance(url, URLPattern):
            yield url
        else:
            yield from _patterns(url.url_patterns)


def _takes_post(pattern: URLPattern) -> bool:
    methods: list[str] = inspect.getclosurevars(pattern.callback).nonlocals["request_method_list"]  # of its method gate
    return "POST" in methods
