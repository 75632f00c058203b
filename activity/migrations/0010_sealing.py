"""Seals are append-only like the log, and the sealer finds the next rows by transaction (A4, A5)."""

from django.db import migrations

TABLES = ("activity_sealedrow", "activity_seal", "activity_sealkey", "activity_droppedmonth")

# On the partitioned table: every partition has it, those to come too.
CREATE_INDEX = "CREATE INDEX activity_event_transaction ON activity_event (server_epoch, xid, id);"
DROP_INDEX = "DROP INDEX activity_event_transaction;"

CREATE_TRIGGERS = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION activity_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION activity_refuse_change();
"""
DROP_TRIGGERS = """
DROP TRIGGER {table}_append_only ON {table};
DROP TRIGGER {table}_no_truncate ON {table};
"""


class Migration(migrations.Migration):
    dependencies = (("activity", "0009_seals"),)
    operations = (
        migrations.RunSQL(CREATE_INDEX, DROP_INDEX),
        *(
            migrations.RunSQL(CREATE_TRIGGERS.format(table=table), DROP_TRIGGERS.format(table=table))
            for table in TABLES
        ),
    )
