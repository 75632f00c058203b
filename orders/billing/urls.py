"""Addresses of the account: what is not invoiced yet, and invoices."""

from django.urls import path

from orders.billing import converters, operator_views, views

converters.register()

app_name = "billing"
urlpatterns = [
    path("operator/partners/<uuid:partner_id>/credit-limit/", operator_views.credit_limit, name="credit_limit"),
    path("invoices/", views.invoices, name="invoices"),
    path("invoices/unbilled/<currency:currency>/", views.unbilled, name="unbilled"),
    path("invoices/<month:month>/<currency:currency>/", views.closed, name="closed"),
    path("invoices/<invoice_number:invoice_number>/", views.invoice, name="invoice"),
]
