"""Password guessing, limited by client address behind a proxy; these tests act as the proxy."""

import itertools

import pytest
from conftest import PASSWORD

WRONG = "not the right battery staple"


@pytest.fixture(scope="module")
def proxied(start_shop):
    return start_shop("--set", "http.trusted_proxies=127.0.0.1", "--set", "accounts.wrong_passwords_of_network=8",
                      "--set", "accounts.registrations_of_network=3")


@pytest.fixture
def networks(_numbers=itertools.count(1)):
    """A new client address on each call."""
    return lambda: f"2001:db8:{next(_numbers):x}::1"


def sign_in(shop, address, email, password):
    return shop.anonymous().post("/api/sessions", {"email": email, "password": password},
                                 headers={"X-Forwarded-For": f"192.0.2.1, {address}"})


def guess_until_delayed(tries):
    """Returns how many wrong passwords were checked, and the first delayed answer.

    On a slow machine the first delays may have passed before the next attempt."""
    for count, answer in enumerate(itertools.islice(tries, 30)):
        if answer.status_code == 429:
            return count, answer
        assert answer.json()["code"] == "invalid_credentials"
    raise AssertionError("no try was delayed")


def test_nobody_locks_an_owner_out_by_guessing(proxied, networks):
    owner, home = proxied.register().email, networks()
    assert sign_in(proxied, home, owner, PASSWORD).status_code == 201
    checked, delayed = guess_until_delayed(sign_in(proxied, networks(), owner, WRONG) for _ in itertools.count())
    assert checked >= 5
    assert delayed.json()["code"] == "too_many_requests"
    assert int(delayed.headers["Retry-After"]) >= 1
    assert delayed.headers["Cache-Control"] == "no-store"
    assert sign_in(proxied, home, owner, PASSWORD).status_code == 201
    assert sign_in(proxied, home.replace("::1", "::ffff"), owner, PASSWORD).status_code == 201  # same /64 as home


def test_one_client_guesses_at_few_accounts_and_the_others_behind_the_proxy_go_on(proxied, networks):
    guesser = networks()
    checked, _ = guess_until_delayed(
        sign_in(proxied, guesser, f"nobody{n}@example.com", WRONG) for n in itertools.count())
    assert checked >= 8
    assert sign_in(proxied, networks(), proxied.register().email, PASSWORD).status_code == 201


def test_one_client_registers_few_accounts_and_the_others_behind_the_proxy_go_on(proxied, networks):
    def register(address, name):
        return proxied.anonymous().post(
            "/api/users", {"email": f"{name}@example.com", "password": PASSWORD, "name": "A Customer"},
            headers={"X-Forwarded-For": address})

    client = networks()
    for made in range(30):  # on a slow machine the first delays may have passed before the next attempt
        refused = register(client, f"registered{made}")
        if refused.status_code != 201:
            break
    assert made >= 3
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) >= 1
    assert register(networks(), "refused").status_code == 201
