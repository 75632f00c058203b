"""Every address of the portal; each app names its own."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from csp_portal.home import home
from csp_portal.reader import choose_theme

APPS = ("csp_portal.accounts", "customers", "software", "orders", "orders.billing", "cancellations", "activity")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("preferences/theme/", choose_theme, name="choose_theme"),
    *(path("", include(f"{app}.urls")) for app in APPS if find_spec(f"{app}.urls")),
]

handler400 = "csp_portal.pages.bad_request"
handler403 = "csp_portal.pages.forbidden"
handler404 = "csp_portal.pages.not_found"
handler500 = "csp_portal.pages.server_error"
