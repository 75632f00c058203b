"""The partner's account: charges and credits posted to it, months closed, invoices issued."""

from orders.billing.services.closing import close_due_months, issue_due_invoices, issue_invoice
from orders.billing.services.credits import account_of, credit_month, fix_credit, month_of_credit
from orders.billing.services.limits import set_credit_limit
from orders.billing.services.payment_imports import check_payments, import_payments
from orders.billing.services.payments import post_payment, reversal_refusal, reverse_payment
from orders.billing.services.posting import post_charges, post_credit, post_due_credits

__all__ = [
    "account_of",
    "check_payments",
    "close_due_months",
    "credit_month",
    "fix_credit",
    "import_payments",
    "issue_due_invoices",
    "issue_invoice",
    "month_of_credit",
    "post_charges",
    "post_credit",
    "post_due_credits",
    "post_payment",
    "reversal_refusal",
    "reverse_payment",
    "set_credit_limit",
]
