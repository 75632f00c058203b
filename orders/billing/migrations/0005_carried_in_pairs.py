"""What is carried from a negative month is a pair that sums to nothing, seen to at the commit (R5)."""

from django.db import migrations

CREATE = """
CREATE FUNCTION billing_check_carried_pair() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_month date;
BEGIN
    SELECT month INTO old_month FROM billing_invoice WHERE id = NEW.carried_from_id AND account_id = NEW.account_id;
    PERFORM 1 FROM billing_entry WHERE carried_from_id = NEW.carried_from_id
        HAVING count(*) = 2 AND sum(carried) = 0
        AND bool_and(account_id = NEW.account_id)
        AND max(month) FILTER (WHERE kind = 'carried') = old_month
        AND max(month) FILTER (WHERE kind = 'brought') = old_month + interval '1 month';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'what invoice % carries is no pair of its month and the next', NEW.carried_from_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_entry_carried_in_pairs AFTER INSERT ON billing_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.carried_from_id IS NOT NULL)
    EXECUTE FUNCTION billing_check_carried_pair();
"""
DROP = """
DROP TRIGGER billing_entry_carried_in_pairs ON billing_entry;
DROP FUNCTION billing_check_carried_pair();
"""


class Migration(migrations.Migration):
    dependencies = (("billing", "0004_carried_totals"),)
    operations = (migrations.RunSQL(CREATE, DROP),)
