"""`souk admin`: administrators are made, listed and disabled by whoever may use the database."""

import os
import re

import pytest
from souk_process import Souk, run_souk
from terminal import Terminal

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def empty(new_database, servers):
    """The environment of commands on a migrated database without a user."""
    settings = os.environ | {"DATABASE_URL": new_database(), "REDIS_URL": servers[1]}
    assert run_souk("migrate", environment=settings).returncode == 0
    return settings


@pytest.fixture(scope="module")
def shop(empty, new_folder):
    """A shop that was started before it had an administrator."""
    with Souk("serve", folder=new_folder(), environment=empty) as souk:
        assert '"no_administrator"' in souk.log.read_text()
        yield souk


@pytest.fixture
def password_file(new_folder):
    file = new_folder() / "password.txt"
    file.write_text(PASSWORD + "\n")
    return file


def admin(empty, *arguments, status=0):
    done = run_souk("admin", *arguments, environment=empty)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout if status == 0 else done.stderr


def sign_in(shop, email, password):
    return shop.client().post("/api/sessions", {"email": email, "password": password})


def signed_in(shop, email, password):
    answer = sign_in(shop, email, password)
    assert answer.status_code == 201, answer.text
    return shop.client(answer.json()["token"])


def is_admin(client):
    answer = client.get("/api/users/me")
    return answer.status_code == 200 and answer.json()["isAdmin"]


def test_an_administrator_made_by_the_command_signs_in(empty, shop, password_file):
    assert admin(empty, "create", EMAIL, "--password-file", password_file) == f"{EMAIL} is an administrator\n"
    assert is_admin(signed_in(shop, EMAIL, PASSWORD))
    assert re.search(rf"{EMAIL} +active", admin(empty, "list"))


def test_an_existing_one_is_not_made_again_by_mistake(empty, shop, password_file):
    email = "twice@example.com"
    admin(empty, "create", email, "--password-file", password_file)
    assert "--reset" in admin(empty, "create", "Twice@example.com", "--make-password", status=1)
    assert is_admin(signed_in(shop, email, PASSWORD))
    assert "there is no administrator" in admin(empty, "create", "none@example.com", "--reset",
                                                "--make-password", status=1)


def test_a_reset_ends_sessions_and_prints_a_made_password_once(empty, shop, password_file):
    email = "reset@example.com"
    admin(empty, "create", email, "--password-file", password_file)
    before = signed_in(shop, email, PASSWORD)
    made = re.search(r"password: (\S+)", admin(empty, "create", email, "--reset", "--make-password")).group(1)
    assert before.get("/api/users/me").status_code == 401
    assert sign_in(shop, email, PASSWORD).status_code == 401
    assert is_admin(signed_in(shop, email, made))
    assert made not in shop.log.read_text()


def test_a_disabled_one_is_out_at_once_until_reset(empty, shop, password_file):
    email = "gone@example.com"
    admin(empty, "create", email, "--password-file", password_file)
    client = signed_in(shop, email, PASSWORD)
    admin(empty, "disable", email)
    assert client.get("/api/users/me").status_code == 401
    assert sign_in(shop, email, PASSWORD).status_code == 401
    assert re.search(rf"{email} +disabled", admin(empty, "list"))
    admin(empty, "create", email, "--reset", "--password-file", password_file)
    assert is_admin(signed_in(shop, email, PASSWORD))


def test_a_token_is_listed_without_its_secret_and_revoked_at_once(empty, shop, password_file):
    email = "tokens@example.com"
    admin(empty, "create", email, "--password-file", password_file)
    clients = [signed_in(shop, email, PASSWORD) for _ in range(2)]
    customer = shop.client().post("/api/users", {"email": "nosy@example.com", "password": "a customer's horse",
                                                 "name": "N"})
    assert customer.status_code == 201
    signed_in(shop, "nosy@example.com", "a customer's horse")

    def listed():
        return re.findall(rf"^(\S{{36}})  {email} +made 20\S+ \S+  used 20\S+ \S+  until 20",
                          admin(empty, "tokens"), re.MULTILINE)
    assert "nosy@example.com" not in admin(empty, "tokens")
    ids = {one["id"]: client for client in clients
           for one in client.get("/api/users/me/sessions").json()["items"] if one["isCurrent"]}
    assert sorted(listed()) == sorted(ids)
    first, second = ids
    assert admin(empty, "revoke", first) == f"the token of {email} is revoked\n"
    assert ids[first].get("/api/users/me").status_code == 401
    assert is_admin(ids[second])
    assert listed() == [second]
    assert "no administrator has" in admin(empty, "revoke", first, status=1)
    assert "is no id" in admin(empty, "revoke", "x", status=2)


def test_a_customers_address_is_refused_and_changes_nothing(empty, shop, password_file):
    email = "customer@example.com"
    assert shop.client().post("/api/users", {"email": email, "password": "a customer's horse",
                                             "name": "C"}).status_code == 201
    assert "another account" in admin(empty, "create", email, "--password-file", password_file, status=1)
    admin(empty, "create", email, "--reset", "--password-file", password_file, status=1)
    admin(empty, "disable", email, status=1)
    assert not is_admin(signed_in(shop, email, "a customer's horse"))


def test_a_weak_password_is_refused_with_its_reason(empty, new_folder):
    file = new_folder() / "password.txt"
    file.write_text("password1\n")
    assert "password must not be" in admin(empty, "create", "weak@example.com", "--password-file", file, status=1)


def test_without_a_terminal_the_password_must_come_from_an_option(empty):
    said = admin(empty, "create", "nobody@example.com", status=2)
    assert "--password-file" in said and "--make-password" in said


def test_no_database_is_a_usage_error_that_names_the_flags(new_folder):
    without = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = run_souk("admin", "list", environment=without, cwd=new_folder())
    assert done.returncode == 2
    assert "--database-url" in done.stderr and "--data" in done.stderr


def test_a_database_without_tables_is_told_the_way_to_them(new_database):
    said = admin(os.environ | {"DATABASE_URL": new_database()}, "list", status=1)
    assert "souk migrate" in said


def test_a_terminal_is_asked_twice_and_shows_nothing_of_the_password(empty, shop):
    email = "terminal@example.com"
    terminal = Terminal(empty, "admin", "create", email)
    terminal.await_text("Password (none: one is made and printed): ")
    terminal.type(PASSWORD)
    terminal.await_text("Verifying - ")
    terminal.type(PASSWORD)
    assert terminal.status() == 0, terminal.shown
    assert PASSWORD.encode() not in terminal.shown
    assert is_admin(signed_in(shop, email, PASSWORD))


def test_two_different_passwords_make_nobody(empty, shop):
    email = "mistyped@example.com"
    terminal = Terminal(empty, "admin", "create", email)
    terminal.await_text("Password (none")
    terminal.type(PASSWORD)
    terminal.await_text("Verifying - ")
    terminal.type("another password")
    assert terminal.status() == 2, terminal.shown
    assert sign_in(shop, email, PASSWORD).status_code == 401


def test_the_private_database_of_a_data_folder_is_used_whether_up_runs_or_not(new_folder, password_file):
    data = new_folder() / "data"
    with Souk("up", "--data", data, "--empty", folder=data.parent) as souk:
        assert f"souk admin create EMAIL --data {data}" in souk.out.read_text()
        admin(os.environ, "create", EMAIL, "--password-file", password_file, "--data", data)
        assert is_admin(signed_in(souk, EMAIL, PASSWORD))
    admin(os.environ, "create", "stopped@example.com", "--password-file", password_file, "--data", data)
    with Souk("up", "--data", data, "--empty", folder=data.parent) as souk:
        assert is_admin(signed_in(souk, "stopped@example.com", PASSWORD))
        assert "souk admin create" not in souk.out.read_text()
