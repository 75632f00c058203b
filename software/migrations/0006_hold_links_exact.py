from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("software", "0005_name_session_ends"),
    ]

    operations = [
        migrations.AddIndex(
            "downloadlink",
            models.Index(
                F("expires_at"), condition=Q(revoked_at=None, expired_at=None), name="software_link_by_expiry"
            ),
        ),
        migrations.AddIndex(
            "downloadsession",
            models.Index(F("expires_at"), condition=Q(closed_at=None), name="software_session_by_expiry"),
        ),
        migrations.AddConstraint(
            "downloadsession",
            models.UniqueConstraint(F("link"), F("attempt_id"), name="software_session_once_an_attempt"),
        ),
        migrations.AddConstraint(
            "downloadsession",
            models.CheckConstraint(condition=Q(bytes_asked__gte=0), name="software_session_bytes_asked"),
        ),
        migrations.AddConstraint(
            "downloadsession",
            models.CheckConstraint(
                condition=Q(closed_at=None, end="") | Q(closed_at__isnull=False) & ~Q(end=""),
                name="software_session_closed_with_end",
            ),
        ),
    ]
