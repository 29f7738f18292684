"""Loading the programme from `fixtures/`: twice changes nothing, and nobody's edits are lost.

Each row remembers the digest of what was last loaded into it. A reload replaces a row that still is
what was loaded; one that the office edited since stays, and the report names it.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from projects import workflow
from projects.models import Milestone, Project
from stepchange import clock
from stepchange.events import record
from workstreams import workflow as programme_workflow
from workstreams.models import Call, KeyActivity, Passage, Sourced, WorkStream

FIXTURES = Path(settings.BASE_DIR) / "fixtures"


@dataclass(frozen=True)
class Row:
    """One thing of the fixture: its model, what finds it again, and what it says."""

    model: type[Sourced]
    key: dict[str, Any]
    values: dict[str, Any]


@dataclass
class Report:
    """What a load did, by name of row."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def read_fixture(name: str) -> dict[str, Any]:
    """Return a fixture's data."""
    with (FIXTURES / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@transaction.atomic
def load_programme(*, overwrite: bool = False) -> Report:
    """Load the Call to Action; `overwrite` also replaces what the office edited, and records it.

    New projects are agreed provisionally and a new call is published, as in the source.
    """
    report = Report()
    for row in _rows():
        _load(row, report, overwrite=overwrite)
    return report


def _load(row: Row, report: Report, *, overwrite: bool) -> None:
    name = f"{row.model._meta.verbose_name} {' '.join(str(value) for value in row.key.values())}"
    new = _digest(row.values)
    rows = row.model._default_manager.select_for_update(of=("self",))
    existing = rows.filter(**row.key).first()  # held: an edit made meanwhile waits, and is told
    if existing is None:
        created = row.model._default_manager.create(**row.key, **row.values, loaded_digest=new)
        _record_load(created, "loaded", new)
        _first_moves(created)
        report.created.append(name)
        return
    present = _digest({key: getattr(existing, key) for key in row.values})
    if present == new or (new == existing.loaded_digest and not overwrite):
        report.unchanged.append(name)  # the fixture says nothing new
    elif present == existing.loaded_digest or overwrite:
        _replace(existing, row.values, new)
        report.updated.append(name)
    else:
        report.kept.append(name)


def _replace(existing: Sourced, values: dict[str, Any], new: str) -> None:
    before = _digest({key: getattr(existing, key) for key in values})
    type(existing)._default_manager.filter(pk=existing.pk).update(**values, loaded_digest=new)
    _record_load(existing, "reloaded", new, before=before)


def _record_load(row: Sourced, verb: str, digest: str, **facts: Any) -> None:
    record(f"{row._meta.label_lower}.{verb}", row, by=None, facts={"digest": digest, **facts})


def _first_moves(created: models.Model) -> None:
    match created:
        case Project():
            workflow.agree_provisionally(created, by=None)
        case Call():
            programme_workflow.publish_call(created, by=None)


def _digest(values: dict[str, Any]) -> str:
    """Return what tells one set of values from another; a related row counts by its key."""
    plain = {
        key: getattr(value, "record_key", None) or value
        for key, value in values.items()
        if not isinstance(value, datetime | date)
    }
    dates = {
        key: value.isoformat()
        for key, value in values.items()
        if isinstance(value, datetime | date)
    }
    text = json.dumps(plain | dates, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _rows() -> Iterator[Row]:
    """Yield the programme's rows, each after the rows it points to."""
    source = read_fixture("programme")
    repairs = source["repair"]
    for stream in source["work_stream"]:
        yield Row(
            WorkStream,
            {"slug": stream["slug"]},
            {
                "name": stream["name"],
                "also_called": stream["also_called"],
                "code_prefix": stream["code_prefix"],
                "summary": stream["editorial_summary"],
                "position": stream["position"],
                "notes": _notes(stream, repairs),
            },
        )
    yield from _projects(source)
    yield from _passages(source["programme"], repairs)
    yield from _repairs(repairs)
    for activity in source["key_activity"]:
        yield Row(
            KeyActivity,
            {"slug": f"key-activity-{activity['position']}"},
            {
                "when": activity["when"],
                "sort_on": activity["sort_on"],
                "text": activity["text"],
                "source": activity["source"],
                "position": activity["position"],
                "notes": _notes(activity, repairs),
            },
        )
    yield _call(source["call"], repairs)
    for milestone in source["milestone"]:
        yield Row(
            Milestone,
            {"slug": milestone["slug"]},
            {
                "title": milestone["title"],
                "source": milestone["source"],
                "due_on": milestone["date"],
                "position": milestone["position"],
                "notes": _notes(milestone, repairs),
            },
        )


def _projects(source: dict[str, Any]) -> Iterator[Row]:
    streams = {stream.slug: stream for stream in WorkStream.objects.all()}
    prompts = {row["code"]: row["interest_prompt"] for row in read_fixture("prompts")["project"]}
    for project in source["project"]:
        stream = streams.get(project["work_stream"])
        yield Row(
            Project,
            {"code": project["code"]},
            {
                "work_stream": stream or WorkStream.objects.get(slug=project["work_stream"]),
                "position": project["position"],
                "title": project["editorial_title"],
                "action": project["action"],
                "vision": project["vision"],
                "source_action": project["source_action"],
                "source_vision": project["source_vision"],
                "interest_prompt": prompts[project["code"]],
                "notes": _notes(project, source["repair"]),
            },
        )


def _passages(programme: dict[str, Any], repairs: list[dict[str, str]]) -> Iterator[Row]:
    for position, paragraph in enumerate(programme["paragraph"], start=1):
        yield Row(
            Passage,
            {"slug": paragraph["id"]},
            {
                "topic": paragraph["section"],
                "text": paragraph["text"],
                "source": paragraph["source"],
                "position": position,
                "notes": _notes(paragraph, repairs),
            },
        )
    for position, principle in enumerate(programme["principle"], start=1):
        yield Row(
            Passage,
            {"slug": f"principle-{principle['id']}"},
            {
                "topic": "principle",
                "text": principle["text"],
                "source": principle["paragraph"],
                "position": position,
                "notes": [],
            },
        )


def _repairs(repairs: list[dict[str, str]]) -> Iterator[Row]:
    """Yield the list of repairs: the only places where a text differs from its source's lines."""
    for position, repair in enumerate(repairs, start=1):
        yield Row(
            Passage,
            {"slug": f"repair-{repair['where'].lower()}-{repair['field']}"},
            {
                "topic": "repair",
                "text": repair["repaired"],
                "source": repair["original"],
                "position": position,
                "notes": [{"about": repair["where"], "quote": "", "text": repair["reason"]}],
            },
        )


def _call(call: dict[str, Any], repairs: list[dict[str, str]]) -> Row:
    return Row(
        Call,
        {"slug": _key_of(call)},
        {
            "name": call["name"],
            "opens_at": clock.start_of(call["opens_on"]),
            "closes_at": clock.end_of(call["closes_on"]),
            "delivery_on": call["delivery_on"],
            "history": [
                {"id": line["id"], "text": line["text"], "notes": line.get("note", [])}
                for line in call["history"]
            ],
            "notes": _notes(call, repairs),
        },
    )


def _key_of(call: dict[str, Any]) -> str:
    """Return the call's key: the one that it was loaded under before, which its record knows it by."""
    former = Call.objects.filter(slug=call["formerly"]).exists()
    return str(call["formerly"] if former else call["slug"])


def first_call() -> Call:
    """Return the call of the Call to Action, as it was loaded. Raises Call.DoesNotExist before that."""
    return Call.objects.get(slug=_key_of(read_fixture("programme")["call"]))


def _notes(row: dict[str, Any], repairs: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return a row's notes, and the repairs of line breaks made in it."""
    name = row.get("code") or row.get("id") or row.get("slug")
    repaired = [
        {
            "about": repair["field"],
            "quote": repair["repaired"],
            "text": f"“{repair['original']}” in the source. {repair['reason']}",
        }
        for repair in repairs
        if repair["where"] == name
    ]
    return [dict(note) for note in row.get("note", [])] + repaired
