from tests.html_validity import problems, problems_of

VALID = """<!doctype html>
<html lang="en-GB"><head><title>Transport - Step-Change</title></head>
<body><main><h1>Transport</h1><p>Five projects.</p></main></body></html>
"""


def test_a_valid_page_has_no_problems():
    assert problems(VALID) == []


def test_a_broken_page_is_told_line_by_line():
    broken = VALID.replace("Five projects.", '<img src="map.png">')

    (problem,) = problems(broken)

    assert problem.startswith("line 3: An “img” element must have an “alt” attribute")


def test_of_many_pages_only_the_broken_ones_are_named():
    pages = {"/": VALID, "/about/": VALID.replace("</h1>", "</h2>"), "/projects/": VALID}

    assert set(problems_of(pages)) == {"/about/"}
