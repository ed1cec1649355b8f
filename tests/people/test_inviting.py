"""Inviting: the states, several at once, the second letter, a letter that came back, and the list narrowed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pmo_portal.accounts.access import is_issuer
from pmo_portal.accounts.models import User
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.people import actions, reading
from stakeholders.people.models import Invitation, Person, Role

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATER = NOW + timedelta(days=3)
MUCH_LATER = NOW + timedelta(days=9)
State = Person.State


def person(name, **facts):
    return Person.objects.create(name=name, email=f"{name.lower()}@fairhaven.example", **facts)


def state(of):
    return reading.state_of(reading.people().get(pk=of.pk))


def comes_back(of, reason="Refused by the mail server: 550 no such mailbox"):
    OutgoingEmail.objects.filter(about=of.key, to=of.email).update(state="failed", reason=reason)


# --- the states -----------------------------------------------------------------------------------
def test_each_state_follows_from_the_facts(member):
    nobody = Person.objects.create(post_title="Deputy director")
    ana = person("Ana")
    assert (state(nobody), state(ana)) == (State.NO_ADDRESS, State.NOT_INVITED)
    actions.invite(ana, by=member, now=NOW)
    assert state(ana) == State.INVITED
    comes_back(ana)
    assert state(ana) == State.BOUNCED
    ana.user.last_login = NOW
    ana.user.save()
    assert state(ana) == State.CAME_IN


def test_the_list_says_the_day_of_the_newest_invitation(as_user, member):
    ana = person("Ana")
    actions.invite(ana, by=member, now=NOW - timedelta(days=4))
    actions.remind(ana, by=member, now=NOW)
    words = reading.line(reading.people().get()).status["word"]
    assert words == f"Invited {timezone.localtime(NOW):%-d %B %Y}"
    assert words in as_user(member).get("/people/").content.decode()


def test_a_letter_that_waits_to_try_again_has_not_bounced(member):
    ana = person("Ana")
    actions.invite(ana, by=member)
    OutgoingEmail.objects.update(state="retry_wait", reason="421 try later")
    assert state(ana) == State.INVITED


def test_the_persons_page_says_the_mail_servers_own_words(as_user, member):
    ana = person("Ana")
    actions.invite(ana, by=member)
    assert "550 no such mailbox" not in as_user(member).get(ana.get_absolute_url()).content.decode()
    comes_back(ana)
    page = as_user(member).get(ana.get_absolute_url()).content.decode()
    assert "The invitation came back" in page
    assert "550 no such mailbox" in page
    assert "Invite again" in page


def test_mending_the_address_and_inviting_again_clears_a_bounce(as_user, member):
    ana = person("Ana")
    actions.invite(ana, by=member, now=NOW)
    comes_back(ana)
    form = {"name": "Ana", "email": "ana.lima@fairhaven.example", "post_title": ""}
    assert as_user(member).post(ana.get_absolute_url(), form).status_code == 302
    ana.refresh_from_db()
    assert (ana.email, ana.user.email) == ("ana.lima@fairhaven.example", "ana.lima@fairhaven.example")
    assert state(ana) == State.NOT_INVITED
    actions.invite(ana, by=member, now=NOW)
    assert state(ana) == State.INVITED
    assert OutgoingEmail.objects.filter(to="ana.lima@fairhaven.example").get().turn == 1


def test_an_address_is_mended_only_after_a_bounce_and_before_anybody_came_in(member, head):
    ana = person("Ana")
    actions.invite(ana, by=member)
    for each in (ana, head):
        each.email = "new@fairhaven.example"
        with pytest.raises(RuleBroken, match="so it stays"):
            actions.keep(each, by=member)
    ana.refresh_from_db()
    comes_back(ana)
    ana.user.last_login = NOW
    ana.user.save()
    ana.email = "new@fairhaven.example"
    with pytest.raises(RuleBroken, match="so it stays"):
        actions.keep(ana, by=member)


@pytest.mark.parametrize("wrong", ["", "member@fairhaven.example", "MEMBER@fairhaven.example"])
def test_a_mended_address_is_nobody_elses_and_not_empty(wrong, member):
    ivo = person("Ivo", office="issuer")
    actions.invite(ivo, by=member)
    comes_back(ivo)
    ivo.email = wrong
    with pytest.raises(RuleBroken):
        actions.keep(ivo, by=member)
    ivo.refresh_from_db()
    assert ivo.user.email == "ivo@fairhaven.example"
    assert not is_issuer(member)


def test_inviting_the_same_address_again_after_a_bounce_is_a_first_letter(member):
    ana = person("Ana")
    actions.invite(ana, by=member, now=NOW)
    comes_back(ana)
    actions.invite(ana, by=member, now=NOW)
    assert state(ana) == State.INVITED
    assert not OutgoingEmail.objects.filter(subject__startswith="Second letter").exists()


# --- two letters, then call -----------------------------------------------------------------------
def test_an_invitation_and_one_more_and_then_call(member):
    ana = person("Ana")
    actions.invite(ana, by=member, now=NOW)
    with pytest.raises(RuleBroken, match="A second one may follow"):
        actions.invite(ana, by=member, now=NOW)
    actions.remind(ana, by=member, now=LATER)
    with pytest.raises(RuleBroken, match="Two letters have gone to Ana about this. Call Ana"):
        actions.invite(ana, by=member, now=MUCH_LATER)
    assert Invitation.objects.count() == OutgoingEmail.objects.count() == 2
    assert OutgoingEmail.objects.first().subject.startswith("Second letter: ")
    assert Entry.objects.filter(verb="invite").count() == 2


def test_who_came_in_needs_no_invitation(member, head):
    head.user.last_login = NOW
    head.user.save()
    with pytest.raises(RuleBroken, match="has come in already"):
        actions.invite(head, by=member)


@pytest.mark.parametrize("is_known", [True, False], ids=["invited before", "an account by that address"])
def test_nobody_is_asked_to_come_in_where_the_door_is_shut(member, is_known):
    person = actions.keep(Person(name="Ann", email="ann@fairhaven.example"), by=member)
    if is_known:
        actions.invite(person, by=member, now=timezone.now() - timedelta(days=4))
    else:
        User.objects.create_user(person.email)
    User.objects.filter(email=person.email).update(is_active=False)
    person.refresh_from_db()
    letters = OutgoingEmail.objects.count()
    with pytest.raises(RuleBroken, match="has been shut"):
        actions.invite(person, by=member)
    assert OutgoingEmail.objects.count() == letters


def test_who_was_never_invited_is_not_reminded(as_user, member):
    ana = person("Ana")
    with pytest.raises(RuleBroken, match="not invited yet"):
        actions.remind(ana, by=member)
    assert as_user(member).post(f"/people/{ana.pk}/remind/").status_code == 302
    assert not OutgoingEmail.objects.exists()


def test_reminding_from_the_first_page_leads_back_to_it(as_user, member):
    ana = person("Ana")
    actions.invite(ana, by=member, now=NOW - timedelta(days=4))
    answer = as_user(member).post(f"/people/{ana.pk}/remind/", headers={"referer": "http://testserver/"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "A second letter is on its way to ana@fairhaven.example." in answer.content.decode()
    assert OutgoingEmail.objects.count() == 2


# --- several at once ------------------------------------------------------------------------------
def test_several_are_seen_first_and_invited_by_one_button(as_user, member, area):
    ana, ben = person("Ana"), person("Ben")
    Role.objects.create(person=ben, area=area, kind="sponsor", starts_on=timezone.localdate())
    client = as_user(member)
    page = client.get(f"/people/invite/?who={ana.pk}&who={ben.pk}").content.decode()
    assert "2 people will be invited" in page
    assert "Dear Ana" in page
    assert "Sponsor, Networks" in page
    assert "Send 2 invitations" in page
    assert not OutgoingEmail.objects.exists()
    answer = client.post("/people/invite/", {"who": [ana.pk, ben.pk]}, follow=True)
    assert "2 invitations are on their way." in answer.content.decode()
    assert sorted(OutgoingEmail.objects.values_list("to", flat=True)) == [ana.email, ben.email]


def test_those_who_cannot_be_invited_are_left_out_with_the_reason_and_hold_up_nobody(as_user, member, head):
    head.user.last_login = NOW
    head.user.save()
    without, today, called, fine = Person.objects.create(name="Wim"), person("Tom"), person("Cleo"), person("Fay")
    actions.invite(today, by=member, now=timezone.now())
    for days in (9, 5):
        actions.invite(called, by=member, now=timezone.now() - timedelta(days=days))
    everybody = [head.pk, without.pk, today.pk, called.pk, fine.pk]
    client = as_user(member)
    page = client.get("/people/invite/", {"who": everybody}).content.decode()
    assert "1 person will be invited" in page
    assert "4 people are left out" in page
    for words in ("has come in already", "has no address yet", "two letters have gone: call", "was invited on"):
        assert words in page
    answer = client.post("/people/invite/", {"who": everybody}, follow=True).content.decode()
    assert "1 invitation is on its way." in answer
    assert "Call Cleo" in answer
    assert Invitation.objects.filter(person=fine).count() == 1
    assert Invitation.objects.count() == 4


def test_nobody_ticked_is_nobody_invited(as_user, member):
    person("Ana")
    client = as_user(member)
    assert "Nobody is ticked" in client.get("/people/invite/?who=x&who=&who=999999&who=-1").content.decode()
    assert (
        "nobody was written to" in client.post("/people/invite/", {"who": ["x", "²"]}, follow=True).content.decode()
    )
    assert not OutgoingEmail.objects.exists()


def test_pressing_twice_sends_once(as_user, member):
    ana = person("Ana")
    client = as_user(member)
    for _time in range(2):
        client.post("/people/invite/", {"who": [ana.pk, ana.pk]})
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.parametrize("who", ["issuer", "administrator", "head", "sponsor"])
def test_only_the_pmo_invites_and_reminds(who, request, head):
    found = request.getfixturevalue(who)
    by = getattr(found, "user", found)
    for refused in (lambda: actions.invite_several([head], by=by), lambda: actions.remind(head, by=by)):
        with pytest.raises(NotAllowed):
            refused()


# --- the list -------------------------------------------------------------------------------------
@pytest.fixture
def crowd(member, area, other_area, head, sponsor):
    """One of each state; a head and a sponsor in the one area, a customer in the other."""
    Person.objects.create(name="Wim")
    invited, bounced, customer = person("Iris"), person("Bo"), person("Cas")
    for each in (invited, bounced):
        actions.invite(each, by=member)
    comes_back(bounced)
    Role.objects.create(person=customer, area=other_area, kind="customer", starts_on=timezone.localdate())
    head.user.last_login = NOW
    head.user.save()


def shown(client, query):
    return {str(line.person) for line in client.get(f"/people/?{query}").context["lines"]}


def test_the_list_is_narrowed_by_state_role_and_area(crowd, as_user, member, area, other_area):
    client = as_user(member)
    assert shown(client, "state=no_address") == {"Wim"}
    assert shown(client, "state=not_invited") == {"Sponsor", "Cas"}
    assert shown(client, "state=invited") == {"Iris"}
    assert shown(client, "state=bounced") == {"Bo"}
    assert shown(client, "state=came_in") == {"Head"}
    assert shown(client, "kind=customer") == {"Cas"}
    assert shown(client, f"area={area.pk}") == {"Head", "Sponsor"}
    assert shown(client, f"area={area.pk}&kind=head&state=came_in&q=hea") == {"Head"}
    assert shown(client, f"area={other_area.pk}&kind=head") == set()


def test_each_state_is_counted_among_the_others_that_are_wanted(crowd, area):
    counts = {row["value"]: row["count"] for row in reading.states()}
    assert counts == {"": 6, "no_address": 1, "not_invited": 2, "invited": 1, "bounced": 1, "came_in": 1}
    counts = {row["value"]: row["count"] for row in reading.states(state="invited", area=area.pk)}
    assert counts == {"": 2, "not_invited": 1, "invited": 0, "came_in": 1}
    assert ("sponsor", "Sponsor (1)") in reading.roles_to_choose()
    assert (area.pk, "Networks (2)") in reading.areas_to_choose()


@pytest.mark.parametrize("odd", ["state=nowhere", "kind=king", "area=x", "area=-1", "area=99999999999", "q=%00"])
def test_a_question_that_makes_no_sense_narrows_nothing(odd, crowd, as_user, member):
    assert len(shown(as_user(member), odd)) == 6


def test_the_second_letter_is_seen_as_it_will_arrive(as_user, member):
    ana = person("Ana")
    actions.invite(ana, by=member, now=NOW - timedelta(days=4))
    client = as_user(member)
    for address in (f"/people/{ana.pk}/invite/", f"/people/invite/?who={ana.pk}"):
        page = client.get(address).content.decode()
        assert "Second letter: Member invites you" in page
        assert "our second letter about this, and the last one" in page
    client.post(f"/people/{ana.pk}/invite/")
    page = client.get(f"/people/{ana.pk}/invite/").content.decode()
    assert "two letters have gone: call" in page
    assert "Send the invitation" not in page
