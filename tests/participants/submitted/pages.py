"""The pages about what was submitted, and what its participant sends to them."""

from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from participants.models import ExpressionOfInterest, ProjectChoice
from tests.participants.browsing import CHECK, SUBMITTED

FORM = "/expression-of-interest"


def change(client: Client, words: str = "Twelve years.", revision: int = 1) -> None:
    said = {"experience": words, "revision": str(revision), "version": "1"}
    assert client.post(f"{FORM}/experience/", said).status_code == 302


def copy_of(sent: ExpressionOfInterest) -> str:
    return f"{SUBMITTED}{sent.reference}/"


def submit_changes(client: Client) -> None:
    checked = client.get(CHECK).context["checked"]
    response = client.post(CHECK, {"accurate": "on", "checked": checked})
    assertRedirects(response, copy_of(ExpressionOfInterest.objects.live().latest("submitted_at")))


def choice_page(choice: ProjectChoice) -> str:
    return reverse("participants:withdraw-choice", args=[choice.public_id])
