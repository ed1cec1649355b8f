from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0001_outgoing_email"),
    ]

    operations = [
        migrations.AddField(
            model_name="outgoingemail",
            name="turn",
            field=models.PositiveSmallIntegerField(
                help_text="which of the two letters that may ask this of this address it is", null=True
            ),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("digest", "Digest"),
                    ("action", "Action needed"),
                    ("notice", "For information"),
                    ("security", "Sign-in"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "failed"), _negated=True),
                fields=("event", "about", "to", "turn"),
                name="asked_at_most_twice",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=models.Q(("turn", None), models.Q(("turn__gte", 1), ("turn__lte", 2)), _connector="OR"),
                name="turn_is_one_or_two",
            ),
        ),
    ]
