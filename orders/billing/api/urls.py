"""Addresses of invoices in the API; those with words of their own come before ids."""

from csp_portal.api.routes import endpoint
from orders.billing.api import endpoints, line_endpoints

urlpatterns = [
    endpoint("invoices", endpoints.Invoices, "invoices"),
    endpoint("invoices/summary", endpoints.Summary, "invoice_summary"),
    endpoint("invoices/summaries", endpoints.Summaries, "invoice_summaries"),
    endpoint("invoices/estimates/links", endpoints.EstimateLinks, "invoice_estimates"),
    endpoint("invoices/unbilled/lineitems", line_endpoints.UnbilledLineItems, "unbilled_lines"),
    endpoint(
        "invoices/unbilled/documents/reconciliation", line_endpoints.UnbilledReconciliation, "unbilled_reconciliation"
    ),
    endpoint("invoices/accounts/<id:currency>/months", endpoints.StatementOfAccount, "statement_of_account"),
    endpoint(
        "invoices/accounts/<id:currency>/documents/statement",
        endpoints.StatementOfAccountDocument,
        "statement_of_account_csv",
    ),
    endpoint("invoices/<id:invoice_id>", endpoints.OneInvoice, "invoice"),
    endpoint("invoices/<id:invoice_id>/documents/statement", endpoints.StatementDocument, "invoice_pdf"),
    endpoint(
        "invoices/<id:invoice_id>/documents/reconciliation", endpoints.ReconciliationDocument, "invoice_reconciliation"
    ),
    endpoint("invoices/<id:invoice_id>/payments", endpoints.Payments, "invoice_payments"),
    endpoint("invoices/<id:invoice_id>/lineitems", line_endpoints.LineItems, "invoice_lines"),
    endpoint(
        "invoices/<id:invoice_id>/lineitems/<id:provider>/<id:line_type>",
        line_endpoints.LineItemsByPath,
        "invoice_lines_by_path",
    ),
]
