"""An invoice that was issued never changes, whoever asks (R5)."""

from django.db import migrations

CREATE = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an issued invoice never changes: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER billing_invoice_issued_stays BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION billing_refuse_change();
"""
DROP = """
DROP TRIGGER billing_invoice_issued_stays ON billing_invoice;
DROP FUNCTION billing_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = (("billing", "0001_initial"),)
    operations = (migrations.RunSQL(CREATE, DROP),)
