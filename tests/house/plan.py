"""The plan of the house, as data: rooms from the ground up, their furniture, and every exception with its reason."""

# Lowest first. A room imports from the floors below its own; rooms on one floor do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("pmo_portal.common",),
    ("pmo_portal.journal",),
    ("pmo_portal.audit",),
    ("pmo_portal.outbox",),
    ("pmo_portal.paper",),
    ("pmo_portal.accounts",),
    ("mandate",),
    ("stakeholders.areas",),
    ("stakeholders.people",),
    ("stakeholders.needs", "stakeholders.talks"),
    ("stakeholders.seats", "stakeholders.understanding", "stakeholders.guidance"),
    ("stakeholders.agreements",),
    ("stakeholders.asks",),
    ("stakeholders.reorganisation",),
    ("stakeholders.overview",),
    ("stakeholders.digests",),
    ("stakeholders.home",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# Nobody imports the roof but itself.
ROOF = {f"pmo_portal.{name}" for name in ("urls", "celery", "embedded", "wsgi", "asgi", "settings")}
ROOF_IS_IMPORTED_BY = {("pmo_portal", "pmo_portal.celery"): "Django's own custom: the app is there when Django is"}

# What others may import of a room, and of the ground what is there for everybody.
DOORS = {"models", "actions", "reading", "access"}
MORE_DOORS = {
    "pmo_portal.common.errors": "the refusals that every verb raises",
    "pmo_portal.common.forms": "the one base of all forms",
    "pmo_portal.common.links": "addresses, tokens and the doorbell",
    "pmo_portal.common.checks": "the clock's beat and the broker's answer",
    "pmo_portal.common.compare": "what differs between two wordings",
    "pmo_portal.common.files": "a file named on a command line, read or refused in words",
    "pmo_portal.common.words": "days and moments as people read them",
    "pmo_portal.common.prose": "the one place where free text becomes HTML, or plain words",
    "pmo_portal.common.zones": "the time zones to choose from, wherever one is asked for",
    "pmo_portal.outbox.letters": "the one slot of the post room: every notice goes through it",
}

# Inside a room: each file imports only those of a lower step.
STEPS = {
    "models": 0,
    "access": 1,
    "notices": 2,
    "reading": 3,
    "forms": 3,
    "actions": 4,
    "tasks": 5,
    "views": 5,
    "admin": 5,
    "apps": 5,
    "management": 6,
    "urls": 6,
    "migrations": 6,
}
# Files beyond the furniture of every room: (step, reason).
MORE_FILES = {
    "pmo_portal.common.errors": (-1, "HOUSE: the ground's closed list"),
    "pmo_portal.common.forms": (1, "HOUSE: the ground's closed list"),
    "pmo_portal.common.links": (1, "HOUSE: the ground's closed list"),
    "pmo_portal.common.compare": (-1, "the mandate and the agreements mark changed words alike"),
    "pmo_portal.common.files": (0, "two commands read a file that somebody names"),
    "pmo_portal.common.words": (-1, "decision 17: days in words stood in four rooms"),
    "pmo_portal.common.prose": (
        -1,
        "free text of a mandate, a letter, a note: cleaned in one function, for all rooms",
    ),
    "pmo_portal.common.zones": (-1, "decision 24: one short list of zones, for the organisation and for a digest"),
    "pmo_portal.common.checks": (1, "HOUSE: the ground's closed list"),
    "pmo_portal.common.templatetags": (5, "HOUSE: the ground's closed list"),
    "pmo_portal.outbox.message": (1, "a letter's bytes: MIME, headers, what may stand in a header"),
    "pmo_portal.outbox.folder": (1, "the mail backend of the embedded form: letters kept as files"),
    "pmo_portal.outbox.handover": (2, "the line to the mail server, and what its answers mean"),
    "pmo_portal.outbox.letters": (5, "the slot: a template and its context become a posted letter"),
    "pmo_portal.paper.press": (-1, "a process of its own, run by its path: nobody imports it, and it imports none"),
    "pmo_portal.accounts.adapters": (5, "what allauth asks of us"),
    "pmo_portal.accounts.proofs": (2, "how a session was proved, what a request needs of that, where to prove it"),
    "pmo_portal.accounts.again": (4.5, "the page that asks again who somebody is, before what they send is taken"),
    "pmo_portal.accounts.guard": (5, "what each request passes on its way: zone, places, factor, proof"),
    "pmo_portal.accounts.sso": (5, "the conversation with the provider of single sign-on"),
    "mandate.words": (1, "words to start from: texts and no rule, too many for the models they become"),
    "mandate.paste": (1, "reads pasted words into rows; writes nothing and asks no row"),
    "mandate.incoming": (2, "reads a document into rows; writes nothing and asks no row"),
    "stakeholders.home.first_steps": (2, "the first hour as a list: a reading of its own, too long for the page's"),
    "stakeholders.home.logo": (1, "an uploaded picture becomes a small PNG; writes nothing and asks no row"),
    "stakeholders.home.waiting": (2, "what waits for whom: its own questions and words, beside reading's frame"),
    "stakeholders.home.example": (5, "the example organisation, made through the verbs of all rooms"),
    "stakeholders.agreements.words": (0, "the rows to start from: twelve texts, and no rule"),
    "stakeholders.reorganisation.organogram": (1, "reads the organogram form; writes nothing and asks no row"),
    "stakeholders.reorganisation.pasted": (2, "reads rows of a spreadsheet; writes nothing and asks no row"),
}
# A task translates and does not think: it calls the verbs of its room.
ONLY = {"tasks": {"actions"}}

BANNED_NAMES = {"utils", "util", "helpers", "helper", "services", "service", "managers", "manager", "misc", "signals"}

# What stands beside the rooms.
PROJECT = {"urls", "celery", "embedded", "wsgi", "asgi", "settings"}
WING = {"models", "admin", "tasks", "apps", "management", "migrations"}
# The wing is one app: its commands live together, and each belongs to a room.
COMMANDS = {
    "import_organogram": "stakeholders.reorganisation",
    "make_example": "stakeholders.home",
    "open_setup": "stakeholders.home",
}

LATE_IMPORTS = {("pmo_portal/common/apps.py", "pmo_portal.common.checks"): "apps must be ready first"}
SIGNALS = {"pmo_portal/common/apps.py": "the seals come off before each migrate and are laid after it"}
MAIL_WORDS = {
    "send_mail",
    "send_mass_mail",
    "mail_admins",
    "mail_managers",
    "get_connection",
    "smtplib",
    "aiosmtplib",
}
MAIL_CLASSES = {"EmailMessage", "EmailMultiAlternatives"}
