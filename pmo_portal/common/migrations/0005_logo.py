from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0004_organisation_sender_and_domains"),
    ]

    operations = [
        migrations.CreateModel(
            name="Logo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("png", models.BinaryField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_logo")],
            },
        ),
    ]
