"""The watch over the journeys' pages, tried on pages that are wrong in one way each."""

import pytest

from tests.journeys.watch import Watch

ADDRESS = "http://portal.example/"
PAGE = """<!doctype html><html lang="en-GB"><head><title>A page</title></head>
<body><main><h1>A page</h1>{}</main></body></html>"""
REVEALING = """<fieldset><legend>How</legend><div>
<input class="{}" type="radio" name="how" id="how" aria-expanded="false" {}>
<label for="how">By email</label></div></fieldset>"""


@pytest.fixture
def show(page):
    """Show a page of this content, under the portal's kind of policy."""

    def show(content):
        headers = {"Content-Security-Policy": "default-src 'self'", "Content-Type": "text/html"}
        page.route(ADDRESS, lambda route: route.fulfill(body=PAGE.format(content), headers=headers))
        watch = Watch(page)
        page.goto(ADDRESS)
        return watch

    return show


def test_a_good_page_passes_twice(show):
    watch = show("<p>All is well.</p>")

    watch.check()
    watch.check()


def test_what_the_policy_refuses_is_heard(show):
    watch = show('<p style="color: red">Too loud.</p>')

    with pytest.raises(AssertionError, match="Content Security Policy"):
        watch.check()


def test_a_script_that_fails_is_heard(show):
    watch = show("<p>All is well.</p>")
    watch.page.evaluate("setTimeout(() => { throw new Error('out of steps') })")
    watch.page.wait_for_timeout(100)

    with pytest.raises(AssertionError, match="out of steps"):
        watch.check()


def test_what_is_not_accessible_is_found(show):
    watch = show('<input name="how">')

    with pytest.raises(AssertionError, match="label"):
        watch.check()


def test_the_one_pattern_allowed_is_a_question_of_the_design_system(show):
    show(REVEALING.format("govuk-radios__input", "")).check()


@pytest.mark.parametrize(
    ("kind", "more"), [("plain", ""), ("govuk-radios__input", 'aria-sort="none"')]
)
def test_nothing_else_is_allowed_by_it(show, kind, more):
    watch = show(REVEALING.format(kind, more))

    with pytest.raises(AssertionError, match="aria-allowed-attr"):
        watch.check()
