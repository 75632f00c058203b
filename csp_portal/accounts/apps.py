from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "csp_portal.accounts"
    label = "accounts"
    verbose_name = _("Partners and people")

    def ready(self) -> None:
        """Connect the log to Django's own sign-in signals."""
        from csp_portal.accounts import sign_in_log

        sign_in_log.connect()
