"""Addresses of a customer's Software tab, which shows cancelling, of the cancellation itself, and of the rules."""

from django.urls import path

from cancellations.rules_page.views import rules
from cancellations.several.views import several
from cancellations.software_page.views import software
from cancellations.views import cancel

app_name = "cancellations"

urlpatterns = [
    path("rules/", rules, name="rules"),
    path("customers/<uuid:tenant_id>/software/", software, name="software"),
    path("customers/<uuid:tenant_id>/software/<uuid:sku_id>/cancel/", cancel, name="cancel"),
    path("customers/<uuid:tenant_id>/cancel/", several, name="several"),
]
