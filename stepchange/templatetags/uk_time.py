"""UK time's words as template filters."""

from django import template

from stepchange import uk_time

register = template.Library()

register.filter(uk_time.uk_date)
register.filter(uk_time.uk_short_date)
register.filter(uk_time.uk_long_date)
register.filter(uk_time.uk_moment)
register.filter(uk_time.uk_list_moment)
register.filter(uk_time.uk_deadline)
register.filter(uk_time.days_left_words)
register.filter(uk_time.time_left_words)
