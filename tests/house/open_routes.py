"""Every route that answers without a sign-in, and why. What is not here needs one."""

OPEN = {
    "home:healthz": "for those who watch the process: says only that it is alive",
    "home:accent": "a stylesheet of one colour, told in its own address; the door wears it too",
    "home:logo": "a picture of our own drawing, told in its own address; the door wears it too",
    "home:set_up": "a new portal's first page: the signed address is the proof, until somebody is appointed",
    "home:readyz": "for those who watch the portal: says which part is not well, of nobody's content",
    "mandate:live": "anyone may read the mandate where the organisation says so; else it asks for a sign-in itself",
    "mandate:clause": "as the mandate itself",
    "mandate:history": "as the mandate itself: what was published, and nothing that waits",
    "mandate:history_version": "as the mandate itself: what was published, and nothing that waits",
    "mandate:feed": "what was published, only where anyone may read; else there is none",
    "api:mandate": "as the mandate itself; answers a stranger by 401, because a program cannot sign in on a page",
    "mandate:compare": "versions that once held, to whom may read the mandate; else it asks for a sign-in itself",
    "mandate:one_page": "as the mandate itself",
    "mandate:one_page_pdf": "as the mandate itself; a PDF is made once for all readers of a version",
    "mandate:pdf": "as the mandate itself",
    "mandate:json": "as the mandate itself",
    "mandate:markdown": "as the mandate itself",
    "digests:leave": "the token in a letter is the proof; leaving must work without an account (RFC 8058)",
    "digests:undo": "the token of the page after leaving is the proof",
    "admin:login": "sends to the portal's own door",
    "account_login": "the door",
    "door:address": "the door",
    "door:code": "the door: the code of the letter",
    "door:letter": "the door: the link of a letter, which knows whose it is and logs nobody in",
    "door:not_me": "the door: what to do with somebody else's letter",
    "sso": "the door, by single sign-on; not there when it is off",
    "sso_callback": "the way back from the provider: a state of this very browser is the proof that it was asked for",
    "mfa_authenticate": "the door: the second factor, after the first; without the first there is nothing",
    "mfa_login_webauthn": "the door, by a passkey",
    "account_logout": "ends a session; without one there is nothing to end",
    "account_inactive": "says that this account may not come in",
    "account_signup": "says that nobody makes an account of their own",
    "account_reset_password": "the door, for who forgot a password",
    "account_reset_password_done": "the door: a letter is on its way",
    "account_reset_password_from_key": "the door: the link of the letter",
    "account_reset_password_from_key_done": "the door: the password is changed",
}

# Every route that takes a POST without a CSRF token.
WITHOUT_CSRF = {
    "digests:leave": "one POST of a mail program, without cookies: the signed token is the proof (RFC 8058, 3.1)",
}

# Every route whose POST signs or decides, and so asks for a proof of the last minutes of who somebody is.
SIGNING = {
    "agreements:propose",
    "agreements:sign",
    "agreements:decline",
    "agreements:withdraw",
    "mandate:seal",
    "mandate:approve",
    "mandate:publish",
    "mandate:answer",
    "mandate:send_back",
    "mandate:revoke",
    "mandate:cancel",
    "mandate:withdraw",
    "home:organisation",
    "people:issuer",
    "account_set_password",
}
