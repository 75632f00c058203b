"""What can never be cancelled has no window, and nothing of it is cancelled or credited, whoever asks (C1)."""

from django.db import migrations, models

CREATE = """
CREATE FUNCTION orders_refuse_cancelling_never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM orders_orderline WHERE purchase_id = NEW.id AND window_closes_at IS NULL) THEN
        RAISE EXCEPTION 'what can never be cancelled was to be cancelled' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_never_is_never BEFORE UPDATE ON software_softwarepurchase
    FOR EACH ROW WHEN (NEW.status = 'cancelled' AND OLD.status <> 'cancelled')
    EXECUTE FUNCTION orders_refuse_cancelling_never();
"""
DROP = """
DROP TRIGGER orders_never_is_never ON software_softwarepurchase;
DROP FUNCTION orders_refuse_cancelling_never();
"""


class Migration(migrations.Migration):
    dependencies = (("orders", "0003_cart_renews"),)
    operations = (
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("window_closes_at__isnull", False),
                    models.Q(("credited_gross", 0), ("quantity_cancelled", 0)),
                    _connector="OR",
                ),
                name="orders_line_never_stays",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    )
