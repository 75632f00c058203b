from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WindowsConfig(AppConfig):
    name = "cancellations.windows"
    label = "windows"
    verbose_name = _("Windows closing")
