from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="payment_method",
            field=models.CharField(
                choices=[("on_account", "on account")], default="on_account", max_length=20, verbose_name="payment"
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="body_digest",
            field=models.CharField(default="", editable=False, max_length=64),
            preserve_default=False,
        ),
    ]
