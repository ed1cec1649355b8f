import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("digests", "0003_announced")]

    operations = [
        migrations.RemoveField(model_name="considered", name="on"),
        migrations.AddField(
            model_name="considered",
            name="at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
    ]
