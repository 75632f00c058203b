"""An index for what happened to one purchase and its keys (K2)."""

from django.db import migrations

# On the partitioned table: every partition has it, those to come too.
CREATE = """
CREATE INDEX activity_event_purchase ON activity_event (partner_id, purchase_id, occurred_at DESC, id DESC)
    WHERE purchase_id IS NOT NULL;
"""

DROP = "DROP INDEX activity_event_purchase;"


class Migration(migrations.Migration):
    dependencies = (("activity", "0003_event_filters"),)
    operations = (migrations.RunSQL(CREATE, DROP),)
