"""Who may know of a request: by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import ROOT, Module, modules

KNOW_OF_REQUESTS = {
    "views",
    "admin",
    "middleware",
    "errors",
    "context",
    "console",
    "account_forms",  # allauth's forms save by the request
    "accounts",
    "health",
    "second_factor",
    "caching",
    "kept_typing",  # reads a form that no view came to see
    "templatetags",
}
PLATFORM_KNOWS = {
    # Pages, under the names of what they show.
    "stepchange/confirm_by_code.py",
    "stepchange/emailed_codes.py",
    "stepchange/passkeys.py",
    "stepchange/session_pages.py",
    # What allauth's views, adapter and signals hand a request to: how somebody signs in is a matter of
    # this session, from this network, and no workflow's. By path, so that no app below gets the leave.
    "stepchange/credentials.py",  # allauth's signals bring the request; ends the other sessions
    "stepchange/devices.py",  # the browser's own cookie
    "stepchange/factors.py",  # the host that was asked for, and the page to go back to
    "stepchange/limits.py",  # the visitor's network
    "stepchange/sessions.py",  # which session is this one
    "stepchange/tries.py",  # guesses and codes, by address and network
}


def takes_a_request(module: Module) -> Iterator[str]:
    """Yield each function that has a parameter called `request`."""
    for node in module.walk():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            taken = node.args
            if "request" in {
                arg.arg for arg in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)
            }:
                yield module.at(node)


def test_no_request_goes_below_the_views():
    found = [
        place
        for module in modules()
        if module.role not in KNOW_OF_REQUESTS and module.place not in PLATFORM_KNOWS
        for place in takes_a_request(module)
    ]

    assert found == []


def test_each_platform_module_that_may_know_of_requests_does():
    know = {module.place for module in modules() if list(takes_a_request(module))}

    assert know >= PLATFORM_KNOWS


def test_the_reading_finds_a_request():
    module = Module(ROOT / "workstreams" / "workflow.py", ast.parse("def f(a, *, request): ..."))

    assert list(takes_a_request(module)) == ["workstreams/workflow.py:1"]
