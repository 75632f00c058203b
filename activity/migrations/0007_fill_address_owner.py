"""Write beside each address whose event it belongs to: the owner may, once, what the triggers refuse to all."""

from django.db import migrations

FILL = """
ALTER TABLE activity_address DISABLE TRIGGER activity_address_append_only;
UPDATE activity_address AS address SET partner_id = event.partner_id
    FROM activity_event AS event
    WHERE event.id = address.event_id AND event.occurred_at = address.occurred_at AND event.partner_id IS NOT NULL;
ALTER TABLE activity_address ENABLE TRIGGER activity_address_append_only;
"""


class Migration(migrations.Migration):
    dependencies = (("activity", "0006_address_owner"),)
    operations = (migrations.RunSQL(FILL, migrations.RunSQL.noop),)
