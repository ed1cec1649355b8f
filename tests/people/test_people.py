"""People: added in silence, invited with a letter that is seen first, roles with dates."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pmo_portal.accounts.access import is_issuer, is_lead
from pmo_portal.accounts.models import User
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.people import actions
from stakeholders.people.access import answering_role, visible_areas
from stakeholders.people.models import Invitation, Person, Role

pytestmark = pytest.mark.django_db


def test_adding_writes_to_nobody_and_opens_no_door(as_user, member):
    as_user(member).post("/people/add/", {"name": "Ana Lima", "email": "Ana@fairhaven.example", "post_title": ""})
    person = Person.objects.get()
    assert person.email == "ana@fairhaven.example"
    assert person.user is None
    assert not OutgoingEmail.objects.exists()


def test_invite_shows_the_letter_first_and_sends_it_on_the_button(as_user, member):
    person = actions.keep(Person(name="Ana Lima", email="ana@fairhaven.example"), by=member)
    client = as_user(member)
    page = client.get(f"/people/{person.pk}/invite/").content.decode()
    assert "Dear Ana Lima" in page
    assert not OutgoingEmail.objects.exists()
    client.post(f"/people/{person.pk}/invite/")
    letter = OutgoingEmail.objects.get()
    assert letter.to == "ana@fairhaven.example"
    assert "Dear Ana Lima" in letter.text
    assert Invitation.objects.count() == 1
    person.refresh_from_db()
    assert not person.user.has_usable_password()


def test_without_an_address_nobody_is_invited(member):
    person = actions.keep(Person(post_title="Deputy director"), by=member)
    with pytest.raises(RuleBroken, match="address"):
        actions.invite(person, by=member)
    assert str(person) == "Deputy director"


def test_an_invitation_gives_the_office_the_organisation_named(member):
    issuer = Person.objects.create(name="Ivo", email="ivo@fairhaven.example", office="issuer")
    actions.invite(issuer, by=member)
    assert is_issuer(issuer.user)


def test_a_pmo_member_cannot_become_the_issuer_by_their_own_address(member):
    issuer = Person.objects.create(name="Ivo", email=member.email, office="issuer")
    with pytest.raises(RuleBroken, match="two need different people"):
        actions.invite(issuer, by=member)
    assert not Invitation.objects.exists()
    assert not is_issuer(member)


def test_the_office_is_on_no_form(as_user, member):
    as_user(member).post("/people/add/", {"name": "Eve", "email": "eve@fairhaven.example", "office": "lead"})
    assert Person.objects.get().office == ""
    assert not is_lead(member)


def test_the_address_of_somebody_with_an_account_stays(as_user, member, head):
    answer = as_user(member).post(f"/people/{head.pk}/", {"name": "Head", "email": member.email, "post_title": ""})
    assert answer.status_code == 422
    head.refresh_from_db()
    assert head.user.email == head.email == "head@fairhaven.example"


def test_a_new_head_follows_the_one_before(area, head, member):
    successor = Person.objects.create(
        name="New", email="new@fairhaven.example", user=User.objects.create_user("new@fairhaven.example")
    )
    actions.give_role(successor, area=area, kind=Role.Kind.HEAD, by=member)
    old = head.roles.get()
    assert old.ends_on == timezone.localdate() - timedelta(days=1)
    assert answering_role(successor.user, area)
    assert not answering_role(head.user, area)
    assert not visible_areas(head.user).exists()


def test_a_role_is_given_once_and_ends_after_it_began(area, head, member):
    with pytest.raises(RuleBroken, match="already"):
        actions.give_role(head, area=area, kind=Role.Kind.HEAD, by=member)
    with pytest.raises(RuleBroken, match="before it began"):
        actions.end_role(head.roles.get(), by=member, on=timezone.localdate() - timedelta(days=9999))


@pytest.mark.parametrize("who", ["issuer", "administrator", "head", "sponsor"])
def test_only_the_pmo_looks_after_people(who, as_user, head, area, request):
    person = request.getfixturevalue(who)
    by = getattr(person, "user", person)
    for refused in (
        lambda: actions.keep(Person(name="X"), by=by),
        lambda: actions.invite(head, by=by),
        lambda: actions.give_role(head, area=area, kind="sponsor", by=by),
        lambda: actions.end_role(head.roles.get(), by=by),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert as_user(by).get("/people/").status_code == 403


def test_search_takes_anything(as_user, member, head):
    client = as_user(member)
    assert "Head" in client.get("/people/?q=hea").content.decode()
    for odd in ("%00", "'; drop", "%F0%9F%98%80", "x" * 3000, "%"):
        assert client.get(f"/people/?q={odd}&page=zzz").status_code == 200


def test_a_name_given_later_stands_under_the_signature_too(head, member):
    head.name = "Ines Carvalho"
    actions.keep(head, by=member)
    head.user.refresh_from_db()
    assert head.user.name == "Ines Carvalho"


def test_an_area_never_has_two_heads_on_a_day(area, head, member):
    tomorrow = timezone.localdate() + timedelta(days=1)
    planned = Person.objects.create(name="Planned")
    actions.give_role(planned, area=area, kind=Role.Kind.HEAD, by=member, starts_on=tomorrow)
    assert head.roles.get().ends_on == timezone.localdate()
    other = Person.objects.create(name="Other")
    with pytest.raises(RuleBroken, match="head from"):
        actions.give_role(other, area=area, kind=Role.Kind.HEAD, by=member)
    actions.end_role(planned.roles.get(), by=member)
    assert not planned.roles.exists()


def test_a_head_who_ended_today_does_not_overlap_the_next(area, head, member):
    actions.end_role(head.roles.get(), by=member)
    other = Person.objects.create(name="Other")
    actions.give_role(other, area=area, kind=Role.Kind.HEAD, by=member)
    assert Role.objects.on().filter(area=area, kind=Role.Kind.HEAD).get().person == other


def test_an_administrators_account_is_never_given_an_office(administrator, member):
    issuer = Person.objects.create(name="Ivo", email=administrator.email, office="issuer")
    with pytest.raises(RuleBroken, match="administrator"):
        actions.invite(issuer, by=member)


def test_an_area_name_is_its_own(as_user, area, member):
    client = as_user(member)
    assert client.post("/areas/add/", {"name": "networks"}).status_code == 422
    client.post("/areas/add/", {"name": "Add"})
    assert client.get("/areas/add-2/").status_code == 200


def test_a_role_in_the_air_is_told_before_inviting(as_user, member):
    person = actions.keep(Person(name="Ana", email="ana@fairhaven.example"), by=member)
    page = as_user(member).get(f"/people/{person.pk}/invite/").content.decode()
    assert "has no role yet" in page
    assert "It has a place for you" not in page


def test_an_area_is_mended_by_the_pmo_and_is_no_part_of_itself(as_user, area, other_area, member, head):
    client = as_user(member)
    client.post("/areas/billing/edit/", {"name": "Billing", "parent": area.pk, "description": "Invoices."})
    other_area.refresh_from_db()
    assert (other_area.parent, other_area.description) == (area, "Invoices.")
    assert client.post("/areas/networks/edit/", {"name": "Networks", "parent": other_area.pk}).status_code == 422
    assert as_user(head).get("/areas/networks/edit/").status_code == 403


def test_ending_a_role_that_has_ended_changes_nothing(area, head, member):
    """An old page's button must not bring a former head back for today."""
    old = head.roles.get()
    other = Person.objects.create(name="Other")
    actions.give_role(other, area=area, kind=Role.Kind.HEAD, by=member)
    actions.end_role(old, by=member)
    assert Role.objects.on().filter(area=area, kind=Role.Kind.HEAD).get().person == other


def test_a_planned_head_serves_until_the_next_planned_one(area, member):
    first, second = Person.objects.create(name="First"), Person.objects.create(name="Second")
    today = timezone.localdate()
    actions.give_role(first, area=area, kind="head", by=member, starts_on=today + timedelta(days=10))
    actions.give_role(second, area=area, kind="head", by=member, starts_on=today + timedelta(days=20))
    assert first.roles.get().ends_on == today + timedelta(days=19)


def test_a_head_who_began_today_is_followed_tomorrow(area, member):
    first, second = Person.objects.create(name="First"), Person.objects.create(name="Second")
    actions.give_role(first, area=area, kind="head", by=member)
    with pytest.raises(RuleBroken, match="head from"):
        actions.give_role(second, area=area, kind="head", by=member)


def test_an_address_that_another_person_has_is_told(head, member):
    with pytest.raises(RuleBroken, match="address already"):
        actions.keep(Person(name="Twin", email="HEAD@fairhaven.example"), by=member)
