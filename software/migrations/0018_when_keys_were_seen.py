"""Since when each key has been seen, as the activity log tells (C8)."""

from django.db import migrations

# The log names a key by its id, and did so by its hash alone before.
FILL = """
UPDATE software_productkey AS key SET seen_at = seen.first
FROM (
    SELECT key_hash, min(occurred_at) AS first FROM activity_event
    WHERE action IN ('key_revealed', 'key_copied', 'key_exported') GROUP BY key_hash
) AS seen
WHERE seen.key_hash = key.hash;
UPDATE software_productkey AS key SET seen_at = seen.first
FROM (
    SELECT details->>'key' AS id, min(occurred_at) AS first FROM activity_event
    WHERE action IN ('key_revealed', 'key_copied', 'key_exported') AND details ? 'key' GROUP BY 1
) AS seen
WHERE seen.id = key.public_id::text AND (key.seen_at IS NULL OR seen.first < key.seen_at);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("software", "0017_seen_keys"),
        ("activity", "0002_event_table"),
    ]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
