"""Free text of people in templates: as safe HTML, or as plain words."""

from django import template

from pmo_portal.common import prose

register = template.Library()
register.filter("prose", prose.prose)
register.filter("prose_line", prose.prose_line)
register.filter("plain", prose.plain)
