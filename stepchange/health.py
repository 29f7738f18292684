"""Whether the portal lives, and whether it is ready to be asked: for supervisors and load balancers.

The broker has no say in readiness: it is only a doorbell (law 5). A portal whose broker is down takes
expressions of interest as ever, and the sweep sends the mail; taking it out of service would turn a
late receipt into a closed door. The mail server has no say for the same reason.
"""

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe


@csrf_exempt  # changes nothing, so that a wrong method is told so rather than asked for a token
@require_safe
@never_cache
def live(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process serves; asks nothing else."""
    return _answer("alive", 200)


@csrf_exempt
@require_safe
@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and has every migration, else 503 with which it is."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return _answer("the database does not answer", 503)
    if not _needed().issubset(applied):
        return _answer("the database lacks migrations", 503)
    return _answer("ready", 200)


@cache
def _needed() -> frozenset[tuple[str, str]]:
    """Return the newest migration of each app; they do not change while a process runs."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _answer(words: str, status: int) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
