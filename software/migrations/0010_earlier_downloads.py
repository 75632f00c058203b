from django.db import migrations
from django.db.models import F


def note_standing_grants(apps, schema_editor):
    """Each link's grant that stands; the earlier ones are in the activity log only."""
    owner = schema_editor.connection.alias
    link, grant = apps.get_model("software", "DownloadLink"), apps.get_model("software", "Grant")
    held = ("granted_at", "granted_by_id", "expires_at", "limit", "address_number")
    rows = link.objects.using(owner).order_by("pk").values("pk", "grant_number", *held)
    grant.objects.using(owner).bulk_create(
        (
            grant(link_id=row["pk"], number=row["grant_number"], **{name: row[name] for name in held})
            for row in rows.iterator()
        ),
        batch_size=1000,
    )


def suppose_sent(apps, schema_editor):
    """Nobody watched what earlier downloads were sent: their counts are not given back."""
    owner = schema_editor.connection.alias
    apps.get_model("software", "DownloadSession").objects.using(owner).update(sent_at=F("started_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("software", "0009_transfers_and_releases"),
    ]

    operations = [
        migrations.RunPython(note_standing_grants, migrations.RunPython.noop),
        migrations.RunPython(suppose_sent, migrations.RunPython.noop),
    ]
