"""What the programme promises in its own words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from stepchange.caching import public_page
from workstreams.models import Passage


@public_page
def ethics(request: HttpRequest) -> HttpResponse:
    """Show the programme's principles, verbatim, and how interests are handled."""
    passages = Passage.objects.filter(topic__in=("ethics", "participation"))
    return render(
        request,
        "workstreams/ethics.html",
        {
            "ethics": [passage for passage in passages if passage.topic == "ethics"],
            "participation": [passage for passage in passages if passage.topic == "participation"],
        },
    )
