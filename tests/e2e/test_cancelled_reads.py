"""Reads whose clients have disconnected are cancelled."""

import contextlib
import socket
import struct

from souk_process import wait_until

SEARCHES = 4
FOR_EVER = ("--set", "http.request_deadline=1h", "--set", "cache.fill_timeout=10m",
            "--set", "database.command_timeout=1h", "--set", "search.timeout=1h", "--set", "search.max_running=100")
RUNNING = ("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
           "AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND query LIKE '%%products%%'")
# What searches wait for until it is opened.
GATE = """
    CREATE TABLE gate AS SELECT true AS closed;
    CREATE FUNCTION pass_gate() RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
      WHILE (SELECT closed FROM gate) LOOP PERFORM pg_sleep(0.02); END LOOP;
      RETURN true;
    END $$;
    ALTER FUNCTION search_query RENAME TO search_query_behind_gate;
    CREATE FUNCTION search_query(terms text[], kinds integer[], widened boolean,
        OUT matching tsquery, OUT wide tsquery, OUT named tsquery, OUT exact tsquery) LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pass_gate();
      SELECT q.* INTO matching, wide, named, exact FROM search_query_behind_gate(terms, kinds, widened) q;
    END $$"""
OPEN_GATE = "UPDATE gate SET closed = false"


def search(shop, word, more=""):
    peer = socket.create_connection(("127.0.0.1", shop.souk.port), timeout=60)
    peer.sendall(f"GET /api/products?q={word}{more} HTTP/1.1\r\nHost: souk\r\n\r\n".encode())
    return peer


@contextlib.contextmanager
def gated(start_shop):
    """A shop whose searches wait until the gate is opened."""
    shop = start_shop(*FOR_EVER)
    shop.query(GATE)
    try:
        yield shop
    finally:
        shop.query(OPEN_GATE)


def wait_until_running(shop, count):
    wait_until(lambda: shop.query(RUNNING) == [(count,)], lambda: str(shop.query(RUNNING)), seconds=20)


# Before the fix, four of four ran to their end although their clients had left.
def test_searches_end_in_the_database_when_their_clients_have_left(start_shop):
    with gated(start_shop) as shop:
        peers = [search(shop, f"word{n}") for n in range(SEARCHES)]
        wait_until_running(shop, SEARCHES)
        for peer in peers[::2]:  # one half resets its connections, the other half closes them
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for peer in peers:
            peer.close()
        wait_until_running(shop, 0)
        cancelled = f"souk_http_cancelled_requests_total {SEARCHES}"
        wait_until(lambda: cancelled in shop.anonymous().get("/metrics").text, shop.souk.said)


def test_a_search_goes_on_for_those_who_still_want_it(start_shop):
    with gated(start_shop) as shop:
        first = search(shop, "kettle")
        wait_until_running(shop, 1)
        staying = search(shop, "kettle")
        half_closed = search(shop, "kettle")
        half_closed.shutdown(socket.SHUT_WR)
        # It is asked whether it still reads, by what every client may ignore.
        assert half_closed.recv(64) == b"HTTP/1.1 100 Continue\r\n\r\n"
        other = search(shop, "other")
        wait_until_running(shop, 2)
        first.close()
        other.close()
        wait_until_running(shop, 1)
        shop.query(OPEN_GATE)
        for peer in (staying, half_closed):
            assert peer.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
            peer.close()
