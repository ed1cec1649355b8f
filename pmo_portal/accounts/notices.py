"""Letters of the door: a code, or the word that an address is not known here. Security mail, erased once sent."""

from pmo_portal.outbox import letters


def login_code(address: str, digits: str) -> None:
    """Six digits for whoever reads this mailbox."""
    letters.send_security(event="accounts/login_code", to=address, context={"code": digits})


def unknown_account(address: str) -> None:
    """Nobody comes in by this address; said in the mailbox alone, so that the page tells nothing."""
    letters.send_security(event="accounts/unknown_account", to=address, context={})
