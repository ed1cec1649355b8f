"""The cache's table, so that throttles are shared by all processes without another server."""

from django.core.management import call_command
from django.db import migrations


def make(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("common", "0001_organisation")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
