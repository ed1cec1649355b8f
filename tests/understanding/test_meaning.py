"""A clause means the same for everybody, but where an area has a sentence of its own; that is the area's alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mandate import actions
from mandate.models import Clause, MandateVersion
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, Overtaken, Stale
from pmo_portal.common.models import Organisation, fingerprint_of
from stakeholders.people.models import Role
from stakeholders.understanding.actions import say_meaning
from stakeholders.understanding.models import Meaning
from tests.conftest import person_with, user, write_mandate
from tests.versions import add, drop, publish_next, reword

pytestmark = pytest.mark.django_db
MARKER = "Counted from the berth plan, quince."
SAME = "Every clause means the same there as for everybody."


@pytest.fixture
def clause(live):
    return live.clauses.get(kind=Clause.Kind.DOES)


@pytest.fixture
def meant(area, clause, member):
    return say_meaning(Meaning(area=area, clause_key=clause.key, text=MARKER), by=member)


def page_of(area, clause):
    return f"/mandate/areas/{area.slug}/{clause.key}/"


def text_of(browser, address="/mandate/"):
    return browser.get(address).content.decode()


# --- writing it ---------------------------------------------------------------------------------
def test_the_pmo_writes_one_sentence_and_who_wrote_it_when_is_kept(meant, member, live):
    kept = Meaning.objects.get()
    assert (kept.text, kept.written_by, kept.version) == (MARKER, member, live)
    assert Entry.objects.get(verb="say_meaning").details == {"area": kept.area_id, "clause": kept.clause_key}


@pytest.mark.parametrize("who", ["issuer", "administrator", "head", "foreign_head", "sponsor"])
def test_nobody_but_the_pmo_writes_it(who, area, clause, request):
    person = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        say_meaning(Meaning(area=area, clause_key=clause.key, text="Ours."), by=getattr(person, "user", person))
    assert not Meaning.objects.exists()


def test_it_is_one_sentence_a_clause_and_area(meant, lead):
    meant.text = "By the tide table."
    say_meaning(meant, by=lead)
    assert [(each.text, each.written_by) for each in Meaning.objects.all()] == [("By the tide table.", lead)]


def test_without_words_it_means_the_same_as_for_everybody_again(meant, as_user, member, area, clause):
    form = {"text": "", "seen": fingerprint_of(meant, ["text"])}
    answer = as_user(member).post(page_of(area, clause), form, follow=True)
    assert "it means the same as for everybody" in answer.content.decode()
    assert not Meaning.objects.exists()
    assert Entry.objects.filter(verb="take_back_meaning").count() == 1


def test_taking_back_what_is_not_there_leaves_no_trace(area, clause, member):
    assert say_meaning(Meaning(area=area, clause_key=clause.key, text="  "), by=member) is None
    assert not Entry.objects.filter(verb="take_back_meaning").exists()


def test_line_breaks_become_one_line(as_user, member, area, clause):
    as_user(member).post(page_of(area, clause), {"text": "Twelve weeks\r\n\r\n  from the plan. "})
    assert Meaning.objects.get().text == "Twelve weeks from the plan."


@pytest.mark.parametrize("text", ["x" * 301, "a\x00b"])
def test_more_than_a_sentence_and_what_no_database_takes_is_told_and_not_kept(text, as_user, member, area, clause):
    assert as_user(member).post(page_of(area, clause), {"text": text}).status_code == 422
    assert not Meaning.objects.exists()


def test_markup_is_words(as_user, member, head, area, clause):
    as_user(member).post(page_of(area, clause), {"text": "<script>alert(1)</script> & more"})
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text_of(as_user(head))


def test_a_clause_that_is_not_in_the_live_mandate_means_nothing_yet(area, live, member, as_user):
    draft = actions.start_draft(by=member)
    new = Clause(version=draft, text="Something new.")
    actions.save_part(new, by=member)
    with pytest.raises(Stale):
        say_meaning(Meaning(area=area, clause_key=new.key, text="Ours."), by=member)
    assert as_user(member).get(page_of(area, new)).status_code == 404


def test_without_a_live_mandate_there_is_no_page_to_write_on(area, member, as_user):
    assert as_user(member).get(f"/mandate/areas/{area.slug}/abc/").status_code == 404


# --- two at once --------------------------------------------------------------------------------
def test_who_writes_on_words_that_changed_meanwhile_sees_both_and_loses_neither(meant, as_user, member, area, clause):
    seen = fingerprint_of(meant, ["text"])
    meant.text = "By the tide table."
    say_meaning(meant, by=member)
    answer = as_user(member).post(page_of(area, clause), {"text": "By the moon.", "seen": seen})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "By the tide table." in page
    assert "By the moon." in page
    assert Meaning.objects.get().text == "By the tide table."


def test_two_who_both_began_with_nothing_are_told_too(area, clause, member, lead):
    first, second = (Meaning(area=area, clause_key=clause.key, text=text) for text in ("One.", "Two."))
    say_meaning(first, by=member)
    with pytest.raises(Overtaken):
        say_meaning(second, by=lead)
    assert Meaning.objects.get().text == "One."


def test_the_same_words_twice_are_no_conflict(area, clause, member, lead):
    for by in (member, lead):
        say_meaning(Meaning(area=area, clause_key=clause.key, text="One."), by=by)
    assert Meaning.objects.get().text == "One."


# --- who reads it -------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", Role.Kind.values)
def test_who_has_a_role_in_the_area_reads_it_before_what_it_does_for_everybody(kind, meant, area, clause, as_user):
    page = text_of(as_user(person_with(area, kind, "p@x.example")))
    assert f"In your area, {area}" in page
    assert page.index("How it helps you") < page.index(MARKER) < page.index("Words for helps.")
    assert f'href="#clause-{clause.key}"' in page


WHERE = [
    "/mandate/",
    "/mandate/1.1/",
    "/mandate/history/1/",
    "/api/mandate/",
    "/",
    "/me/",
    "/mandate/areas/",
    "/areas/networks/",
    "/areas/billing/",
    "/digests/letters/",
]


@pytest.mark.parametrize("who", ["foreign_head", "issuer", "administrator", "stranger"])
def test_nobody_else_finds_a_word_of_it_anywhere(who, meant, area, clause, in_force, other_area, as_user, request):
    someone = user("stranger@x.example") if who == "stranger" else request.getfixturevalue(who)
    Organisation.objects.update(mandate_readers="anyone")
    browser = as_user(someone)
    for address in [*WHERE, page_of(area, clause), in_force.agreement.get_absolute_url(), "/mandate/?area=networks"]:
        assert MARKER not in text_of(browser, address)


def test_no_passer_by_of_an_open_mandate_reads_it_or_picks_an_area(meant):
    Organisation.objects.update(mandate_readers="anyone")
    for address in ("/mandate/", "/mandate/?area=networks"):
        page = text_of(Client(), address)
        assert MARKER not in page
        assert "Networks" not in page


@pytest.mark.parametrize("slug", ["networks", "nowhere"])
def test_another_area_is_not_there_to_pick_as_is_one_that_does_not_exist(slug, meant, foreign_head, as_user):
    page = text_of(as_user(foreign_head), f"/mandate/?area={slug}")
    assert "In your area, Billing" in page
    assert "Networks" not in page


def test_a_role_that_ended_reads_it_no_more(meant, head, as_user):
    Role.objects.filter(person=head).update(ends_on=timezone.localdate() - timedelta(days=1))
    assert MARKER not in text_of(as_user(head))


def test_who_has_two_areas_begins_with_the_weightier_and_picks_the_other(meant, foreign_head, area, as_user):
    Role.objects.create(person=foreign_head, area=area, kind="customer", starts_on=timezone.localdate())
    page = text_of(as_user(foreign_head))
    assert "In your area, Billing" in page
    assert SAME in page
    assert MARKER in text_of(as_user(foreign_head), "/mandate/?area=networks")


def test_the_clause_s_own_page_says_it_too_to_its_area_alone(meant, head, foreign_head, member, as_user):
    assert "In Networks:" in text_of(as_user(head), "/mandate/1.1/")
    assert MARKER in text_of(as_user(head), "/mandate/1.1/")
    assert MARKER not in text_of(as_user(head), "/mandate/3.1/")
    assert MARKER not in text_of(as_user(foreign_head), "/mandate/1.1/")


def test_who_has_one_area_is_offered_no_choice(meant, head, as_user):
    assert "id_area" not in text_of(as_user(head))


def test_the_pmo_reads_along_in_any_area(meant, other_area, member, as_user):
    browser = as_user(member)
    assert MARKER not in text_of(browser)
    assert MARKER in text_of(browser, "/mandate/?area=networks")
    assert SAME in text_of(browser, "/mandate/?area=billing")


def test_the_preview_of_a_draft_shows_it_with_the_number_that_the_clause_will_have(meant, member, as_user):
    add(actions.start_draft(by=member))
    preview = text_of(as_user(member), "/mandate/draft/preview/?area=networks")
    assert MARKER in preview
    assert ">Clause 1.2</a>" in preview


def test_the_area_s_page_shows_it_with_its_clause(meant, area, head, as_user):
    page = text_of(as_user(head), "/areas/networks/")
    seen = page[page.index("The mandate as seen from here") :]
    assert MARKER in seen
    assert "Keeps one list of projects." in seen
    assert "Change what it means here" not in seen


def test_an_area_without_one_is_told_that_all_means_the_same(live, area, head, as_user):
    assert "Every clause means the same here as for everybody." in text_of(as_user(head), "/areas/networks/")


def test_the_area_s_page_names_what_its_agreement_stands_on(live, area, head, in_force, as_user):
    page = text_of(as_user(head), "/areas/networks/")
    assert "The agreement stands on it" in page


def test_the_area_s_page_says_that_a_clause_reads_differently_since_it_was_signed(
    in_force, member, issuer, head, as_user
):
    publish_next(member, issuer, reword)
    assert "it reads differently since it was signed" in text_of(as_user(head), "/areas/networks/")


def test_the_area_s_page_says_that_a_clause_is_gone_since_it_was_signed(in_force, member, issuer, head, as_user):
    publish_next(member, issuer, drop)
    assert "Gone from the mandate since it was signed" in text_of(as_user(head), "/areas/networks/")


# --- when its clause changes --------------------------------------------------------------------
def again(as_user, member):
    return "meaning to look at again" in text_of(as_user(member), "/mandate/areas/")


def test_a_material_change_of_its_clause_makes_the_pmo_look_again_and_saving_it_settles_that(
    meant, member, issuer, area, as_user
):  # fmt: skip
    publish_next(member, issuer, reword)
    assert again(as_user, member)
    assert "to look at again" not in text_of(as_user(person_with(area, "head", "h@x.example")))
    clause = MandateVersion.objects.live().get().clauses.get(key=meant.clause_key)
    page = text_of(as_user(member), page_of(area, clause))
    assert "The clause has changed since these words were written" in page
    assert "“Keeps one list of projects.”" in page
    as_user(member).post(page_of(area, clause), {"text": MARKER, "seen": fingerprint_of(meant, ["text"])})
    assert not again(as_user, member)


def test_the_pmo_s_first_page_says_so(meant, member, issuer, as_user):
    assert "Look again at what a clause means" not in text_of(as_user(member), "/")
    publish_next(member, issuer, reword)
    assert "Look again at what a clause means in an area" in text_of(as_user(member), "/")


def test_an_editorial_change_makes_nobody_look_again(meant, member, issuer, as_user):
    publish_next(member, issuer, reword, material=False)
    assert not again(as_user, member)


def test_a_material_change_of_another_clause_makes_nobody_look_again(meant, member, issuer, as_user):
    def other(draft):
        draft.clauses.filter(kind=Clause.Kind.DOES_NOT).update(text="Lead your projects.")

    publish_next(member, issuer, other)
    assert not again(as_user, member)


def test_a_material_version_after_an_editorial_change_of_the_clause_makes_nobody_look_again(
    meant, member, issuer, as_user
):  # fmt: skip
    publish_next(member, issuer, reword, material=False)
    publish_next(member, issuer)
    assert not again(as_user, member)


def test_what_is_scheduled_makes_nobody_look_again_before_its_moment(meant, member, issuer, as_user):
    draft = write_mandate(member)
    reword(draft)
    version = actions.seal(draft, by=member)
    soon = timezone.now() + timedelta(days=2)
    actions.issue(version, by=issuer, content_hash=version.content_hash, at=soon)
    assert not again(as_user, member)


def test_a_meaning_whose_clause_is_gone_is_kept_for_the_pmo_and_shown_to_no_reader(
    meant, member, issuer, head, as_user
):  # fmt: skip
    publish_next(member, issuer, drop)
    page = text_of(as_user(member), "/mandate/areas/")
    assert MARKER in page[page.index("Kept, although their clause is gone") :]
    assert MARKER not in text_of(as_user(head)) + text_of(as_user(head), "/areas/networks/")
