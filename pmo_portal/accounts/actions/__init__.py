"""The verbs of the ground's people: set the portal up, give an office, send and use codes, let in, end sessions."""

from pmo_portal.accounts.actions.codes import Purpose, come_in, hash_of_browser, keyed_hash, prove, send_code
from pmo_portal.accounts.actions.offices import appoint
from pmo_portal.accounts.actions.organisation import remove_logo, set_organisation, set_up, sign_in
from pmo_portal.accounts.actions.sessions import end_session, end_sessions, reset_sign_in
from pmo_portal.accounts.actions.sso import Identity, let_in

__all__ = [
    "Identity",
    "Purpose",
    "appoint",
    "come_in",
    "end_session",
    "end_sessions",
    "hash_of_browser",
    "keyed_hash",
    "let_in",
    "prove",
    "remove_logo",
    "reset_sign_in",
    "send_code",
    "set_organisation",
    "set_up",
    "sign_in",
]
