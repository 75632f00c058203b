"""What payments must be is seen to by the database as well, and none ever changes, whoever asks (R6)."""

from django.db import migrations

CREATE = """
CREATE FUNCTION billing_check_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    invoice billing_invoice;
    payable numeric;
    paid numeric;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = NEW.invoice_id;
    IF invoice.number IS NULL OR invoice.account_id <> NEW.account_id THEN
        RAISE EXCEPTION 'payment % is on no issued invoice of its account', NEW.reference
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(sum(gross + carried), 0) INTO payable FROM billing_entry
        WHERE account_id = invoice.account_id AND month = invoice.month;
    SELECT sum(amount) INTO paid FROM billing_payment WHERE invoice_id = invoice.id;
    IF paid NOT BETWEEN 0 AND payable THEN
        RAISE EXCEPTION 'payments on invoice % come to %, which is not within the % to pay',
            invoice.number, paid, payable USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.reverses_id IS NOT NULL THEN
        PERFORM 1 FROM billing_payment WHERE id = NEW.reverses_id AND reverses_id IS NULL
            AND invoice_id = NEW.invoice_id AND amount = -NEW.amount;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'reversal % does not mirror a payment', NEW.reference USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_payment_fits AFTER INSERT ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_check_payment();
CREATE FUNCTION billing_refuse_payment_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a payment never changes: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER billing_payment_stays BEFORE UPDATE OR DELETE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_payment_change();
"""
DROP = """
DROP TRIGGER billing_payment_stays ON billing_payment;
DROP FUNCTION billing_refuse_payment_change();
DROP TRIGGER billing_payment_fits ON billing_payment;
DROP FUNCTION billing_check_payment();
"""


class Migration(migrations.Migration):
    dependencies = (("billing", "0006_payments"),)
    operations = (migrations.RunSQL(CREATE, DROP),)
