"""Every address of the portal; each app names its own."""

from django.conf import settings
from django.urls import include, path

from csp_portal import operator_site
from csp_portal.home import home
from csp_portal.pages import favicon, robots
from csp_portal.reader import choose_theme
from csp_portal.reason_list import reasons
from csp_portal.search import search

urlpatterns = [
    path("", home, name="home"),
    path("robots.txt", robots, name="robots"),
    path("favicon.ico", favicon, name="favicon"),
    path("search/", search, name="search"),
    path("preferences/theme/", choose_theme, name="choose_theme"),
    path("reasons/", reasons, name="reasons"),
    path("", include("csp_portal.people.urls")),
    path("", include("csp_portal.api.oauth.urls")),
    path("", include("csp_portal.api.docs.urls")),
    path("", include("csp_portal.people.api.urls")),
    path("", include("customers.api.urls")),
    path("", include("software.api.catalogue_urls")),
    path("", include("orders.api.urls")),
    path("", include("orders.api.line_urls")),
    path("", include("cancellations.api.urls")),
    path("", include("orders.billing.api.urls")),
    path("", include("cancellations.support.api.urls")),
    path("", include("activity.api.urls")),
    path("operator/", operator_site.site.urls),
    path("", include("csp_portal.accounts.urls")),
    path("", include("customers.urls")),
    path("", include("software.urls")),
    path("", include("orders.urls")),
    path("", include("orders.billing.urls")),
    path("", include("cancellations.urls")),
    path("", include("cancellations.windows.urls")),
    path("", include("cancellations.certificates.urls")),
    path("", include("cancellations.support.urls")),
    path("", include("cancellations.support.queue_urls")),
    path("", include("activity.urls")),
    path("", include("activity.feeds.urls")),
]
if not settings.PRODUCTION:
    urlpatterns.append(path("dev/mail/", include("csp_portal.mail.urls")))

handler400 = "csp_portal.pages.bad_request"
handler403 = "csp_portal.pages.forbidden"
handler404 = "csp_portal.pages.not_found"
handler500 = "csp_portal.pages.server_error"
