"""A code opens the door once, for ten minutes, in the browser that asked for it, and can be tried three times."""

import logging
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pmo_portal.accounts import actions
from pmo_portal.accounts.models import SignInCode, User
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.links import way_in
from pmo_portal.common.models import Organisation
from pmo_portal.outbox.models import OutgoingEmail
from tests.accounts.conftest import all_at_once, another, ask_for_a_code, is_in, newest_code, text_of

pytestmark = pytest.mark.django_db(transaction=True)


# --- a code is good once, and for a while -------------------------------------------------------
@pytest.mark.parametrize("typed", ["{0}", "{1} {2}", " {1}-{2} ", "{1}\u00a0{2}", "{1}\u2013{2}"])
def test_a_code_is_taken_as_people_type_and_paste_it(client, head, typed):
    code = ask_for_a_code(client, head.email)
    client.post("/in/code/", {"code": typed.format(code, code[:3], code[3:])})
    assert is_in(client)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12345x", "１２３", "12 34", "\x00" * 6])
def test_what_is_no_code_is_told_and_counts_as_no_try(client, head, typed):
    code = ask_for_a_code(client, head.email)
    for _time in range(4):
        assert client.post("/in/code/", {"code": typed}).status_code == 422
    client.post("/in/code/", {"code": code})
    assert is_in(client)


def test_a_wrong_code_opens_nothing_and_says_how_often_it_can_be_tried(client, head):
    code = ask_for_a_code(client, head.email)
    answer = client.post("/in/code/", {"code": another(code)})
    assert answer.status_code == 422
    assert "2 more times" in answer.content.decode()
    assert another(code) not in answer.content.decode()
    assert "once more" in client.post("/in/code/", {"code": another(code)}).content.decode()
    assert not is_in(client)


def test_after_three_wrong_ones_the_right_one_opens_nothing(client, head):
    code = ask_for_a_code(client, head.email)
    for _time in range(3):
        answer = client.post("/in/code/", {"code": another(code)})
    assert "Send another one" in answer.content.decode()
    assert client.post("/in/code/", {"code": code}).status_code == 422
    assert not is_in(client)
    assert SignInCode.objects.get().tries == 3


def test_the_third_try_can_be_the_right_one(client, head):
    code = ask_for_a_code(client, head.email)
    for _time in range(2):
        client.post("/in/code/", {"code": another(code)})
    client.post("/in/code/", {"code": code})
    assert is_in(client)


def test_a_used_code_is_used(client, head):
    code = ask_for_a_code(client, head.email)
    browser = client.session["browser"]
    client.post("/in/code/", {"code": code})
    with pytest.raises(RuleBroken, match="no more"):
        actions.come_in(code, browser=browser)


def test_a_code_runs_out_after_ten_minutes(head):
    now = timezone.now()
    actions.send_code(head.email, browser="b", now=now)
    code = newest_code()
    with pytest.raises(RuleBroken, match="no more"):
        actions.come_in(code, browser="b", now=now + timedelta(minutes=10))
    actions.send_code(head.email, browser="b", now=now)
    assert actions.come_in(newest_code(), browser="b", now=now + timedelta(minutes=9)) == head.user


def test_another_browser_can_do_nothing_with_it(client, head):
    code = ask_for_a_code(client, head.email)
    other = Client()
    other.post("/in/code/", {"code": code})
    assert not is_in(other)
    ask_for_a_code(other, head.email)
    other.post("/in/code/", {"code": code})
    assert not is_in(other)
    client.post("/in/code/", {"code": code})
    assert is_in(client), "and the one that asked still can"


def test_a_code_for_one_address_opens_no_other(client, head, lead):
    code = ask_for_a_code(client, head.email)
    ask_for_a_code(client, lead.email)
    client.post("/in/code/", {"code": code})
    assert not is_in(client)


def test_only_the_newest_of_a_browser_works(client, head):
    first = ask_for_a_code(client, head.email)
    assert client.post("/in/code/", {"another": "1"}).status_code == 302
    second = newest_code()
    client.post("/in/code/", {"code": first if first != second else another(first)})
    assert not is_in(client)
    client.post("/in/code/", {"code": second})
    assert is_in(client)


def test_somebody_elses_wish_ends_nobodys_code(client, head):
    code = ask_for_a_code(client, head.email)
    ask_for_a_code(Client(), head.email)
    client.post("/in/code/", {"code": code})
    assert is_in(client)


def test_a_code_to_come_in_proves_nothing_and_the_other_way_round(head):
    actions.send_code(head.email, browser="b")
    with pytest.raises(RuleBroken):
        actions.prove(newest_code(), by=head.user, browser="b")
    actions.send_code(head.email, browser="c", by=head.user, purpose="prove")
    with pytest.raises(RuleBroken):
        actions.come_in(newest_code(), browser="c")


def test_one_persons_proof_is_no_others(head, lead):
    actions.send_code(head.email, browser="b", by=head.user, purpose="prove")
    with pytest.raises(RuleBroken):
        actions.prove(newest_code(), by=lead, browser="b")


def test_old_rows_are_cleared_when_new_ones_are_made(head):
    now = timezone.now()
    actions.send_code(head.email, browser="b", now=now - timedelta(hours=2))
    actions.send_code(head.email, browser="c", now=now)
    assert SignInCode.objects.count() == 1


def test_the_database_counts_no_fourth_try_and_keeps_no_proof_of_nobody(head):
    code = actions.send_code(head.email, browser="b")
    with pytest.raises(IntegrityError):
        SignInCode.objects.filter(pk=code.pk).update(tries=4)
    with pytest.raises(IntegrityError):
        SignInCode.objects.filter(pk=code.pk).update(purpose="prove", user=None)


# --- many at once -------------------------------------------------------------------------------
def same_browser(client: Client) -> Client:
    twin = Client(raise_request_exception=False)
    twin.cookies = client.cookies.copy()
    return twin


def test_twenty_guesses_at_once_count_at_most_three_tries(client, head):
    code = ask_for_a_code(client, head.email)
    guesses = [same_browser(client) for _number in range(20)]
    answers = all_at_once(20, lambda n: guesses[n].post("/in/code/", {"code": another(code)}))
    assert {answer.status_code for answer in answers} == {422}
    assert SignInCode.objects.get().tries == 3
    client.post("/in/code/", {"code": code})
    assert not is_in(client)


def test_a_right_one_among_twenty_guesses_is_one_of_three_tries(client, head):
    code = ask_for_a_code(client, head.email)
    guesses = [same_browser(client) for _number in range(20)]
    digits = [code if n == 19 else another(code) for n in range(20)]
    all_at_once(20, lambda n: guesses[n].post("/in/code/", {"code": digits[n]}))
    assert SignInCode.objects.get().tries <= 3


def test_ten_right_ones_at_once_open_the_door_once(client, head):
    code = ask_for_a_code(client, head.email)
    twins = [same_browser(client) for _number in range(10)]
    all_at_once(10, lambda n: twins[n].post("/in/code/", {"code": code}))
    assert sum(is_in(twin) for twin in twins) == 1


def test_a_stranger_who_comes_in_twice_at_once_becomes_one_reader(db):
    Organisation.objects.update(mail_domains="fairhaven.example")
    codes = []
    for browser in ("b", "c"):
        actions.send_code("new@fairhaven.example", browser=browser)
        codes.append((newest_code(), browser))
    users = all_at_once(2, lambda n: actions.come_in(codes[n][0], browser=codes[n][1]).pk)
    assert len(set(users)) == 1
    assert User.objects.count() == 1


# --- what is kept, and what is told -------------------------------------------------------------
def test_the_digits_stand_in_no_table_and_no_log(client, head, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    code = ask_for_a_code(client, head.email)
    everything = rows_of_all_tables()
    client.post("/in/code/", {"code": another(code)})
    client.post("/in/code/", {"code": code})
    said = caplog.text + "".join(capsys.readouterr())
    for kept in (everything, rows_of_all_tables(), said):
        assert code not in kept
    assert head.email not in said
    letter = OutgoingEmail.objects.get(event="accounts/login_code")
    assert (letter.text, letter.html, bytes(letter.raw)) == ("", "", b"")


def rows_of_all_tables() -> str:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [repr([v if not isinstance(v, memoryview) else bytes(v) for v in row]) for row in cursor]
    return "\n".join(found)


def test_the_same_digits_have_another_hash_in_another_browser(head):
    assert actions.keyed_hash("b", "123456") != actions.keyed_hash("c", "123456")


def test_an_unknown_address_gets_the_same_pages(db):
    User.objects.create_user("somebody@fairhaven.example")
    seen = {}
    for address in ("somebody@fairhaven.example", "nobody@fairhaven.example"):
        browser, pages = Client(), []
        pages.append(browser.post("/in/", {"email": address}))
        pages.append(browser.get("/in/code/"))
        pages += [browser.post("/in/code/", {"code": "000000"}) for _time in range(4)]
        pages.append(browser.post("/in/code/", {"another": "1"}))
        seen[address] = [
            (page.status_code, page.get("Location"), words(page).replace(address, "ADDRESS")) for page in pages
        ]
    assert seen["somebody@fairhaven.example"] == seen["nobody@fairhaven.example"]
    assert "not known here" in text_of(mail.outbox[-1])


def words(page) -> str:
    """A page without its token, which is another each time."""
    return "\n".join(line for line in page.content.decode().splitlines() if "csrfmiddlewaretoken" not in line)


def test_an_unknown_address_costs_as_many_questions_as_a_known_one(db):
    User.objects.create_user("somebody@fairhaven.example")
    counts = []
    for address in ("somebody@fairhaven.example", "nobody@fairhaven.example"):
        with CaptureQueriesContext(connection) as asked:
            Client().post("/in/", {"email": address})
        counts.append(len(asked))
    # One more for the unknown: the organisation is asked whether it lets strangers in.
    assert 0 <= counts[1] - counts[0] <= 1


def test_no_digits_open_an_unknown_address(db):
    actions.send_code("nobody@fairhaven.example", browser="b")
    row = SignInCode.objects.get()
    assert row.code_hash == ""
    for digits in ("", "000000"):
        with pytest.raises(RuleBroken):
            actions.come_in(digits, browser="b")


def test_an_address_is_one_whatever_its_case_and_the_letter_goes_to_the_known_one(client, head):
    ask_for_a_code(client, head.email.upper())
    assert mail.outbox[-1].to == [head.email]
    # The sign for kelvin is a small k to a computer; the letter goes to the mailbox that is known.
    client.post("/in/", {"email": "\u212aim@fairhaven.example"})
    assert mail.outbox[-1].to == ["kim@fairhaven.example"]


def test_who_is_shut_out_is_told_so_only_after_the_code(client, head):
    User.objects.filter(pk=head.user.pk).update(is_active=False)
    code = ask_for_a_code(client, head.email)
    answer = client.post("/in/code/", {"code": code}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/inactive/"
    assert not is_in(client)


# --- strangers of an allowed domain -------------------------------------------------------------
def let_in(readers: str, domains: str = "fairhaven.example") -> None:
    Organisation.objects.update(mandate_readers=readers, mail_domains=domains)


@pytest.mark.parametrize("readers", ["organisation", "anyone"])
def test_a_mailbox_of_an_allowed_domain_becomes_a_reader_when_the_code_is_used(client, readers):
    let_in(readers)
    code = ask_for_a_code(client, "New.Person@fairhaven.example")
    assert not User.objects.exists()
    client.post("/in/code/", {"code": code})
    assert is_in(client)
    reader = User.objects.get()
    assert (reader.email, reader.is_staff, reader.has_usable_password()) == (
        "new.person@fairhaven.example",
        False,
        False,
    )
    assert not reader.appointments.exists()


@pytest.mark.parametrize(
    ("readers", "address"),
    [
        ("closed", "new@fairhaven.example"),
        ("organisation", "new@elsewhere.example"),
        ("organisation", "new@sub.fairhaven.example"),
        ("organisation", "new@fairhaven.example.elsewhere.example"),
    ],
)
def test_nobody_else_gets_an_account_by_themselves(client, readers, address):
    let_in(readers)
    client.post("/in/", {"email": address})
    assert "not known here" in text_of(mail.outbox[-1])
    assert not User.objects.exists()


def test_an_organisation_that_closed_meanwhile_lets_no_stranger_in(client):
    let_in("organisation")
    code = ask_for_a_code(client, "new@fairhaven.example")
    let_in("closed")
    assert client.post("/in/code/", {"code": code}).status_code == 422
    assert not User.objects.exists()


def test_who_was_invited_meanwhile_comes_in_as_themselves(client):
    let_in("organisation")
    code = ask_for_a_code(client, "new@fairhaven.example")
    known = User.objects.create_user("new@fairhaven.example", "New")
    client.post("/in/code/", {"code": code})
    assert is_in(client)
    assert User.objects.get() == known


# --- asking is throttled ------------------------------------------------------------------------
def test_one_address_gets_three_codes_a_minute(head):
    answers = [Client().post("/in/", {"email": head.email}).status_code for _time in range(4)]
    assert answers == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_being_throttled_is_a_calm_page_and_what_was_sent_still_works(client, head):
    for _time in range(3):
        code = ask_for_a_code(client, head.email)
    answer = client.post("/in/code/", {"another": "1"})
    assert answer.status_code == 429
    assert "<h1>A little slower, please</h1>" in answer.content.decode()
    client.post("/in/code/", {"code": code})
    assert is_in(client)


def test_one_visitor_gets_twenty_codes_a_minute(db):
    answers = [Client().post("/in/", {"email": f"n{n}@fairhaven.example"}).status_code for n in range(21)]
    assert answers == [302] * 20 + [429]


def test_ten_codes_an_hour(head, settings):
    settings.ACCOUNT_RATE_LIMITS = {"send_code": "20/m/ip,10/h/key"}
    answers = [Client().post("/in/", {"email": head.email}).status_code for _time in range(11)]
    assert answers == [302] * 10 + [429]


def test_who_only_knows_an_address_cannot_use_up_the_letters_own_button(head, client):
    for _time in range(4):
        Client().post("/in/", {"email": head.email})
    assert client.post(way_in(head.user.pk, "/me/").removeprefix("http://testserver")).status_code == 302


def test_the_door_of_passwords_is_throttled_with_the_same_calm_page(client, head):
    for _time in range(31):
        answer = client.post("/accounts/login/", {"login": head.email, "password": "wrong"})
    assert answer.status_code == 429
    assert "A little slower, please" in answer.content.decode()
