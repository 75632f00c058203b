"""What the operator keeps about money, below `/operator/`: partners with their limits, invoices, payments (P5, R6)."""

from orders.billing.admin import invoices, partners, payments

__all__ = ["invoices", "partners", "payments"]
