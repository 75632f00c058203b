from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("software", "0003_reservation_markets"),
    ]

    operations = [
        migrations.AddField("downloadlink", "address_number", models.PositiveIntegerField(default=1)),
        migrations.AddField("downloadlink", "expired_at", models.DateTimeField(null=True)),
        migrations.AddField("downloadlink", "short_told_at", models.DateTimeField(null=True)),
        migrations.AddField("downloadlink", "end_told_at", models.DateTimeField(null=True)),
        migrations.AddField("downloadsession", "attempt_id", models.UUIDField(null=True)),
        migrations.AddField("downloadsession", "bytes_asked", models.BigIntegerField(default=0)),
        migrations.RenameField("downloadsession", "revoked_at", "closed_at"),
        migrations.AddField(
            "downloadsession",
            "end",
            models.CharField(
                blank=True,
                choices=[
                    ("over", "over after 24 hours"),
                    ("revoked", "revoked"),
                    ("file_replaced", "closed: its file was replaced"),
                    ("over_budget", "closed: too many bytes were asked for"),
                ],
                max_length=15,
            ),
        ),
    ]
