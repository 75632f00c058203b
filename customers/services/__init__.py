"""Adding, changing and importing customers."""

from customers.services.changing import change_customer, create_customer
from customers.services.importing import ImportPlan, check_import, import_customers, plan_import

__all__ = [
    "ImportPlan",
    "change_customer",
    "check_import",
    "create_customer",
    "import_customers",
    "plan_import",
]
