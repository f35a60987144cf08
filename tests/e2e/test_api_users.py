"""Administrators look users up: by the beginning of an address, by role, and whether they can sign in."""

import itertools
import os

import pytest
from conftest import PASSWORD
from contract import NOBODY

_numbers = itertools.count(1)


def register(market, email):
    made = market.anonymous.post("/api/users", {"email": email, "password": PASSWORD, "name": "A Customer"})
    assert made.status_code == 201, made.text
    return made.json()


@pytest.fixture(scope="module")
def prefix():
    return f"listed-{os.getpid()}-{next(_numbers)}"


@pytest.fixture(scope="module")
def people(market, prefix):
    """Seven users with the same beginning of their addresses, in the order of their addresses."""
    made = [register(market, f"{prefix}-{letter}@example.com") for letter in "gcafdbe"]
    return sorted(made, key=lambda user: user["email"])


def listed(market, **query):
    """The addresses of all pages."""
    found, cursor = [], {}
    while True:
        answer = market.admin.get("/api/users", params=query | cursor)
        assert answer.status_code == 200, answer.text
        found += [user["email"] for user in answer.json()["items"]]
        if (following := answer.json()["nextCursor"]) is None:
            return found
        cursor = {"cursor": following}


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_the_beginning_of_an_address_finds_its_users_in_order_page_by_page(market, people, prefix, limit):
    assert listed(market, email=prefix, limit=limit) == [user["email"] for user in people]
    assert listed(market, email=prefix.upper(), limit=limit) == [user["email"] for user in people]


def test_a_whole_address_finds_one(market, people):
    assert listed(market, email=people[2]["email"]) == [people[2]["email"]]
    assert listed(market, email=people[2]["email"] + "x") == []
    assert listed(market, email="%") == []


def test_roles_are_apart(market, people, prefix):
    market.shop.query("UPDATE users SET role = 'admin' WHERE id = %s RETURNING 1", (people[1]["id"],))
    try:
        assert listed(market, email=prefix, role="admin") == [people[1]["email"]]
        assert people[1]["email"] not in listed(market, email=prefix, role="customer")
        assert len(listed(market, email=prefix, role="customer")) == len(people) - 1
        assert people[1]["email"] in listed(market, role="admin", limit=1)
        assert people[1]["email"] in listed(market, email=prefix)
    finally:
        market.shop.query("UPDATE users SET role = 'customer' WHERE id = %s RETURNING 1", (people[1]["id"],))


def test_who_cannot_sign_in_is_listed_apart_and_can_be_read(market, people, prefix):
    gone = people[4]
    market.shop.query("UPDATE users SET is_active = false WHERE id = %s RETURNING 1", (gone["id"],))
    try:
        assert gone["email"] not in listed(market, email=prefix)
        assert listed(market, email=prefix, active="false") == [gone["email"]]
        read = market.admin.get(f"/api/users/{gone['id']}").json()
        assert (read["email"], read["isActive"], read["isAdmin"]) == (gone["email"], False, False)
    finally:
        market.shop.query("UPDATE users SET is_active = true WHERE id = %s RETURNING 1", (gone["id"],))


def test_a_user_is_read_by_the_id(market, people):
    read = market.admin.get(f"/api/users/{people[0]['id']}").json()
    assert (read["email"], read["name"], read["isActive"]) == (people[0]["email"], "A Customer", True)
    assert not any("password" in member.lower() for member in read)
    assert market.admin.get(f"/api/users/{NOBODY}").status_code == 404


@pytest.mark.parametrize(("query", "status", "name"), [
    ("role=owner", 400, "role"), ("active=yes", 400, "active"), ("limit=0", 400, "limit"), ("limit=101", 400, "limit"),
    ("cursor=x", 400, "cursor"), ("cursor=EAFh", 400, "cursor"), ("email=a%20b", 422, "email"),
    ("email=" + "x" * 255, 422, "email"), ("email=%C3%A9", 422, "email")])
def test_parameters_that_make_no_sense_are_named(market, query, status, name):
    answer = market.admin.get(f"/api/users?{query}")
    assert answer.status_code == status, answer.text
    assert name in answer.text
