from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [
        ("software", "0010_earlier_downloads"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="downloadlink", name="software_link_one_live"),
        migrations.AddConstraint(
            model_name="downloadlink",
            constraint=models.UniqueConstraint(
                models.F("purchase"),
                models.F("build"),
                Upper("label"),
                condition=models.Q(("revoked_at", None)),
                name="software_link_one_live",
            ),
        ),
    ]
