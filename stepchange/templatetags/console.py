"""The console's words as template filters."""

from django import template

from stepchange.console.event_words import words_of_kind

register = template.Library()

register.filter(words_of_kind)
