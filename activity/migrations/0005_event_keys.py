"""An index for what happened to one product key, by its hashes (K2, A2)."""

from django.db import migrations

# On the partitioned table: every partition has it, those to come too.
CREATE = """
CREATE INDEX activity_event_key ON activity_event (partner_id, key_hash, occurred_at DESC, id DESC)
    WHERE key_hash <> '';
"""

DROP = "DROP INDEX activity_event_key;"


class Migration(migrations.Migration):
    dependencies = (("activity", "0004_event_purchases"),)
    operations = (migrations.RunSQL(CREATE, DROP),)
