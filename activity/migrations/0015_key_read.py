"""Keys read by API stand in what the log lists first, and so in its index (A1)."""

from django.db import migrations

# As it is today: a test compares it with the set that the page asks for.
KEYS_AND_DOWNLOADS = (
    "download_refused",
    "download_started",
    "key_copied",
    "key_exported",
    "key_read",
    "key_refused",
    "key_revealed",
    "link_granted",
    "link_refused",
    "link_renewed",
)
BEFORE = tuple(action for action in KEYS_AND_DOWNLOADS if action != "key_read")


def _index(actions: tuple[str, ...]) -> str:
    """The index anew; on the partitioned table: every partition has it, those to come too."""
    return f"""
DROP INDEX activity_event_keys_and_downloads;
CREATE INDEX activity_event_keys_and_downloads ON activity_event (partner_id, occurred_at DESC, id DESC)
    WHERE action IN ({", ".join(f"'{action}'" for action in actions)});
"""


class Migration(migrations.Migration):
    dependencies = (("activity", "0014_export_scope"),)
    operations = (migrations.RunSQL(_index(KEYS_AND_DOWNLOADS), _index(BEFORE)),)
