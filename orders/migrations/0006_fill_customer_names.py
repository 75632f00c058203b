"""The customer's name on orders from before it was kept with them: the one that invoices have shown until now (R5)."""

from django.db import migrations

FILL = """
UPDATE orders_order AS placed SET customer_name = customer.company_name
FROM customers_customer AS customer
WHERE customer.id = placed.customer_id AND placed.customer_name = '';
"""


class Migration(migrations.Migration):
    dependencies = (("orders", "0005_customer_names"),)

    operations = (migrations.RunSQL(FILL, migrations.RunSQL.noop),)
