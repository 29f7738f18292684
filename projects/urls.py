"""Addresses of the programme's public pages. Any casing of a code or slug finds the page."""

from django.urls import path

from projects import views

app_name = "projects"

urlpatterns = [
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    path("work-streams/", views.work_streams, name="work-streams"),
    path("work-streams/<str:slug>/", views.work_stream, name="work-stream"),
    path("work-streams/<str:slug>", views.work_stream),
    path("projects/", views.project_list, name="list"),
    path("projects/<str:code>/", views.project, name="detail"),
    path("projects/<str:code>", views.project),
    path("milestones/", views.milestones, name="milestones"),
    path("milestones.ics", views.calendar, name="calendar"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
]
