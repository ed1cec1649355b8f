"""The law of imports: downwards only, through the doors, in a house of known rooms with known furniture."""

import pytest
from django.apps import apps

from tests.house import plan, walk


def test_every_import_points_down_and_goes_through_a_door() -> None:
    assert walk.breaches(walk.sources()) == []


def test_every_exception_is_still_needed() -> None:
    files = set(walk.sources())
    modules = {walk.module_of(path) for path in files}
    named = {*plan.MORE_FILES, *plan.MORE_DOORS, *(f"stakeholders.management.commands.{c}" for c in plan.COMMANDS)}
    assert named <= modules
    assert {path for path, _target in plan.LATE_IMPORTS} | set(plan.SIGNALS) <= files


def test_every_app_of_ours_is_a_room_or_the_wing() -> None:
    ours = {config.name for config in apps.get_app_configs() if config.name.split(".")[0] in walk.OURS}
    assert ours <= {*plan.FLOOR, "stakeholders"}


# Made-up sources, each with one breach: (path, text, what the checker must say).
BROKEN = [
    ("mandate/models.py", "from stakeholders.areas.models import Area", "the mandate knows no stakeholder"),
    ("mandate/models.py", "import stakeholders.areas.models", "imports point down only"),
    ("pmo_portal/journal/models.py", "from pmo_portal.audit.models import Entry", "imports point down only"),
    ("pmo_portal/common/links.py", "from pmo_portal.accounts.models import User", "imports point down only"),
    ("stakeholders/areas/reading.py", "from stakeholders.people import models", "imports point down only"),
    ("stakeholders/needs/models.py", "from stakeholders.talks.models import Talk", "below or beside"),
    ("stakeholders/overview/reading.py", "from stakeholders.digests import reading", "imports point down only"),
    ("stakeholders/agreements/views.py", "from stakeholders.people.forms import RoleForm", "from outside only"),
    ("stakeholders/agreements/actions.py", "from stakeholders.people import notices", "from outside only"),
    ("stakeholders/agreements/actions.py", "from stakeholders.people import SOMETHING", "from outside only"),
    ("mandate/notices.py", "from pmo_portal.outbox import handover", "from outside only"),
    ("mandate/models.py", "from mandate.access import can_write", "does not import access"),
    ("mandate/reading.py", "from mandate import actions", "does not import actions"),
    ("mandate/notices.py", "from mandate.reading import page", "does not import reading"),
    ("mandate/forms.py", "from mandate import views", "does not import views"),
    ("mandate/forms.py", "from mandate.reading import page", "does not import reading"),
    ("mandate/views.py", "from mandate.urls import urlpatterns", "does not import urls"),
    ("mandate/tasks.py", "from mandate.models import Clause", "imports only actions"),
    ("mandate/views.py", "from pmo_portal.urls import urlpatterns", "is the roof"),
    ("mandate/tasks.py", "from pmo_portal.celery import app", "is the roof"),
    ("mandate/views.py", "from pmo_portal.settings.base import ROOT", "is the roof"),
    ("mandate/views.py", "from pmo_portal import celery", "is the roof"),
    ("stakeholders/areas/views.py", "from stakeholders.models import Area", "a face for Django"),
    ("stakeholders/models.py", "from stakeholders.people.access import has_role", "only shows the rooms' models"),
    ("stakeholders/models.py", "from stakeholders.digests.models import Told", "only shows the rooms' models"),
    ("mandate/actions.py", "from . import models", "from a dot"),
    ("mandate/actions.py", "def f():\n    from mandate.models import Clause", "a late import of mandate.models"),
    ("mandate/actions.py", "class A:\n    def f(self):\n        import json", "a late import of json"),
    ("mandate/actions.py", "from django.db.models.signals import post_save", "no signals"),
    ("mandate/actions.py", "from django.db.models import signals", "no signals"),
    ("mandate/actions.py", "from django.dispatch import receiver\n@receiver(x)\ndef f(): ...", "no signals"),
    ("mandate/actions.py", "from django.core.mail import send_mail", "only the outbox sends mail"),
    ("mandate/actions.py", "from django.core.mail import EmailMessage", "only the outbox sends mail"),
    ("mandate/actions.py", "from django.core import mail\nmail.send_mail()", "only the outbox sends mail"),
    ("mandate/actions.py", "from django.core.mail import get_connection", "only the outbox sends mail"),
    ("pmo_portal/common/links.py", "import smtplib", "only the outbox sends mail"),
    ("mandate/actions.py", "import importlib", "hides from the plan"),
    ("mandate/actions.py", "from django.utils.module_loading import import_string", "hides from the plan"),
    ("mandate/actions.py", "from django.apps import apps\napps.get_model('x')", "import in disguise"),
    ("mandate/utils.py", "", "says nothing of what is in it"),
    ("stakeholders/people/services/mail.py", "", "says nothing of what is in it"),
    ("stakeholders/people/queries.py", "", "no furniture of a room"),
    ("pmo_portal/common/dates.py", "", "no furniture of a room"),
    ("stakeholders/projects/models.py", "", "stands in no room"),
    ("stakeholders/words.py", "", "stands in no room"),
    ("pmo_portal/words.py", "", "stands in no room"),
    ("stakeholders/management/commands/do.py", "", "stands in no room"),
]


@pytest.mark.parametrize(("path", "text", "said"), BROKEN)
def test_a_breach_is_told_with_its_file_and_rule(path: str, text: str, said: str) -> None:
    found = walk.breaches({path: text})
    assert any(sentence.startswith(path) and said in sentence for sentence in found), found


def test_a_breach_is_told_with_its_line() -> None:
    [sentence] = walk.breaches({"mandate/actions.py": "import json\n\nimport pmo_portal.celery\n"})
    assert sentence == "mandate/actions.py:3: pmo_portal.celery is the roof: nobody imports it"


def test_what_is_allowed_is_not_a_breach() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mandate.models import Clause\n"
    assert walk.breaches({"stakeholders/agreements/actions.py": text}) == []
    assert walk.breaches({"stakeholders/agreements/views.py": "from stakeholders.agreements import actions"}) == []
    assert walk.breaches({"mandate/tasks.py": "from mandate import actions"}) == []


def accessors() -> dict[str, str]:
    """Every reverse accessor between two rooms, and the room that it leads to."""
    found = {}
    for model in apps.get_models():
        source = walk.place_of(model.__module__)
        for field in model._meta.get_fields() if source else ():
            if field.is_relation and not field.auto_created and not field.remote_field.hidden:
                target = walk.place_of(field.related_model.__module__)
                if target and target.room != source.room:
                    found[field.remote_field.get_accessor_name()] = source.room
    return found


def test_no_room_reaches_up_through_a_reverse_accessor() -> None:
    assert accessors()["roles"] == "stakeholders.people"
    assert walk.reverse_uses(walk.sources(), accessors()) == []


@pytest.mark.parametrize("text", ["area.roles.all()", "Area.objects.filter(roles__pk=1)", "f('roles')"])
def test_reaching_up_through_a_reverse_accessor_is_told(text: str) -> None:
    [sentence] = walk.reverse_uses({"stakeholders/areas/reading.py": text}, accessors())
    assert sentence.startswith("stakeholders/areas/reading.py:1: roles leads up to stakeholders.people")
