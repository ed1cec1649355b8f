from django.db import migrations


def note_what_is_known(apps, schema_editor):
    """Every publication of before went live at once, and stands in the journal."""
    publication, proclaimed = (apps.get_model("mandate", name) for name in ("Publication", "Proclaimed"))
    rows = publication.objects.values_list("pk", "publish_at")
    proclaimed.objects.bulk_create(proclaimed(publication_id=pk, at=at) for pk, at in rows)


class Migration(migrations.Migration):
    dependencies = [("mandate", "0003_schedule_and_later_parts")]

    operations = [migrations.RunPython(note_what_is_known, migrations.RunPython.noop)]
