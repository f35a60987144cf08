"""`souk init`: from a server without a database to a shop that can be opened, asked or scripted."""

import itertools
import os
import re

import psycopg2
import pytest
from postgres_server import PostgresServer
from souk_process import Souk, run_souk, wait_until
from terminal import Terminal

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server():
    made = PostgresServer("fsync=off")
    try:
        made.query("CREATE ROLE maker LOGIN CREATEDB")
        made.query("CREATE ROLE guest LOGIN")
        yield made
    finally:
        made.remove()


@pytest.fixture
def database(server):
    """The URL of a database that does not exist, for the role that may create it."""
    return f"postgresql://maker@/shop_{next(_numbers)}?host={server.folder}"


@pytest.fixture
def answers(new_folder):
    """Everything that is asked, as options."""
    file = new_folder() / "password.txt"
    file.write_text(PASSWORD + "\n")
    return ["--admin", EMAIL, "--password-file", file, "--currency", "EUR", "--category", "Tea & Coffee"]


def init(database, *arguments, status=0):
    done = run_souk("init", *arguments, environment=os.environ | {"DATABASE_URL": database})
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def query(database, sql):
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def content(database):
    """What the command may have changed."""
    return [query(database, f"SELECT * FROM {table} ORDER BY 1") for table in ("users", "categories", "shop")]


def test_options_open_a_shop_in_a_database_that_is_created(database, answers, new_folder):
    said = init(database, *answers)
    assert re.search(r"database: +created", said) and re.search(r"tables: +\d+ migrations applied", said)
    assert query(database, "SHOW server_encoding") == [("UTF8",)]
    assert query(database, "SELECT currency FROM shop") == [("EUR",)]
    with Souk("serve", folder=new_folder(), environment={"DATABASE_URL": database}) as souk:
        signed_in = souk.client().post("/api/sessions", {"email": EMAIL, "password": PASSWORD})
        assert signed_in.status_code == 201 and signed_in.json()["user"]["isAdmin"]
        assert [category["slug"] for category in souk.client().get("/api/categories").json()["items"]] == ["tea-coffee"]
        assert "no_administrator" not in souk.log.read_text()


def test_a_running_shop_compares_prices_in_a_newly_chosen_currency(database, answers, new_folder):
    init(database, *answers)
    with Souk("serve", folder=new_folder(), environment={"DATABASE_URL": database}) as souk:
        admin = souk.client(souk.client().post("/api/sessions", {"email": EMAIL, "password": PASSWORD}).json()["token"])
        category = admin.get("/api/categories").json()["items"][0]["id"]
        for currency in ("EUR", "USD"):
            made = admin.post("/api/products", {"name": f"Tea for {currency}", "categoryId": category,
                                                "price": {"amount": 1, "currency": currency}})
            assert made.status_code == 201, made.text

        def compared():
            page = admin.get("/api/products?sort=price").json()
            return [product["price"]["currency"] for product in page["items"]]

        assert compared() == ["EUR"]
        init(database, "--currency", "USD")
        wait_until(lambda: compared() == ["USD"], compared)


def test_a_second_run_says_what_stands_and_changes_nothing(database, answers):
    init(database, *answers)
    before = content(database)
    for arguments in ([], answers):
        said = init(database, *arguments)
        for line in (r"database: +is there", r"tables: +are up to date", rf"administrator: +{EMAIL} is there",
                     r"currency: +EUR is chosen"):
            assert re.search(line, said), said
        assert content(database) == before


def test_only_what_is_missing_is_done(database, answers):
    said = init(database, "--admin", EMAIL, "--make-password", status=1)
    assert "give --currency" in said
    password = re.search(r"password: +(\S+)", said).group(1)
    assert len(password) >= 20
    administrator = content(database)[0]
    assert re.search(rf"administrator: +{EMAIL} is there", init(database, *answers))
    assert content(database)[0] == administrator
    assert re.search("currency: +USD instead of EUR", init(database, "--currency", "USD"))
    assert query(database, "SELECT currency FROM shop") == [("USD",)]


def test_without_answers_and_a_terminal_it_names_the_options(database):
    said = init(database, status=1)
    assert "--admin and --currency" in said
    assert content(database) == [[], [], []]


def test_wrong_answers_are_refused_with_their_reason(database, answers, new_folder):
    init(database, *answers)
    before = content(database)
    assert "ISO 4217" in init(database, "--currency", "EURO", status=1)
    assert "name must" in init(database, "--category", "\u200b", status=1)
    weak = new_folder() / "weak.txt"
    weak.write_text("password1\n")
    assert "password must not be" in init(database, "--admin", "new@example.com", "--password-file", weak, status=1)
    assert content(database) == before


def test_a_role_that_may_not_create_the_database_is_told_the_statement(server):
    database = f"postgresql://guest@/not_there?host={server.folder}"
    said = init(database, status=1)
    assert "the role guest may not create one" in said
    statement = re.search(r"superuser run: (CREATE DATABASE .*);", said).group(1)
    server.query(statement)
    assert re.search(r"database: +is there", init(database, status=1))
    assert query(database, "SELECT count(*) FROM users") == [(0,)]


def test_a_role_without_rights_in_the_database_is_told_the_grant(server):
    server.query("CREATE DATABASE of_another TEMPLATE template0 ENCODING 'UTF8'")
    database = f"postgresql://guest@/of_another?host={server.folder}"
    said = init(database, status=1)
    grant = re.search(r"run, in that database: (GRANT .*);", said).group(1)
    with psycopg2.connect(f"postgresql://souk@/of_another?host={server.folder}") as connection:
        connection.cursor().execute(grant)
    assert "migrations applied" in init(database, status=1)


def test_an_unreachable_server_is_reported_as_it_is(tmp_path):
    assert str(tmp_path) in init(f"postgresql:///shop?host={tmp_path}", status=1)


def test_a_terminal_asks_for_each_answer(database):
    terminal = Terminal(os.environ | {"DATABASE_URL": database}, "init")
    for question, typed in (("E-mail address of the administrator: ", EMAIL), ("Password (none", PASSWORD),
                            ("Verifying - ", PASSWORD), ("Currency (ISO 4217, like EUR): ", "CHF"),
                            ("First category (none: later): ", "Uhren")):
        terminal.await_text(question)
        terminal.type(typed)
    assert terminal.status() == 0, terminal.shown
    assert PASSWORD.encode() not in terminal.shown
    assert query(database, "SELECT email, role FROM users") == [(EMAIL, "admin")]
    assert query(database, "SELECT currency FROM shop") == [("CHF",)]
    assert query(database, "SELECT name, slug FROM categories") == [("Uhren", "uhren")]


def test_a_data_folder_of_up_is_opened_too(new_folder, answers):
    data = new_folder() / "data"
    with Souk("up", "--empty", "--data", data, folder=data.parent):
        pass
    without = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = run_souk("init", "--data", data, *answers, environment=without, cwd=data.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "souk up --empty" in done.stdout
    with Souk("up", "--empty", "--data", data, folder=data.parent) as souk:
        assert souk.client().post("/api/sessions", {"email": EMAIL, "password": PASSWORD}).status_code == 201
