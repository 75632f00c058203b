"""The portal itself as a Django app: commands, templates' tags, static files, and the Celery application."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from csp_portal.celery import app as celery_app

__all__ = ["PortalConfig", "celery_app"]  # imported so that tasks queued by web processes find their broker


class PortalConfig(AppConfig):
    name = "csp_portal"

    def ready(self) -> None:
        """Load every app's `reasons`, so that the page of reasons lists them all."""
        autodiscover_modules("reasons")
