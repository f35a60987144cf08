"""The stock's books: adjustments with a reason, movements, and what is running out."""

import pytest
from contract import NOBODY, at_once


def adjust(market, product, change, reason="found", key=None):
    headers = {"Idempotency-Key": key} if key else {}
    return market.admin.request("POST", f"/api/products/{product['id']}/stock/adjustments",
                                json={"change": change, "reason": reason}, headers=headers)


def movements(market, product, **parameters):
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return market.admin.get(f"/api/products/{product['id']}/stock/movements?{query}").json()


def test_an_adjustment_is_relative_and_says_why(market):
    product = market.product(units=10)
    made = adjust(market, product, -3, "broken in the warehouse")
    assert made.status_code == 201, made.text
    assert made.json().items() >= {"change": -3, "onHand": 7, "productId": product["id"]}.items()
    assert market.stock(product)["onHand"] == 7
    latest, first = movements(market, product)["items"]
    assert latest.items() >= {"kind": "adjusted", "onHand": -3, "reserved": 0, "causeId": made.json()["id"],
                              "reason": "broken in the warehouse"}.items()
    assert first.items() >= {"kind": "counted", "onHand": 10, "reason": None}.items()


def test_a_product_that_never_had_stock_gets_some(market):
    product = market.product(units=0)
    assert movements(market, product)["items"] == []
    assert adjust(market, product, 4).json()["onHand"] == 4
    assert [(one["kind"], one["onHand"]) for one in movements(market, product)["items"]] == [("adjusted", 4)]


def test_an_adjustment_under_a_key_is_made_once(market):
    product, other = market.product(units=10), market.product(units=10)
    key = f"adjust-{product['id']}"
    answers = at_once([lambda: adjust(market, product, 5, key=key) for _ in range(8)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers].count("true") == 7
    assert market.stock(product)["onHand"] == 15
    for reused in (adjust(market, product, 6, key=key), adjust(market, other, 5, key=key),
                   adjust(market, product, 5, "lost", key)):
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert market.stock(product)["onHand"] == 15


@pytest.mark.parametrize("change, reason, pointer", [
    (0, "r", "/change"), (1_000_000_001, "r", "/change"), (1, "", "/reason"), (1, "x" * 201, "/reason"),
    (-9, "r", "/change"), (1_000_000_000, "r", "/change"),
])
def test_adjustments_that_make_no_sense_change_nothing(market, change, reason, pointer):
    product = market.product(units=10)
    assert market.order(market.customer(), product, quantity=2).status_code == 201
    before = market.stock(product), movements(market, product)
    refused = adjust(market, product, change, reason)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (market.stock(product), movements(market, product)) == before


def test_unknown_products_are_not_found(market):
    assert adjust(market, {"id": NOBODY}, 1).status_code == 404
    assert market.admin.get(f"/api/products/{NOBODY}/stock/movements").status_code == 404


def test_movements_are_walked_once_each_and_sum_up_to_the_stock(market):
    product = market.product(units=3)
    for change in range(1, 7):
        assert adjust(market, product, change).status_code == 201
    assert market.order(market.customer(), product, quantity=2).status_code == 201
    walked, cursor = [], None
    while True:
        page = movements(market, product, limit=3, **({"cursor": cursor} if cursor else {}))
        walked += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    stock = market.stock(product)
    assert [one["onHand"] for one in walked if one["kind"] == "adjusted"] == [6, 5, 4, 3, 2, 1]
    assert len(walked) == 8
    assert {name: sum(one[name] for one in walked) for name in ("onHand", "reserved")} == \
        {name: stock[name] for name in ("onHand", "reserved")}
    assert market.admin.get(f"/api/products/{product['id']}/stock/movements?cursor=x").status_code == 400


def test_low_stocks_are_those_below_what_is_available(market):
    low, full, gone = market.product(units=3, sku="LOW-1"), market.product(units=9), market.product(units=1)
    held = market.product(units=9)
    market.admin.delete(f"/api/products/{gone['id']}")
    assert market.order(market.customer(), held, quantity=7).status_code == 201
    found, cursor = {}, None
    while True:
        page = market.admin.get("/api/stock?below=5&limit=100" + (f"&cursor={cursor}" if cursor else "")).json()
        found |= {one["productId"]: one for one in page["items"]}
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert found[low["id"]].items() >= {"sku": "LOW-1", "available": 3, "onHand": 3, "reserved": 0,
                                        "name": low["name"]}.items()
    assert found[held["id"]]["available"] == 2
    assert full["id"] not in found and gone["id"] not in found
    assert all(one["available"] < 5 for one in found.values())
