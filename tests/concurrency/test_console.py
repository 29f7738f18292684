"""Two editors save the same row of the console in the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from projects.models import Project
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import make_project
from tests.office import make_holder, seen, signed_in

EDITORS = 6


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_who_save_what_they_all_read_one_saves_and_the_others_are_told():
    project = make_project(title="As all read it")
    fields = {
        "position": 0,
        "places": "",
        "needs": "",
        "interest_prompt": project.interest_prompt,
        "identity_level": project.identity_level,
        "action": project.action,
        "vision": project.vision,
        "notes": "[]",
        **seen(project),
    }
    clients = [signed_in(make_holder(Role.OFFICE_MANAGER)) for _ in range(EDITORS)]
    together = Barrier(EDITORS)

    def save(client: Client, number: int) -> int:
        try:
            together.wait(timeout=20)
            path = f"/admin/projects/project/{project.code}/change/"
            return client.post(path, fields | {"title": f"By editor {number}"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(EDITORS) as pool:
        statuses = Counter(pool.map(save, clients, range(EDITORS)))

    assert statuses == {302: 1, 200: EDITORS - 1}
    event = Event.objects.of_kind("projects.project.edited").get()
    assert event.personal["before"] == {"title": "As all read it"}
    assert event.personal["after"] == {"title": Project.objects.get().title}
