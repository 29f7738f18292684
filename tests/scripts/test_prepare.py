import pytest

from scripts import prepare


@pytest.fixture
def source(settings, tmp_path):
    """One style of our own, and everything collected into a folder of the test's."""
    settings.VAR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    folder = tmp_path / "source"
    folder.mkdir()
    settings.STATICFILES_DIRS = [folder]
    settings.INSTALLED_APPS = ["django.contrib.staticfiles"]
    style = folder / "portal.css"
    style.write_text("a{color:red}")
    return style


def collected(settings):
    return sorted(path.read_text() for path in settings.STATIC_ROOT.glob("portal.*.css"))


def test_static_files_are_collected_once(source, settings, monkeypatch):
    prepare.collect_static_if_changed()

    assert collected(settings) == ["a{color:red}"]
    monkeypatch.setattr(prepare, "call_command", lambda *_, **__: pytest.fail("collected again"))
    prepare.collect_static_if_changed()


def test_a_changed_style_is_collected_and_the_old_one_goes(source, settings):
    prepare.collect_static_if_changed()
    source.write_text("a{color:blue}")

    prepare.collect_static_if_changed()

    assert collected(settings) == ["a{color:blue}"]


def test_static_files_that_somebody_removed_are_collected_again(source, settings):
    prepare.collect_static_if_changed()
    (settings.STATIC_ROOT / "staticfiles.json").unlink()

    prepare.collect_static_if_changed()

    assert (settings.STATIC_ROOT / "staticfiles.json").exists()
