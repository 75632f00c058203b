from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("software", "0006_hold_links_exact"),
    ]

    operations = [
        migrations.AddField(
            model_name="sku",
            name="listed_policy",
            field=models.CharField(
                blank=True,
                choices=[
                    ("self_service", "self-service"),
                    ("support_only", "support request only"),
                    ("never", "never"),
                ],
                editable=False,
                max_length=12,
            ),
        ),
    ]
