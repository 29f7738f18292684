"""What was put on the shortlist last, kept in the session by random ids, so that it can be undone."""

from collections.abc import Iterable

from django.http import HttpRequest

from participants.models import ProjectChoice
from workstreams.models import WorkStream

SESSION_KEY = "review_shortlisted"


def keep(request: HttpRequest, stream: WorkStream, choices: Iterable[ProjectChoice]) -> None:
    """Keep which choices of a work-stream were put on the shortlist together, instead of those before."""
    kept = request.session.get(SESSION_KEY, {})
    request.session[SESSION_KEY] = kept | {stream.slug: [each.record_key for each in choices]}


def last(request: HttpRequest, stream: WorkStream) -> list[str]:
    """Return the random ids of those that were put there last, and can be taken off together."""
    kept: dict[str, list[str]] = request.session.get(SESSION_KEY, {})
    return kept.get(stream.slug, [])


def forget(request: HttpRequest, stream: WorkStream) -> None:
    """Forget them: they were taken off."""
    kept = request.session.get(SESSION_KEY, {})
    request.session[SESSION_KEY] = {
        slug: keys for slug, keys in kept.items() if slug != stream.slug
    }
