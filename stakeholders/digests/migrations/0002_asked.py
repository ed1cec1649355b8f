import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("digests", "0001_deliveries"),
        ("stakeholders", "0001_areas_people_agreements"),
    ]

    operations = [
        migrations.CreateModel(
            name="Considered",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="considered",
                        to="stakeholders.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Asked",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="the record that it is about, promise:12", max_length=60)),
                ("kind", models.CharField(max_length=20)),
                ("title", models.CharField(help_text="in words, as it was asked", max_length=250)),
                ("month", models.CharField(help_text="of the organisation's calendar, 2026-11", max_length=7)),
                ("at", models.DateTimeField()),
                (
                    "how",
                    models.CharField(
                        choices=[("letter", "by letter"), ("page", "on their page"), ("not_asked", "not asked")],
                        max_length=9,
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(help_text="which of the month's three", null=True)),
                (
                    "letters",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="in how many letters of this month it stood"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="stakeholders.person"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "asked",
                "ordering": ["month", "place", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("person", "key", "month"), name="asked_once_a_month"),
                    models.UniqueConstraint(fields=("person", "month", "place"), name="one_ask_per_place"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("how", "not_asked"), ("place", None)),
                            models.Q(
                                models.Q(("how", "not_asked"), _negated=True),
                                ("place__gte", 1),
                                ("place__isnull", False),
                                ("place__lte", 3),
                            ),
                            _connector="OR",
                        ),
                        name="three_places_a_month",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("letters__lte", 2)), name="asked_in_two_letters_at_most"
                    ),
                ],
            },
        ),
    ]
