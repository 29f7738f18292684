"""What the record tells of work-streams, organisations and calls, in words."""

from django.utils.translation import gettext_lazy

from stepchange.console.event_words import register
from stepchange.transitions import Words

KINDS: dict[str, Words] = {
    "workstreams.call.published": gettext_lazy("Call published"),
    "workstreams.call.closed": gettext_lazy("Call closed"),
    "workstreams.call.archived": gettext_lazy("Call archived"),
    "workstreams.call.redated": gettext_lazy("Dates of the call changed"),
    "workstreams.organisation.proposed": gettext_lazy("Organisation proposed"),
    "workstreams.organisation.published": gettext_lazy("Organisation published"),
    "workstreams.organisation.refused": gettext_lazy("Organisation refused"),
    "workstreams.organisation.merged": gettext_lazy("Organisation merged into another"),
    "workstreams.organisation.unmerged": gettext_lazy("Merge of organisations undone"),
    "workstreams.seat.appointed": gettext_lazy("Holder of a seat appointed"),
    "workstreams.seat.term_ended": gettext_lazy("Term in a seat ended"),
}
register(KINDS)
