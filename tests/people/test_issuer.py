"""The PMO lead names the first issuer, once; inviting them does the appointing."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from pmo_portal.accounts.access import is_issuer
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.people import actions
from stakeholders.people.models import Person
from tests.conftest import user

pytestmark = pytest.mark.django_db
IVO = {"name": "Ivo Brink", "email": "Ivo@fairhaven.example", "post_title": "Director of works"}
PAGE = "/people/issuer/"


def test_naming_writes_to_nobody_and_leads_to_the_letter(as_user, lead):
    client = as_user(lead)
    answer = client.post(PAGE, IVO, follow=True)
    person = Person.objects.get()
    assert answer.redirect_chain == [(f"/people/{person.pk}/invite/", 302)]
    assert "Nobody has been written to" in answer.content.decode()
    assert (person.email, person.office, person.user) == ("ivo@fairhaven.example", "issuer", None)
    assert not OutgoingEmail.objects.exists()
    assert not Appointment.objects.filter(office="issuer").exists()
    note = Entry.objects.get(verb="name_issuer")
    assert (note.by, note.subject, note.details["email"]) == (lead, person.key, "ivo@fairhaven.example")


def test_the_invitation_appoints(as_user, lead):
    client = as_user(lead)
    client.post(PAGE, IVO)
    client.post(f"/people/{Person.objects.get().pk}/invite/")
    assert is_issuer(User.objects.get(email="ivo@fairhaven.example"))
    assert OutgoingEmail.objects.get().to == "ivo@fairhaven.example"


def test_who_heads_an_area_may_issue_too(lead, head):
    person = actions.name_issuer(name="head", email=head.email.upper(), post_title="", by=lead)
    assert person == head
    actions.invite(person, by=lead)
    assert is_issuer(head.user)


def test_a_second_is_refused_and_told_who_changes_it(as_user, lead):
    actions.name_issuer(**IVO, by=lead)
    client, again = as_user(lead), {**IVO, "email": "eve@fairhaven.example"}
    for answer in (client.get(PAGE), client.post(PAGE, again)):
        assert answer.status_code == 409
        assert "An administrator changes who it is." in answer.content.decode()
    assert Person.objects.count() == 1


@pytest.mark.parametrize("deputy", [False, True])
@pytest.mark.parametrize("days", [-30, 0, 30], ids=["held it", "holds it", "will hold it"])
def test_while_or_after_anybody_holds_the_office_nobody_is_named(days, deputy, lead):
    day = timezone.localdate() + timedelta(days=days)
    held = appoint(user("ivo@fairhaven.example"), "issuer", by=None, is_deputy=deputy, starts_on=day)
    if days < 0:
        Appointment.objects.filter(pk=held.pk).update(ends_on=day)
    with pytest.raises(RuleBroken, match="An administrator changes"):
        actions.name_issuer(**{**IVO, "email": "eve@fairhaven.example"}, by=lead)


@pytest.mark.parametrize("who", ["member", "issuer", "administrator", "head", "sponsor"])
def test_nobody_else_names(who, as_user, request):
    by = request.getfixturevalue(who)
    by = getattr(by, "user", by)
    assert as_user(by).post(PAGE, IVO).status_code == 403
    with pytest.raises(NotAllowed):
        actions.name_issuer(**IVO, by=by)
    assert not Person.objects.filter(office="issuer").exists()


def shut(address):
    User.objects.create_user(address, "Shut", is_active=False)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("lead@fairhaven.example", "somebody in the PMO"),
        ("LEAD@Fairhaven.example", "somebody in the PMO"),
        ("member@fairhaven.example", "somebody in the PMO"),
        ("coming@fairhaven.example", "somebody in the PMO"),
        ("named@fairhaven.example", "somebody in the PMO"),
        ("admin@fairhaven.example", "An administrator comes in with this address"),
        ("shut@fairhaven.example", "has been shut"),
        ("head@fairhaven.example", "belongs to Head already"),
    ],
)
def test_some_addresses_are_no_issuer_s(address, words, as_user, lead, member, administrator, head):
    appoint(user("coming@fairhaven.example"), "member", by=None,
            starts_on=timezone.localdate() + timedelta(days=9))  # fmt: skip
    Person.objects.create(name="Named", email="named@fairhaven.example", office="member")
    shut("shut@fairhaven.example")
    before = list(Person.objects.order_by("pk").values())
    answer = as_user(lead).post(PAGE, {**IVO, "email": address})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert list(Person.objects.order_by("pk").values()) == before
    assert not Entry.objects.filter(verb="name_issuer").exists()


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("name", "Ivo\r\nBcc: x"), ("email", "ivo"), ("post_title", "x\ny")]
)
def test_a_mistake_is_said_in_the_form(field, value, as_user, lead):
    assert as_user(lead).post(PAGE, {**IVO, field: value}).status_code == 422
    assert not Person.objects.exists()


def test_an_address_changed_before_the_invitation_stands_in_the_audit(lead, member):
    person = actions.name_issuer(**IVO, by=lead)
    person.email = "other@fairhaven.example"
    actions.keep(person, by=member)
    note = Entry.objects.filter(verb="keep_person").last()
    assert (note.by, note.details["email"]) == (member, "other@fairhaven.example")


def test_the_lead_never_becomes_the_issuer_by_changing_the_address_afterwards(lead):
    person = actions.name_issuer(**IVO, by=lead)
    person.email = lead.email
    actions.keep(person, by=lead)
    with pytest.raises(RuleBroken):
        actions.invite(person, by=lead)
    assert not is_issuer(lead)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_name_at_once_one_is_told(lead):
    deputy = user("deputy@fairhaven.example")
    appoint(deputy, "lead", by=None, is_deputy=True)
    start, got = Barrier(2), []

    def name(by, email):
        start.wait(5)
        try:
            actions.name_issuer(**{**IVO, "email": email}, by=by)
            got.append("named")
        except RuleBroken:
            got.append("refused")
        connection.close()

    both = [Thread(target=name, args=pair) for pair in ((lead, "ivo@x.example"), (deputy, "eve@x.example"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert sorted(got) == ["named", "refused"]
    assert Person.objects.filter(office="issuer").count() == 1
