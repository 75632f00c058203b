"""Whose event an address belongs to stands beside it, for the filter by address; the event itself is named as such (A2)."""

import django.db.models.deletion
from django.db import migrations, models

EVENT = models.OneToOneField(
    db_constraint=False,
    on_delete=django.db.models.deletion.DO_NOTHING,
    primary_key=True,
    related_name="address",
    serialize=False,
    to="activity.event",
)


class Migration(migrations.Migration):
    dependencies = (("activity", "0005_event_keys"),)
    operations = (
        migrations.SeparateDatabaseAndState(  # the column stays as it is
            state_operations=(
                migrations.RemoveField("address", "event_id"),
                migrations.AddField("address", "event", EVENT),
            )
        ),
        migrations.AddField("address", "partner_id", models.BigIntegerField(null=True)),
    )
