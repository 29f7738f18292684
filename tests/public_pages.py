"""The addresses that anybody may read: `PAGES` are HTML without a form that posts."""

PAGES = (
    "/",
    "/about/",
    "/work-streams/",
    "/work-streams/cyber/",
    "/projects/",
    "/projects/?words=guard&work-stream=transport",
    "/projects/?words=zebra",
    "/projects/T3/",
    "/milestones/",
    "/ethics/",
    "/privacy/",
    "/accessibility/",
    "/cookies/",
    "/security-model/",
)
FILES = ("/milestones.ics", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt")
