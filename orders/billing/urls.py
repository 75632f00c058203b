"""Addresses of the account: what is not invoiced yet, and invoices."""

from django.urls import path

from orders.billing import converters, operator_views, views

converters.register()

app_name = "billing"
urlpatterns = [
    path("operator/partners/<uuid:partner_id>/credit-limit/", operator_views.credit_limit, name="credit_limit"),
    path(
        "operator/partners/<uuid:partner_id>/invoices/<month:month>/<currency:currency>/issue/",
        operator_views.issue,
        name="issue",
    ),
    path("operator/invoices/<invoice_number:invoice_number>/payment/", operator_views.payment, name="payment"),
    path("operator/payments/<uuid:payment_id>/reverse/", operator_views.reversal, name="reversal"),
    path("invoices/", views.invoices, name="invoices"),
    path("invoices/unbilled/<currency:currency>/", views.unbilled, name="unbilled"),
    path("invoices/unbilled/<currency:currency>/csv/", views.unbilled_csv, name="unbilled_csv"),
    path("invoices/statement/<currency:currency>/", views.statement, name="statement"),
    path("invoices/statement/<currency:currency>/csv/", views.statement_csv, name="statement_csv"),
    path("invoices/<month:month>/<currency:currency>/", views.closed, name="closed"),
    path("invoices/<month:month>/<currency:currency>/csv/", views.closed_csv, name="closed_csv"),
    path("invoices/<invoice_number:invoice_number>/", views.invoice, name="invoice"),
    path("invoices/<invoice_number:invoice_number>/csv/", views.invoice_csv, name="invoice_csv"),
    path("invoices/<invoice_number:invoice_number>/pdf/", views.invoice_document, name="invoice_pdf"),
]
