"""Terms of a policy never change, and those that count are never removed, whoever asks (C1)."""

from django.db import migrations, models

CREATE = """
CREATE FUNCTION software_refuse_other_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.valid_from > (now() AT TIME ZONE 'UTC')::date THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'terms that count never change: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER software_policy_version_stays BEFORE UPDATE OR DELETE ON software_policyversion
    FOR EACH ROW EXECUTE FUNCTION software_refuse_other_terms();
"""
DROP = """
DROP TRIGGER software_policy_version_stays ON software_policyversion;
DROP FUNCTION software_refuse_other_terms();
"""


class Migration(migrations.Migration):
    dependencies = (("software", "0014_failed_downloads"),)
    operations = (
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("window_days", None), ("window_days__lte", 3650), _connector="OR"),
                name="software_policy_window_short",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    )
