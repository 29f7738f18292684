"""What rests encrypted: nobody reads it in the database, and its keys can be changed."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from participants.models import PageAnswers, Person, Snapshot
from stepchange import encryption, rotation
from stepchange.encryption import EncryptedTextField, Undecryptable
from tests.builders import make_submitted, make_user

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture(autouse=True)
def _old_key(settings):
    settings.FIELD_KEYS = (OLD,)


def resting(model, field: str) -> list[str]:
    """Return a column as it rests, in order of the rows."""
    rows = model.objects.order_by("pk").annotate(resting=Cast(field, TextField()))
    return list(rows.values_list("resting", flat=True))


def rotated() -> str:
    """Rotate by the command and return what it says."""
    out = StringIO()
    call_command("rotate_field_keys", stdout=out)
    return out.getvalue()


def opens(key: str, token: str) -> bool:
    """Say whether one key alone opens a value."""
    try:
        Fernet(key).decrypt(token.encode())
    except Exception:
        return False
    return True


class TestValue:
    @examples(max_examples=100, deadline=None)
    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_comes_back_as_it_was(self, words):
        token = encryption.seal(words)

        assert encryption.unseal(token) == words
        assert len(words) < 4 or words not in token

    def test_is_never_the_same_twice(self):
        assert encryption.seal("words") != encryption.seal("words")

    def test_opens_with_an_old_key_too(self, settings):
        token = encryption.seal("words")
        settings.FIELD_KEYS = (NEW, OLD)

        assert encryption.unseal(token) == "words"
        assert opens(NEW, encryption.seal("words"))
        assert (encryption.is_newest(token), encryption.is_newest(encryption.reseal(token))) == (
            False,
            True,
        )

    @pytest.mark.parametrize(
        "spoil", [lambda token: token[:-4], lambda _: "x", lambda token: token[::-1]]
    )
    def test_a_spoilt_one_is_refused(self, spoil):
        with pytest.raises(Undecryptable):
            encryption.unseal(spoil(encryption.seal("words")))

    def test_without_its_key_it_is_refused(self, settings):
        token = encryption.seal("words")
        settings.FIELD_KEYS = (NEW,)

        with pytest.raises(Undecryptable):
            encryption.unseal(token)


@pytest.mark.django_db
class TestField:
    def test_the_database_sees_no_word_of_it(self):
        person = Person.objects.create(full_name="Amina", telephone="020 7946 0857")

        [token] = resting(Person, "telephone")
        assert "7946" not in token
        assert opens(OLD, token)
        assert Person.objects.get(pk=person.pk).telephone == "020 7946 0857"

    def test_the_empty_text_stays_empty(self):
        Person.objects.create(full_name="Amina")

        assert resting(Person, "telephone") == [""]

    def test_json_comes_back_as_it_was(self):
        draft = make_submitted()
        answers = {"a": ["é", 1, None, {"b": True}]}
        page = draft.pages.first()
        page.answers = answers
        page.save()

        page.refresh_from_db()
        assert page.answers == answers

    @pytest.mark.parametrize("lookup", ["icontains", "startswith", "in", "gt", "regex"])
    def test_it_can_not_be_searched(self, lookup):
        with pytest.raises(TypeError, match="can't be searched"):
            Person.objects.filter(**{f"telephone__{lookup}": "020"}).exists()

    def test_asking_for_a_value_is_refused_rather_than_answered_wrongly(self):
        Person.objects.create(full_name="Amina", telephone="020 7946 0857")
        for asked in ("020 7946 0857", F("full_name"), Value("020")):
            with pytest.raises(TypeError, match="can't be searched"):
                Person.objects.filter(telephone=asked).exists()
        with pytest.raises(TypeError, match="can't be searched"):
            PageAnswers.objects.filter(answers="").exists()

    def test_what_is_empty_can_be_found(self):
        Person.objects.create(full_name="Amina", telephone="020 7946 0857")
        without = Person.objects.create(full_name="Iris")
        assert list(Person.objects.filter(telephone="")) == [without]
        assert not Person.objects.filter(telephone=None).exists()
        assert Person.objects.filter(telephone__isnull=False).count() == 2


@pytest.mark.django_db
class TestRotation:
    FIELDS = (
        (Person, "telephone"),
        (PageAnswers, "answers"),
        (Snapshot, "answers"),
    )

    def everything(self) -> list[str]:
        return [token for model, field in self.FIELDS for token in resting(model, field) if token]

    def test_writes_every_value_anew(self, settings):
        make_submitted()
        before = [(type(row), row.pk, row.answers) for row in PageAnswers.objects.order_by("pk")]
        assert self.everything()
        settings.FIELD_KEYS = (NEW, OLD)

        said = rotated()

        assert all(opens(NEW, token) for token in self.everything())
        settings.FIELD_KEYS = (NEW,)
        assert [(type(r), r.pk, r.answers) for r in PageAnswers.objects.order_by("pk")] == before
        assert f"participants.PageAnswers.answers: {len(before)} written anew\n" in said
        assert "participants.Snapshot.answers: 1 written anew\n" in said
        assert said.endswith("Everything rests under the first of FIELD_KEYS; the others may go.\n")

    def test_knows_every_encrypted_field(self):
        expected = {
            f"{model._meta.label}.{field.name}"
            for model in apps.get_models()
            for field in model._meta.concrete_fields
            if isinstance(field, EncryptedTextField)
        }

        assert {outcome.name for outcome in rotation.rotate_all()} == expected | {
            "mfa.Authenticator.data"
        }
        assert expected >= {
            "participants.Person.telephone",
            "communications.ContactMessage.message",
        }

    def test_again_changes_nothing(self, settings):
        make_submitted()
        settings.FIELD_KEYS = (NEW, OLD)
        rotated()
        once = self.everything()

        assert " 0 written anew" in rotated()
        assert self.everything() == once

    def test_goes_on_where_it_was_stopped(self, settings, monkeypatch):
        for number in range(7):
            Person.objects.create(full_name=str(number), telephone=str(number))
        settings.FIELD_KEYS = (NEW, OLD)
        monkeypatch.setattr(rotation, "BATCH", 2)
        batch, calls = rotation._batch, []

        def dying(outcome, last):
            calls.append(last)
            if last and len(calls) == 3:
                raise KeyboardInterrupt
            return batch(outcome, last)

        person = rotation.Rotated(Person, Person._meta.get_field("telephone"))
        with monkeypatch.context() as patch:
            patch.setattr(rotation, "_batch", dying)
            with pytest.raises(KeyboardInterrupt):
                rotation._rotate(person)
        assert [opens(NEW, token) for token in resting(Person, "telephone")] == [True] * 4 + [
            False
        ] * 3

        assert "participants.Person.telephone: 3 written anew\n" in rotated()
        assert [person.telephone for person in Person.objects.order_by("pk")] == list("0123456")

    def test_does_not_overwrite_what_changes_meanwhile(self, settings, monkeypatch):
        person = Person.objects.create(full_name="Amina", telephone="before")
        settings.FIELD_KEYS = (NEW, OLD)
        reseal = encryption.reseal

        def change_meanwhile(token):
            Person.objects.filter(pk=person.pk).update(telephone="after")
            return reseal(token)

        monkeypatch.setattr(encryption, "reseal", change_meanwhile)
        said = rotated()

        assert Person.objects.get().telephone == "after"
        assert "participants.Person.telephone: 0 written anew\n" in said

    def test_says_what_no_key_opens_and_rotates_the_rest(self, settings):
        Person.objects.create(full_name="lost", telephone="lost")
        settings.FIELD_KEYS = (NEW,)
        Person.objects.create(full_name="kept", telephone="kept")
        newest = Fernet.generate_key().decode()
        settings.FIELD_KEYS = (newest, NEW)
        out = StringIO()

        with pytest.raises(CommandError, match="Keep the old keys"):
            call_command("rotate_field_keys", stdout=out)

        assert (
            "participants.Person.telephone: 1 written anew, 1 open with no key\n" in out.getvalue()
        )
        assert [opens(newest, token) for token in resting(Person, "telephone")] == [False, True]

    def test_second_factors_still_open_once_the_old_key_is_gone(self, settings):
        totp = TOTP.activate(make_user(), "STEPCHANGEDEMONSTRATIONONLY22222")
        codes = RecoveryCodes.activate(make_user())
        before = codes.get_unused_codes()
        settings.FIELD_KEYS = (NEW, OLD)

        assert "mfa.Authenticator.data: 2 written anew" in rotated()

        settings.FIELD_KEYS = (NEW,)
        again = Authenticator.objects.get(pk=codes.instance.pk).wrap()
        assert again.get_unused_codes() == before
        secret = Authenticator.objects.get(pk=totp.instance.pk).data["secret"]
        assert encryption.unseal(secret) == "STEPCHANGEDEMONSTRATIONONLY22222"


def test_a_new_key_is_one_that_is_taken():
    out = StringIO()
    call_command("new_field_key", stdout=out)

    Fernet(out.getvalue().strip())
