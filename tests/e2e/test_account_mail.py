"""Registrations, forgotten passwords and e-mail addresses, confirmed by tokens of mails."""

import email
import email.policy
import itertools
import re
from functools import partial

import pytest
from conftest import PASSWORD
from contract import Market, at_once
from souk_process import Client, wait_until
from test_order_events import FAST

NEW_PASSWORD = "fine mule capacitor clip"
RESET, CONFIRM = "https://shop.example/reset", "https://shop.example/confirm"
_numbers = itertools.count(1)


class Mailed:
    """A shop that delivers its mail into a Maildir."""

    def __init__(self, start_shop, folder, *settings):
        self.box = folder / "mail"
        words = {"mail.maildir": self.box, "accounts.reset_url": RESET, "accounts.confirm_url": CONFIRM}
        flags = [word for name, value in words.items() for word in ("--set", f"{name}={value}")]
        self.market = Market(start_shop(*FAST, *flags, *settings, "--set", "telemetry.server_timing=true"))
        self.anonymous = self.market.anonymous

    def mails(self, address):
        files = sorted((self.box / "new").glob("*"))
        found = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
        return [one for one in found if one["To"].addresses[0].addr_spec == address]

    def mail(self, address, subject):
        """The only mail with this subject."""
        def found():
            return [one for one in self.mails(address) if one["Subject"] == subject]

        wait_until(found, lambda: f"{subject} to {address}: {self.mails(address)}")
        [one] = found()
        return one

    def token(self, address, subject):
        return re.search(r"#token=(\S+)", self.mail(address, subject).get_body(("plain",)).get_content())[1]

    def nothing_waits(self):
        wait_until(lambda: self.market.shop.query("SELECT count(*) FROM outbox") == [(0,)], lambda: "no jobs")

    def sign_in(self, address, password=PASSWORD):
        return self.anonymous.post("/api/sessions", {"email": address, "password": password})

    def confirm(self, token, **more):
        return self.anonymous.post("/api/users/confirmations", {"token": token} | more)

    def reset(self, token, password=NEW_PASSWORD):
        return self.anonymous.post("/api/users/password-resets/confirmations",
                                   {"token": token, "newPassword": password})

    def forgot(self, address, **more):
        asked = self.anonymous.post("/api/users/password-resets", {"email": address}, **more)
        assert (asked.status_code, asked.content) == (202, b"")

    def query(self, sql, *parameters):
        return self.market.shop.query(sql, parameters)


@pytest.fixture(scope="module")
def mailed(start_shop, new_folder):
    return Mailed(start_shop, new_folder())


@pytest.fixture(scope="module")
def verifying(start_shop, new_folder):
    return Mailed(start_shop, new_folder(), "--set", "accounts.verify_email=true")


def new_address():
    return f"mailed{next(_numbers)}@example.com"


def registration(address, name="Zoë", password=PASSWORD):
    return {"email": address, "password": password, "name": name}


def code(answer):
    return answer.status_code, answer.json()["code"]


def test_a_forgotten_password_is_replaced_once_and_ends_all_sessions(mailed):
    customer = mailed.market.customer()
    mailed.forgot(customer.email.upper())
    token = mailed.token(customer.email, "Choose a new password")
    mail = mailed.mail(customer.email, "Choose a new password")
    assert f"{RESET}#token={token}" in mail.get_body(("plain",)).get_content()
    assert f"{RESET}#token={token}" in mail.get_body(("html",)).get_content()
    weak = mailed.reset(token, "password1")
    assert code(weak) == (422, "validation_failed")
    assert weak.json()["errors"][0]["pointer"] == "/newPassword"
    assert mailed.reset(token).status_code == 204
    assert customer.get("/api/users/me").status_code == 401
    assert mailed.sign_in(customer.email).status_code == 401
    session = mailed.sign_in(customer.email, NEW_PASSWORD)
    assert session.status_code == 201
    assert session.json()["user"]["emailVerifiedAt"] is not None
    assert code(mailed.reset(token, PASSWORD)) == (403, "invalid_token")


def test_a_token_is_used_once_whoever_hands_it_in_at_the_same_time(mailed):
    customer = mailed.market.customer()
    mailed.forgot(customer.email)
    token = mailed.token(customer.email, "Choose a new password")
    passwords = [f"fine mule capacitor clip {n}" for n in range(4)]
    answers = at_once([partial(Client(mailed.market.shop.souk.url).post, "/api/users/password-resets/confirmations",
                               {"token": token, "newPassword": password}) for password in passwords])
    assert sorted(answer.status_code for answer in answers) == [204, 403, 403, 403]
    [valid] = [password for password in passwords if mailed.sign_in(customer.email, password).status_code == 201]
    assert answers[passwords.index(valid)].status_code == 204


def test_a_link_leads_to_the_shops_page_whatever_the_request_says(mailed):
    customer = mailed.market.customer()
    names = ("X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "Origin", "Referer")
    mailed.forgot(customer.email, headers={name: "https://evil.example/" for name in names} | {
        "Host": "evil.example", "Forwarded": "host=evil.example"})
    mail = mailed.mail(customer.email, "Choose a new password")
    assert "evil" not in mail.as_string()
    assert re.findall(r"https?://[^\s<#]+", mail.get_body(("html",)).get_content()) == [RESET]


def test_no_row_and_no_job_ever_holds_a_token_in_plain_text(mailed):
    mailed.query("CREATE TABLE seen_jobs AS SELECT payload::text FROM outbox")
    mailed.query("CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                 "INSERT INTO public.seen_jobs VALUES (NEW::text); RETURN NULL; END $$")
    mailed.query("CREATE TRIGGER see AFTER INSERT OR UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION see()")
    customer = mailed.market.customer()
    mailed.forgot(customer.email)
    token = mailed.token(customer.email, "Choose a new password")
    [(row,)] = mailed.query("SELECT r::text FROM account_requests r WHERE email = %s", customer.email)
    jobs = mailed.query("SELECT payload FROM seen_jobs")
    assert jobs and token not in row and not any(token in job for (job,) in jobs)


def test_who_asks_for_a_password_does_not_learn_who_has_an_account(mailed):
    customer, nobody = mailed.market.customer(), new_address()
    answers = [mailed.anonymous.post("/api/users/password-resets", {"email": address})
               for address in (customer.email, nobody)]
    known, unknown = ({name: value for name, value in answer.headers.items()
                       if name not in ("Date", "X-Request-Id", "Server-Timing", "traceparent")} for answer in answers)
    assert (answers[0].status_code, answers[0].content) == (answers[1].status_code, answers[1].content)
    assert known == unknown
    mailed.mail(customer.email, "Choose a new password")
    mailed.nothing_waits()
    assert mailed.mails(nobody) == []


def test_a_token_expires_and_is_good_for_nothing_else(mailed):
    customer = mailed.market.customer()
    mailed.forgot(customer.email)
    token = mailed.token(customer.email, "Choose a new password")
    assert code(mailed.confirm(token)) == (403, "invalid_token")
    mailed.query("UPDATE account_requests SET expires_at = now() WHERE email = %s", customer.email)
    assert code(mailed.reset(token)) == (403, "invalid_token")
    for nonsense in ("", "x", "A" * 43):
        assert code(mailed.reset(nonsense)) == (403, "invalid_token")
    assert mailed.sign_in(customer.email).status_code == 201


def test_a_new_password_voids_the_other_tokens_for_one(mailed):
    customer = mailed.market.customer()
    mailed.forgot(customer.email)
    first = mailed.token(customer.email, "Choose a new password")
    mailed.forgot(customer.email)
    wait_until(lambda: len(mailed.mails(customer.email)) == 2, lambda: "both mails")
    second = next(token for mail in mailed.mails(customer.email)
                  if (token := re.search(r"#token=(\S+)", mail.get_body(("plain",)).get_content())[1]) != first)
    assert mailed.reset(second).status_code == 204
    assert code(mailed.reset(first)) == (403, "invalid_token")


def test_a_change_of_the_password_voids_what_was_asked_for_before(mailed):
    """Whoever knew the old password may have asked for another address."""
    customer, wanted = mailed.market.customer(), new_address()
    assert customer.post("/api/users/me/email", {"email": wanted, "currentPassword": PASSWORD}).status_code == 202
    change = mailed.token(wanted, "Confirm your new e-mail address")
    mailed.forgot(customer.email)
    reset = mailed.token(customer.email, "Choose a new password")
    assert customer.post("/api/users/me/password",
                         {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}).status_code == 204
    assert code(mailed.confirm(change)) == (403, "invalid_token")
    assert code(mailed.reset(reset)) == (403, "invalid_token")
    assert mailed.sign_in(customer.email, NEW_PASSWORD).status_code == 201


def test_an_address_gets_few_mails_an_hour(mailed):
    customer = mailed.market.customer()
    for _ in range(7):
        mailed.forgot(customer.email)
    mailed.nothing_waits()
    assert len(mailed.mails(customer.email)) == 5


def test_an_address_is_verified_by_its_reader(mailed):
    customer = mailed.market.customer()
    assert customer.get("/api/users/me").json()["emailVerifiedAt"] is None
    assert customer.post("/api/users/me/email-verification").status_code == 202
    token = mailed.token(customer.email, "Confirm your e-mail address")
    assert mailed.confirm(token).status_code == 204
    assert customer.get("/api/users/me").json()["emailVerifiedAt"] is not None
    assert code(mailed.confirm(token)) == (403, "invalid_token")


def test_an_address_is_changed_when_the_new_one_confirms_and_the_old_one_is_told(mailed):
    customer, wanted = mailed.market.customer(), new_address()
    change = {"email": wanted.upper(), "currentPassword": PASSWORD}
    assert code(customer.post("/api/users/me/email", change | {"currentPassword": "not this"})) == (
        403, "wrong_password")
    mailed.forgot(customer.email)
    void = mailed.token(customer.email, "Choose a new password")
    assert customer.post("/api/users/me/email", change).status_code == 202
    token = mailed.token(wanted, "Confirm your new e-mail address")
    assert customer.get("/api/users/me").json()["email"] == customer.email
    assert mailed.confirm(token).status_code == 204
    me = customer.get("/api/users/me").json()
    assert me["email"] == wanted and me["emailVerifiedAt"] is not None
    mailed.mail(customer.email, "Your e-mail address was changed")
    assert mailed.sign_in(customer.email).status_code == 401
    assert mailed.sign_in(wanted).status_code == 201
    assert code(mailed.reset(void)) == (403, "invalid_token")


def test_an_address_that_another_account_took_meanwhile_stays_its(mailed):
    customer, wanted = mailed.market.customer(), new_address()
    assert customer.post("/api/users/me/email", {"email": wanted, "currentPassword": PASSWORD}).status_code == 202
    token = mailed.token(wanted, "Confirm your new e-mail address")
    assert mailed.anonymous.post("/api/users", registration(wanted)).status_code == 201
    assert code(mailed.confirm(token)) == (409, "email_taken")
    assert customer.get("/api/users/me").json()["email"] == customer.email
    # And nobody is asked to take one that is in use.
    taken = mailed.market.customer().email
    assert customer.post("/api/users/me/email", {"email": taken, "currentPassword": PASSWORD}).status_code == 202
    mailed.nothing_waits()
    assert mailed.mails(taken) == []


def test_registrations_do_not_tell_who_has_an_account(verifying):
    address = new_address()
    first = verifying.anonymous.post("/api/users", registration(address))
    assert (first.status_code, first.content) == (202, b"")
    assert verifying.sign_in(address).status_code == 401
    assert verifying.confirm(verifying.token(address, "Confirm your account"), password=PASSWORD).status_code == 204
    assert verifying.sign_in(address).json()["user"]["emailVerifiedAt"] is not None

    again = verifying.anonymous.post("/api/users", registration(address, password=NEW_PASSWORD, name="Mallory"))
    assert (again.status_code, again.content) == (202, b"")
    mail = verifying.mail(address, "You have an account already")
    assert "token" not in mail.as_string() and "Mallory" not in mail.as_string()
    assert verifying.sign_in(address).status_code == 201
    assert verifying.sign_in(address, NEW_PASSWORD).status_code == 401


def test_an_account_is_opened_only_for_who_knows_its_password(verifying):
    # Who reads the mail did not ask for it, perhaps, and would open an account that is another's.
    address = new_address()
    verifying.anonymous.post("/api/users", registration(address, password=NEW_PASSWORD))
    token = verifying.token(address, "Confirm your account")
    for more in ({}, {"password": PASSWORD}):
        refused = verifying.confirm(token, **more)
        assert code(refused) == (422, "validation_failed")
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/password"]
    assert verifying.sign_in(address, NEW_PASSWORD).status_code == 401
    assert verifying.confirm(token, password=NEW_PASSWORD).status_code == 204
    assert verifying.sign_in(address, NEW_PASSWORD).status_code == 201
    assert code(verifying.confirm(token, password=NEW_PASSWORD)) == (403, "invalid_token")


def test_nobody_prepares_an_account_for_the_address_of_another(verifying):
    """Whoever confirms gets the password that they chose, whatever somebody else asked for before."""
    victim = new_address()
    verifying.anonymous.post("/api/users", registration(victim, name="Mallory", password=NEW_PASSWORD))
    verifying.token(victim, "Confirm your account")
    verifying.anonymous.post("/api/users", registration(victim, name="Victim"))
    wait_until(lambda: len(verifying.mails(victim)) == 2, lambda: "both mails")
    own = next(mail for mail in verifying.mails(victim) if "Hello Victim," in mail.get_body(("plain",)).get_content())
    token = re.search(r"#token=(\S+)", own.get_body(("plain",)).get_content())[1]
    assert verifying.confirm(token, password=PASSWORD).status_code == 204
    assert verifying.sign_in(victim, NEW_PASSWORD).status_code == 401
    assert verifying.sign_in(victim).json()["user"]["name"] == "Victim"


@pytest.mark.parametrize("name, shown", [
    ("<b>Ada & \"Co\" {{link}}", "&lt;b&gt;Ada &amp; &quot;Co&quot; {{link}}"),
    ("Win at https://evil.example/now", None),
    ("Win at evil.example", None),
    ("mail@evil.example", None),
    ("J. R. Müller", "J. R. Müller"),
])
def test_names_add_no_markup_and_no_links(verifying, name, shown):
    address = new_address()
    assert verifying.anonymous.post("/api/users", registration(address, name=name)).status_code == 202
    mail = verifying.mail(address, "Confirm your account")
    if shown is None:
        assert "evil" not in mail.as_string()
        shown = address
    html = mail.get_body(("html",)).get_content()
    assert f"<p>Hello {shown},</p>" in html
    assert re.findall(r"https?://[^\s<#]+", html) == [CONFIRM]


def test_texts_of_mails_are_the_shops_own(start_shop, new_folder):
    folder = new_folder()
    (folder / "password_reset.txt").write_text("Subject: Neues Paßwort\n\nHallo {{name}}: {{link}}\n")
    (folder / "password_reset.html").write_text("<p>Hallo {{name}}: {{link}}</p>")
    folder.chmod(0o755)
    shop = Mailed(start_shop, new_folder(), "--set", f"mail.templates_dir={folder}")
    customer = shop.market.customer()
    shop.forgot(customer.email)
    mail = shop.mail(customer.email, "Neues Paßwort")
    assert mail.get_body(("plain",)).get_content().startswith(f"Hallo A Customer: {RESET}#token=")
    assert mail.get_body(("html",)).get_content().startswith(f"<p>Hallo A Customer: {RESET}#token=")


def test_a_shop_without_mail_says_so(market):
    refused = market.anonymous.post("/api/users/password-resets", {"email": "ada@example.com"})
    assert code(refused) == (503, "unavailable")
    customer = market.customer()
    assert code(customer.post("/api/users/me/email-verification")) == (503, "unavailable")
    assert market.shop.query("SELECT count(*) FROM account_requests") == [(0,)]
