"""Coming in: a code by mail for everybody, a password for who wants one, and nobody reads another's code."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pmo_portal.accounts.access import is_issuer
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.errors import RuleBroken
from pmo_portal.outbox.models import OutgoingEmail
from tests.accounts.conftest import ask_for_a_code
from tests.conftest import user

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_head_comes_in_by_a_six_digit_code(client, head):
    code = ask_for_a_code(client, head.email)
    answer = client.post("/in/code/", {"code": code}, follow=True)
    assert answer.redirect_chain[-1][0] == "/areas/networks/"


def test_no_member_of_staff_can_read_a_code(client, head, lead, administrator, as_user):
    code = ask_for_a_code(client, head.email)
    letter = OutgoingEmail.objects.get(kind="security")
    assert code not in f"{letter.subject}{letter.text}{letter.html}{bytes(letter.raw)!r}"
    assert not OutgoingEmail.objects.listable().exists()
    staff = as_user(lead)
    assert code not in staff.get("/digests/outbox/").content.decode()
    assert staff.get(f"/digests/letters/{letter.pk}/").status_code == 404
    assert as_user(administrator).get(f"/digests/letters/{letter.pk}/").status_code == 404


def test_nobody_signs_up_by_themselves(client, db):
    client.post("/accounts/signup/", {"email": "new@fairhaven.example", "password1": "quiet-harbour-9"})
    assert not User.objects.exists()


def test_sign_in_is_throttled(client, head):
    for _ in range(12):
        answer = client.post("/accounts/login/", {"login": head.email, "password": "wrong"})
    answer = client.post("/accounts/login/", {"login": head.email, "password": "quiet-harbour-9"})
    assert answer.status_code in {200, 429}
    assert client.get("/me/").status_code == 302


def test_the_admins_door_is_the_portals_own(client, administrator):
    answer = client.get("/admin/", follow=True)
    assert "/in/" in answer.redirect_chain[-1][0]


def test_an_address_is_one_whatever_its_case(db):
    User.objects.create_user("Ana@Fairhaven.example")
    assert User.objects.get().email == "ana@fairhaven.example"


def test_the_issuer_is_never_of_the_pmo(member, issuer):
    with pytest.raises(RuleBroken):
        appoint(issuer, Appointment.Office.LEAD, by=None)
    with pytest.raises(RuleBroken):
        appoint(member, Appointment.Office.ISSUER, by=None)


def test_one_issuer_at_a_time(issuer):
    with pytest.raises(RuleBroken, match="until that appointment ends"):
        appoint(user("second@fairhaven.example"), Appointment.Office.ISSUER, by=None)


def test_an_administrator_is_never_the_issuer(administrator, issuer):
    with pytest.raises(RuleBroken, match="decides nothing of the business"):
        appoint(administrator, Appointment.Office.ISSUER, by=None, is_deputy=True)
    assert is_issuer(issuer)
    issuer.is_staff = True
    issuer.save()
    assert not is_issuer(User.objects.get(pk=issuer.pk))


def test_an_administrator_becomes_nobody_else(as_user, administrator, head):
    """No password, address or code of somebody else can be set or read in the administrator's room."""
    room = as_user(administrator)
    page = room.get(f"/admin/accounts/user/{head.user.pk}/change/").content.decode()
    assert 'name="email"' not in page
    assert 'name="password"' not in page
    room.post(
        f"/admin/accounts/user/{head.user.pk}/change/",
        {"email": administrator.email, "password": "x", "name": "Head", "is_active": "on"},
    )
    head.user.refresh_from_db()
    assert head.user.email == "head@fairhaven.example"
    assert head.user.check_password("quiet-harbour-9")
    assert room.post(f"/admin/accounts/user/{head.user.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_appointment_is_ended_or_before_it_begins_taken_back(as_user, administrator, issuer, member):
    room = as_user(administrator)
    standing = issuer.appointments.get()
    address = f"/admin/accounts/appointment/{standing.pk}/change/"
    assert room.post(address, {"ends_on": "2000-01-01"}).status_code == 200
    assert "cannot end before it begins" in room.post(address, {"ends_on": "2000-01-01"}).content.decode()
    assert room.post(address, {"ends_on": "2100-01-01"}).status_code == 302
    assert room.post(f"/admin/accounts/appointment/{standing.pk}/delete/", {"post": "yes"}).status_code == 403
    future = appoint(member, Appointment.Office.LEAD, by=None, starts_on=timezone.localdate() + timedelta(days=30))
    assert room.post(f"/admin/accounts/appointment/{future.pk}/delete/", {"post": "yes"}).status_code == 302
