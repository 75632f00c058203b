"""Indexes for what the log lists first, and for its filters by action, product, order, link and address (A1, A2)."""

from django.db import migrations

# As it is today: a test compares it with the set that the page asks for.
KEYS_AND_DOWNLOADS = (
    "download_refused",
    "download_started",
    "key_copied",
    "key_exported",
    "key_refused",
    "key_revealed",
    "link_granted",
    "link_refused",
    "link_renewed",
)

# On the partitioned table: every partition has them, those to come too. `upper()` is what `iexact` compares.
CREATE = f"""
CREATE INDEX activity_event_keys_and_downloads ON activity_event (partner_id, occurred_at DESC, id DESC)
    WHERE action IN ({", ".join(f"'{action}'" for action in KEYS_AND_DOWNLOADS)});
CREATE INDEX activity_event_action ON activity_event (partner_id, action, occurred_at DESC, id DESC);
CREATE INDEX activity_event_product ON activity_event
    (partner_id, upper(split_part(product_id, ':', 1)), occurred_at DESC, id DESC) WHERE product_id <> '';
CREATE INDEX activity_event_product_name ON activity_event
    (partner_id, upper(product_name), occurred_at DESC, id DESC) WHERE product_name <> '';
CREATE INDEX activity_event_order ON activity_event (partner_id, order_number, occurred_at DESC, id DESC)
    WHERE order_number <> '';
CREATE INDEX activity_event_link ON activity_event (partner_id, link_id, occurred_at DESC, id DESC)
    WHERE link_id IS NOT NULL;
CREATE INDEX activity_address_of_partner ON activity_address (partner_id, address, occurred_at DESC, event_id DESC)
    WHERE partner_id IS NOT NULL;
"""

DROP = """
DROP INDEX activity_address_of_partner;
DROP INDEX activity_event_link;
DROP INDEX activity_event_order;
DROP INDEX activity_event_product_name;
DROP INDEX activity_event_product;
DROP INDEX activity_event_action;
DROP INDEX activity_event_keys_and_downloads;
"""


class Migration(migrations.Migration):
    dependencies = (("activity", "0007_fill_address_owner"),)
    operations = (migrations.RunSQL(CREATE, DROP),)
