"""Single sign-on: a verified address of one's own opens the door, and nothing else does."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.db import connections
from django.test import Client
from django.urls import reverse

from pmo_portal.accounts import sso
from pmo_portal.accounts.actions import Identity, let_in
from pmo_portal.accounts.actions import sso as sso_actions
from pmo_portal.accounts.models import User
from pmo_portal.audit.models import Entry
from pmo_portal.common.models import Organisation
from tests.accounts.provider import Provider, running
from tests.conftest import user
from tests.house import page

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    with running() as provider:
        yield provider


@pytest.fixture
def provider(server, settings):
    fresh = Provider(url=server.url)
    vars(server).update(vars(fresh))
    settings.SSO = server.settings()
    yield server
    server.over.set()


@pytest.fixture
def anna(db):
    return user("anna@fairhaven.example")


def leave(client: Client, after: str = "") -> str:
    """Press the button; the address at the provider that one is taken to."""
    answer = client.post("/accounts/sso/", {"next": after} if after else {})
    assert answer.status_code == 200
    assert page.problems(answer) == []
    return unescape(re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.content.decode())[1])


def come_back(address: str) -> str:
    """Say yes at the provider; the path with which one comes back."""
    answer = requests.get(address, allow_redirects=False, timeout=5)
    answer.close()
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def walk(client: Client, after: str = ""):
    """All the way there and back."""
    return client.get(come_back(leave(client, after)))


def who(client: Client) -> User | None:
    number = client.session.get("_auth_user_id")
    return User.objects.get(pk=number) if number else None


def assert_refused(client: Client, answer, status: int = 403, words: str = "") -> None:
    """A plain page with the other way in; nobody is signed in."""
    assert answer.status_code == status
    assert page.problems(answer) == []
    text = answer.content.decode()
    assert words in text
    assert reverse("door:address") in text
    assert who(client) is None


# --- off and on ---------------------------------------------------------------------------------
def test_when_it_is_off_there_is_no_route_and_no_button(client):
    assert client.get("/accounts/sso/").status_code == 404
    assert client.post("/accounts/sso/").status_code == 404
    assert client.get("/accounts/sso/callback/?state=x&code=y").status_code == 404
    assert "/accounts/sso/" not in client.get("/in/").content.decode()


def test_when_it_is_on_the_door_has_a_button_that_keeps_where_one_was_going(client, provider):
    text = client.get("/in/?next=/me/").content.decode()
    assert "Sign in with your Westmark account" in text
    assert 'action="/accounts/sso/"' in text
    assert '<input type="hidden" name="next" value="/me/">' in text


def test_opening_the_address_asks_and_does_nothing(client, provider):
    answer = client.get("/accounts/sso/?next=/me/")
    assert answer.status_code == 200
    assert "Sign in with your Westmark account" in answer.content.decode()
    assert provider.asked == []
    assert "socialaccount_states" not in client.session


def test_the_secret_stands_on_no_page(client, provider):
    for answer in (client.get("/in/"), client.get("/accounts/sso/"), client.post("/accounts/sso/")):
        assert provider.settings()["secret"] not in answer.content.decode()


# --- who comes in -------------------------------------------------------------------------------
def test_somebody_with_an_account_comes_in_where_they_were_going(client, provider, anna):
    provider.says(email="Anna@Fairhaven.example")
    answer = walk(client, "/digests/archive/")
    assert (answer.status_code, answer["Location"]) == (302, "/digests/archive/")
    assert who(client) == anna
    assert User.objects.count() == 1


def test_the_provider_is_asked_with_state_nonce_and_pkce(client, provider, anna):
    asked = {name: values[0] for name, values in parse_qs(urlsplit(leave(client)).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert min(len(asked["state"]), len(asked["nonce"])) >= 16
    assert asked["redirect_uri"] == "http://testserver/accounts/sso/callback/"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}


def test_where_one_was_going_is_never_another_host(client, provider, anna):
    provider.says(email=anna.email)
    assert walk(client, "https://elsewhere.example/")["Location"] == "/"


def test_an_address_that_is_told_by_user_info_counts_when_it_is_of_the_same_person(client, provider, anna):
    provider.says()
    provider.userinfo = {"sub": "s-1", "email": anna.email, "email_verified": True}
    walk(client)
    assert who(client) == anna


def test_user_info_of_somebody_else_opens_nothing(client, provider, anna):
    provider.says()
    provider.userinfo = {"sub": "s-2", "email": anna.email, "email_verified": True}
    assert_refused(client, walk(client))


def test_nothing_that_the_provider_tells_is_kept_but_its_name_for_the_person(client, provider, anna):
    provider.says(email=anna.email, name="Anna", phone_number="0123")
    walk(client)
    tie = SocialAccount.objects.get()
    assert (tie.user, tie.uid, tie.provider, tie.extra_data) == (anna, "s-1", provider.url, {})


def test_the_provider_may_name_another_claim_that_says_an_address_is_verified(client, provider, anna, settings):
    settings.SSO = provider.settings(verified_claim="xms_edov")
    provider.says(email=anna.email, email_verified=None)
    assert_refused(client, walk(client))
    provider.says(email=anna.email, email_verified=None, xms_edov="1")
    walk(client)
    assert who(client) == anna


def test_a_second_factor_is_asked_for_after_the_provider_too(client, provider, anna):
    Authenticator.objects.create(user=anna, type="totp", data={"secret": ""})
    provider.says(email=anna.email)
    assert walk(client, "/me/")["Location"] == "/accounts/second/"
    assert who(client) is None


# --- strangers ----------------------------------------------------------------------------------
def opened(readers: str = "organisation") -> None:
    Organisation.objects.update(mail_domains="fairhaven.example", mandate_readers=readers)


def test_somebody_of_the_organisation_becomes_a_reader_without_a_role(client, provider, live):
    opened()
    provider.says(email="new.person@fairhaven.example", name="New\x00 Person")
    walk(client)
    reader = who(client)
    assert (reader.email, reader.name) == ("new.person@fairhaven.example", "New Person")
    assert not (
        reader.is_staff or reader.is_superuser or reader.appointments.exists() or reader.has_usable_password()
    )
    assert client.get("/mandate/").status_code == 200
    assert client.get("/people/").status_code == 403
    assert Entry.objects.filter(verb="let_in", subject=f"user:{reader.pk}").exists()


@pytest.mark.parametrize(
    "email", ["x@elsewhere.example", "x@sub.fairhaven.example", "x@fairhaven.example.evil.example"]
)
def test_somebody_of_another_domain_is_told_that_the_portal_does_not_know_them(client, provider, email):
    opened()
    provider.says(email=email)
    assert_refused(client, walk(client), words="does not know")
    assert not User.objects.exists()


def test_a_closed_portal_lets_no_stranger_in(client, provider):
    opened("closed")
    provider.says(email="new@fairhaven.example")
    assert_refused(client, walk(client), words="does not know")
    assert not User.objects.exists()


# --- addresses that prove nothing ---------------------------------------------------------------
@pytest.mark.parametrize("verified", [False, None, "false", "", 0, "no", []])
def test_an_address_that_is_not_verified_opens_nothing(client, provider, anna, verified):
    opened()
    provider.says(email=anna.email, email_verified=verified)
    assert_refused(client, walk(client), words="did not vouch")
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("email", ["", None, "none", "a" * 300 + "@fairhaven.example", ["anna@fairhaven.example"], 7])
def test_an_address_that_is_none_opens_nothing(client, provider, anna, email):
    provider.says(email=email)
    assert_refused(client, walk(client))
    assert not SocialAccount.objects.exists()


def test_an_address_that_only_looks_the_same_in_lower_case_opens_nothing(client, provider):
    user("mike@fairhaven.example")
    opened()
    provider.says(email="mi\u212ae@fairhaven.example")
    assert_refused(client, walk(client))
    assert User.objects.count() == 1


def test_a_shut_account_stays_shut(client, provider, anna):
    opened()
    User.objects.filter(pk=anna.pk).update(is_active=False)
    provider.says(email=anna.email)
    assert_refused(client, walk(client), words="may not come in at present")
    assert not SocialAccount.objects.exists()


# --- the provider's lasting name ----------------------------------------------------------------
@pytest.fixture
def tied(client, provider, anna):
    """Anna has come in once."""
    provider.says(email=anna.email)
    walk(client)
    assert who(client) == anna
    client.logout()
    return anna


def test_the_same_identity_with_the_address_of_another_becomes_nobody(client, provider, tied):
    user("bob@fairhaven.example")
    provider.says(email="bob@fairhaven.example")
    assert_refused(client, walk(client), words="bears another address")
    assert SocialAccount.objects.get().user == tied


def test_the_same_identity_with_an_unknown_address_makes_no_second_account(client, provider, tied):
    opened()
    provider.says(email="anna.new@fairhaven.example")
    assert_refused(client, walk(client))
    assert User.objects.count() == 1


def test_another_identity_with_the_same_address_is_refused(client, provider, tied):
    provider.says(sub="s-2", email=tied.email)
    assert_refused(client, walk(client), words="Another account")
    assert SocialAccount.objects.get().uid == "s-1"


def test_who_got_a_new_account_for_a_new_address_comes_in_after_the_old_one_is_shut(client, provider, tied):
    User.objects.filter(pk=tied.pk).update(is_active=False)
    new = user("anna.new@fairhaven.example")
    provider.says(email=new.email)
    walk(client)
    assert who(client) == new
    assert SocialAccount.objects.get().user == new
    assert Entry.objects.filter(verb="release_sso", subject=f"user:{tied.pk}").exists()


def test_who_was_shut_out_makes_no_second_account_by_a_new_address(client, provider, tied):
    opened()
    User.objects.filter(pk=tied.pk).update(is_active=False)
    provider.says(email="anna.new@fairhaven.example")
    assert_refused(client, walk(client))
    assert User.objects.count() == 1


def test_who_is_signed_in_stays_who_they_are_when_the_provider_knows_them_as_another(client, provider, anna):
    opened()
    bob = user("bob@fairhaven.example")
    client.force_login(bob)
    for email in (anna.email, "stranger@fairhaven.example"):
        provider.says(email=email, sub=email)
        answer = walk(client)
        assert answer.status_code == 403
        assert "You are signed in here as bob@fairhaven.example" in answer.content.decode()
        assert who(client) == bob
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 2


def test_nobody_ties_an_identity_to_who_is_signed_in(client, provider, anna):
    """allauth knows a way to connect accounts; here is none."""
    client.force_login(anna)
    provider.says(email="else@fairhaven.example")
    answer = client.post("/accounts/sso/?process=connect", {"process": "connect"})
    address = unescape(re.search(r'content="0;url=([^"]+)"', answer.content.decode())[1])
    assert client.get(come_back(address)).status_code == 403
    assert not SocialAccount.objects.exists()


def test_the_database_adds_no_provider(client, provider):
    from allauth.socialaccount.models import SocialApp

    SocialApp.objects.create(provider="openid_connect", provider_id="mine", name="Mine", client_id="x")
    assert [app.provider_id for app in sso.Lobby().list_apps(None)] == [provider.url]


# --- answers that are not what was asked for ----------------------------------------------------
@pytest.mark.parametrize(
    "twisted",
    [
        {"nonce": "of-another-visit"},
        {"nonce": None},
        {"aud": "another-portal"},
        {"aud": ["the-portal", "another-portal"]},
        {"aud": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "s" * 192},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=str,
)
def test_a_token_that_was_not_made_for_this_visit_opens_nothing(client, provider, anna, twisted):
    provider.says(email=anna.email)
    provider.twisted = twisted
    assert_refused(client, walk(client), words="did not fit")
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_without_the_provider_s_own_signature_opens_nothing(client, provider, anna, algorithm):
    provider.says(email=anna.email)
    provider.algorithm = algorithm
    assert_refused(client, walk(client), words="did not fit")


def test_a_token_that_is_signed_by_somebody_else_opens_nothing(client, provider, anna):
    provider.says(email=anna.email)
    provider.forged = True
    assert_refused(client, walk(client), words="did not fit")


def test_an_answer_is_good_once(client, provider, anna):
    provider.says(email=anna.email)
    back = come_back(leave(client))
    client.get(back)
    assert who(client) == anna
    client.logout()
    assert_refused(client, client.get(back))


def test_an_answer_is_good_in_the_browser_that_asked_alone(client, provider, anna):
    provider.says(email=anna.email)
    back = come_back(leave(client))
    other = Client()
    assert_refused(other, other.get(back))


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=x", "?state=x&code=y", "?state=%00&code=%00", "?error=oops"]
)
def test_an_answer_out_of_the_blue_opens_nothing(client, provider, query):
    assert_refused(client, client.get(f"/accounts/sso/callback/{query}"))


def test_who_says_no_at_the_provider_is_told_so(client, provider):
    provider.consent = False
    assert_refused(client, walk(client), words="You did not go on")


def test_the_other_way_in_leads_to_the_page_wanted_too(client, provider):
    provider.consent = False
    text = walk(client, "/areas/networks/?tab=2").content.decode()
    wanted = "?next=/areas/networks/%3Ftab%3D2"
    assert f'href="/in/{wanted}"' in text
    assert f'href="/accounts/sso/{wanted}"' in text


def test_so_it_does_when_the_provider_does_not_answer(client, provider, settings):
    settings.SSO = {**provider.settings(), "url": "http://127.0.0.1:9"}
    answer = client.post("/accounts/sso/", {"next": "/areas/networks/"})
    assert 'href="/in/?next=/areas/networks/"' in answer.content.decode()
    assert "evil" not in client.post("/accounts/sso/", {"next": "//evil.example/"}).content.decode()


def test_a_discovery_of_another_issuer_is_not_believed(client, provider, anna):
    provider.discovery = {"issuer": "https://another.example"}
    assert_refused(client, client.post("/accounts/sso/"), 503)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("address", ["http://elsewhere.example/x", "javascript:alert(1)", "", None])
def test_a_provider_that_sends_elsewhere_without_https_is_not_followed(client, provider, name, address):
    provider.discovery = {name: address}
    assert_refused(client, client.post("/accounts/sso/"), 503)


# --- a provider that does not answer ------------------------------------------------------------
PAGES = ["/.well-known/openid-configuration", "/token", "/keys"]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(sso, "PATIENCE", 1.0)
    monkeypatch.setattr(sso, "DEADLINE", 2.0)


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_is_down_is_told_and_the_code_still_works(client, provider, settings, anna):
    settings.SSO = {**provider.settings(), "url": "http://127.0.0.1:9"}
    assert_refused(client, client.post("/accounts/sso/"), 503, "cannot be reached")
    client.post("/in/", {"email": anna.email})
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].message().as_bytes().decode())[0]
    client.post("/in/code/", {"code": code})
    assert who(client) == anna


@pytest.mark.parametrize("path", PAGES)
def test_a_provider_that_is_slow_keeps_nobody_waiting(client, provider, anna, impatient, path):
    provider.says(email=anna.email)
    back = come_back(leave(client))
    provider.slow = {path: 60.0}
    begun = time.monotonic()
    answer = client.get(back)
    assert time.monotonic() - begun < 20
    assert_refused(client, answer, 503, "cannot be reached")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("garbage", [b"oops", b"[]", b"{}", b'{"keys": [7]}', b"\xff\xfe", b"{" * 600_000])
def test_a_provider_that_talks_nonsense_lets_nobody_in(client, provider, anna, path, garbage):
    provider.says(email=anna.email)
    back = come_back(leave(client))
    provider.garbage = {path: garbage}
    answer = client.get(back)
    assert answer.status_code in {403, 503}
    assert_refused(client, answer, answer.status_code)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_provider_that_fails_lets_nobody_in(client, provider, anna, path, status):
    provider.says(email=anna.email)
    back = come_back(leave(client))
    provider.broken = {path: status}
    answer = client.get(back)
    assert answer.status_code in {403, 503}
    assert_refused(client, answer, answer.status_code)


def test_going_to_the_provider_is_throttled(client, provider):
    answers = [client.post("/accounts/sso/").status_code for _ in range(32)]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_keys_of_the_tests_are_real(provider):
    provider.says(email="x@y.example")
    token = provider.id_token("n")
    key = jwt.PyJWKSet.from_dict(provider.keys()).keys[0]
    assert jwt.decode(token, key, algorithms=["RS256"], audience="the-portal")["email"] == "x@y.example"


@pytest.mark.django_db(transaction=True)
def test_two_first_visits_at_once_are_one_person(provider):
    opened()
    identity = Identity(provider.url, "s-1", "new@fairhaven.example", is_verified=True, name="New")

    def come(_number: int) -> int:
        try:
            return let_in(identity)[0].pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(come, range(8)))
    assert len(found) == 1
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 1)


def test_a_first_visit_that_ends_between_two_questions_of_the_second_lets_it_in(provider, monkeypatch):
    opened()
    identity = Identity(provider.url, "s-1", "new@fairhaven.example", is_verified=True, name="New")
    user, _tie = let_in(identity)
    answers = iter([None])  # as it was before the first one's commit
    account = sso_actions._account
    monkeypatch.setattr(sso_actions, "_account", lambda address: next(answers, account(address)))
    assert let_in(identity)[0] == user
