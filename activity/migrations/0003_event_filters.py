"""Indexes for the log's filters: who acted, and for which customer, by name or tenant GUID (A2)."""

from django.db import migrations

# On the partitioned table: every partition has them, those to come too. `upper()` is what `iexact` compares.
CREATE = """
CREATE INDEX activity_event_actor ON activity_event (partner_id, upper(actor_name), occurred_at DESC, id DESC);
CREATE INDEX activity_event_customer_name ON activity_event
    (partner_id, upper(customer_name), occurred_at DESC, id DESC);
CREATE INDEX activity_event_customer ON activity_event (partner_id, customer_id, occurred_at DESC, id DESC)
    WHERE customer_id IS NOT NULL;
"""

DROP = """
DROP INDEX activity_event_customer;
DROP INDEX activity_event_customer_name;
DROP INDEX activity_event_actor;
"""


class Migration(migrations.Migration):
    dependencies = (("activity", "0002_event_table"),)
    operations = (migrations.RunSQL(CREATE, DROP),)
