"""What keeping the log asks of the database: the default partition's months, and addresses that go after 24 months."""

from django.db import migrations

# The web role may not look into a partition; of this one it may know which months it holds.
CREATE_MONTHS = """
CREATE FUNCTION activity_months_in_default() RETURNS TABLE (month date, events bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date, count(*) FROM activity_event_default GROUP BY 1
$$;
"""
DROP_MONTHS = "DROP FUNCTION activity_months_in_default();"

# An address may go once it is 24 months old by the database's clock, or its event was dropped; earlier nobody removes
# it, and nobody ever changes it. The web role may not DELETE: it asks a function, which takes none that is younger.
CREATE_ADDRESSES = """
CREATE INDEX activity_address_by_age ON activity_address (occurred_at);

CREATE FUNCTION activity_addresses_kept_from() RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT (now() AT TIME ZONE 'UTC' - interval '24 months') AT TIME ZONE 'UTC'
$$;

CREATE FUNCTION activity_refuse_early_removal() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.occurred_at <= activity_addresses_kept_from() THEN
        RETURN OLD;
    END IF;
    IF NOT EXISTS (SELECT FROM activity_event WHERE id = OLD.event_id AND occurred_at = OLD.occurred_at) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the activity log is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

DROP TRIGGER activity_address_append_only ON activity_address;
CREATE TRIGGER activity_address_append_only BEFORE UPDATE ON activity_address
    FOR EACH ROW EXECUTE FUNCTION activity_refuse_change();
CREATE TRIGGER activity_address_kept BEFORE DELETE ON activity_address
    FOR EACH ROW EXECUTE FUNCTION activity_refuse_early_removal();

CREATE FUNCTION activity_redact_addresses(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    removed integer;
BEGIN
    DELETE FROM activity_address WHERE event_id IN (
        SELECT event_id FROM activity_address WHERE occurred_at <= activity_addresses_kept_from()
        ORDER BY occurred_at LIMIT most FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;
"""
DROP_ADDRESSES = """
DROP FUNCTION activity_redact_addresses(integer);
DROP TRIGGER activity_address_kept ON activity_address;
DROP TRIGGER activity_address_append_only ON activity_address;
CREATE TRIGGER activity_address_append_only BEFORE UPDATE OR DELETE ON activity_address
    FOR EACH ROW EXECUTE FUNCTION activity_refuse_change();
DROP FUNCTION activity_refuse_early_removal();
DROP FUNCTION activity_addresses_kept_from();
DROP INDEX activity_address_by_age;
"""


class Migration(migrations.Migration):
    dependencies = (("activity", "0012_log_exports"),)
    operations = (
        migrations.RunSQL(CREATE_MONTHS, DROP_MONTHS),
        migrations.RunSQL(CREATE_ADDRESSES, DROP_ADDRESSES),
    )
