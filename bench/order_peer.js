// A small server with Souk's contract for orders, as it is written by hand in Node: POST /api/orders with an
// Idempotency-Key, one transaction for each order; and products, singly and in lists, from memory.
// `node order_peer.js`, where pg is installed: one process on each core; PGHOST, PGUSER and PGDATABASE lead to tables of
// bench/order_peer, CATALOGUE to its file. Sessions and the catalogue are read once, at the start, which favours it.
"use strict";
const cluster = require("node:cluster");
const { createHash, randomUUID } = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");
const { createRequire } = require("node:module");
const os = require("node:os");

const { Pool, types } = createRequire(`${process.cwd()}/package.json`)("pg");

const CONNECTIONS_EACH = 10; // more make it slower on two cores
const BODY_BYTES_MAX = 65536;
const LINES_MAX = 100;
const LISTS_MAX = 10000; // whose bytes are kept
const PAGE = 20;
const PRODUCT = "/api/products/";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INT8 = 20; // its OID; sums of money are below 2^53 here
types.setTypeParser(INT8, Number);

const CLAIM = { name: "claim", text: `INSERT INTO idempotency_keys (user_id, key, request_hash, order_id)
  VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING` };
const FIND_CLAIM = { name: "find_claim", text: `SELECT request_hash, order_id FROM idempotency_keys
  WHERE user_id = $1 AND key = $2` };
// In the order of the products, in every transaction, so that none wait for each other in a circle.
const LOCK = { name: "lock", text: `SELECT p.id, p.name, p.price, p.currency, s.quantity FROM product_stocks s
  JOIN products p ON p.id = s.product_id WHERE s.product_id = ANY($1::uuid[]) AND p.is_active
  ORDER BY s.product_id FOR NO KEY UPDATE OF s` };
const WRITE = { name: "write", text: `WITH
  taken AS (UPDATE product_stocks s SET quantity = s.quantity - t.quantity
    FROM unnest($5::uuid[], $7::int[]) t(id, quantity) WHERE s.product_id = t.id),
  placed AS (INSERT INTO orders (id, user_id, status, order_date, total, currency)
    VALUES ($1, $2, 'pending', now(), $3, $4))
  INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, unit_price)
  SELECT $1, n, id, name, quantity, price FROM unnest($5::uuid[], $6::text[], $7::int[], $8::bigint[])
    WITH ORDINALITY l(id, name, quantity, price, n)` };
const READ = { name: "read", text: `SELECT o.status, o.order_date, o.total, o.currency, i.product_id, i.product_name,
  i.quantity, i.unit_price FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = $1 ORDER BY i.line_no` };

// Products as JSON, once made, and lists of them.
class Catalogue {
  constructor({ categories, products }) {
    this.categories = Buffer.from(JSON.stringify(categories));
    this.newest = products;
    this.cheapest = [...products].sort((a, b) => a.price.amount - b.price.amount);
    this.dearest = [...this.cheapest].reverse();
    this.single = new Map(products.map((product) => [product.id, Buffer.from(JSON.stringify(product))]));
    this.within = new Map(); // a category, and those in it
    const add = (category) => {
      const all = new Set([category.id]);
      for (const child of category.children ?? []) for (const id of add(child)) all.add(id);
      this.within.set(category.id, all);
      return all;
    };
    categories.items.forEach(add);
    this.lists = new Map();
  }

  list(query) {
    let bytes = this.lists.get(query);
    if (!bytes) {
      bytes = Buffer.from(JSON.stringify(this.page(new URLSearchParams(query))));
      if (this.lists.size < LISTS_MAX) this.lists.set(query, bytes);
    }
    return bytes;
  }

  page(wanted) {
    const sorted = { price: this.cheapest, "-price": this.dearest }[wanted.get("sort")] ?? this.newest;
    const categories = this.within.get(wanted.get("category"));
    const least = Number(wanted.get("minPrice") ?? 0);
    const most = Number(wanted.get("maxPrice") ?? Infinity);
    const word = wanted.get("q")?.toLowerCase();
    const found = sorted.filter((product) => (!categories || categories.has(product.categoryId)) &&
      product.price.amount >= least && product.price.amount <= most &&
      (!word || product.name.toLowerCase().includes(word)));
    const first = Number(wanted.get("cursor") ?? 0);
    const end = first + Number(wanted.get("limit") ?? PAGE);
    return { items: found.slice(first, end), nextCursor: end < found.length ? `${end}` : null };
  }
}

class Refusal extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const money = (amount, currency) => ({ amount, currency });
const orderOf = (id, status, date, total, currency, lines) => ({ id, status, orderDate: date,
  total: money(total, currency), items: lines.map((line) => ({ productId: line.id, productName: line.name,
    quantity: line.quantity, unitPrice: money(line.price, currency) })) });

function linesOf(body) {
  let items;
  try {
    ({ items } = JSON.parse(body));
  } catch {
    throw new Refusal(400, "malformed_json");
  }
  const fits = (line) => UUID.test(line?.productId) && Number.isInteger(line.quantity) && line.quantity > 0;
  if (!Array.isArray(items) || items.length === 0 || items.length > LINES_MAX || !items.every(fits) ||
      new Set(items.map((line) => line.productId)).size !== items.length) {
    throw new Refusal(422, "validation_failed");
  }
  return items;
}

async function replay(client, user, key, hash) {
  const { rows: [claim] } = await client.query({ ...FIND_CLAIM, values: [user, key] });
  if (!claim.request_hash.equals(hash)) throw new Refusal(422, "idempotency_key_reused");
  const { rows } = await client.query({ ...READ, values: [claim.order_id] });
  const [{ status, order_date, total, currency }] = rows;
  return orderOf(claim.order_id, status, order_date, total, currency, rows.map((row) => ({ id: row.product_id,
    name: row.product_name, quantity: row.quantity, price: row.unit_price })));
}

async function write(client, user, key, body) {
  const wanted = linesOf(body);
  const hash = createHash("sha256").update(body).digest();
  const id = randomUUID();
  const claimed = await client.query({ ...CLAIM, values: [user, key, hash, id] });
  if (claimed.rowCount === 0) return replay(client, user, key, hash);
  const { rows } = await client.query({ ...LOCK, values: [wanted.map((line) => line.productId)] });
  const known = new Map(rows.map((row) => [row.id, row]));
  const lines = wanted.map((line) => {
    const product = known.get(line.productId);
    if (!product) throw new Refusal(422, "unknown_product");
    if (product.quantity < line.quantity) throw new Refusal(409, "out_of_stock");
    return { id: product.id, name: product.name, price: product.price, quantity: line.quantity };
  });
  const total = lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
  const { currency } = rows[0];
  await client.query({ ...WRITE, values: [id, user, total, currency, ...["id", "name", "quantity", "price"]
    .map((member) => lines.map((line) => line[member]))] });
  return orderOf(id, "pending", new Date(), total, currency, lines);
}

async function place(pool, user, key, body) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const order = await write(client, user, key, body);
    await client.query("COMMIT");
    return order;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

function bodyOf(request) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    let bytes = 0;
    request.on("data", (piece) => {
      bytes += piece.length;
      if (bytes > BODY_BYTES_MAX) reject(new Refusal(413, "body_too_large"));
      else pieces.push(piece);
    });
    request.on("end", () => resolve(Buffer.concat(pieces)));
    request.on("error", reject);
  });
}

async function answer(shop, request) {
  const [path, query] = request.url.split("?");
  if (request.method === "GET") {
    if (path === "/readyz") return [200, {}];
    if (path === "/api/categories") return [200, shop.catalogue.categories];
    if (path === "/api/products") return [200, shop.catalogue.list(query ?? "")];
    const product = path.startsWith(PRODUCT) && shop.catalogue.single.get(path.slice(PRODUCT.length));
    if (product) return [200, product];
  }
  if (request.method !== "POST" || path !== "/api/orders") throw new Refusal(404, "not_found");
  const body = await bodyOf(request);
  const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
  const user = shop.sessions.get(createHash("sha256").update(token).digest("hex"));
  if (!user) throw new Refusal(401, "unauthenticated");
  const key = request.headers["idempotency-key"];
  if (!key || key.length > 255) throw new Refusal(400, "idempotency_key_missing");
  return [201, await place(shop.pool, user, key, body)];
}

function send(response, status, value, type) {
  const body = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "Content-Type": type, "Content-Length": body.length });
  response.end(body);
}

async function serve() {
  const pool = new Pool({ max: CONNECTIONS_EACH, min: CONNECTIONS_EACH,
    options: "-c plan_cache_mode=force_generic_plan" }); // planning each order anew takes longer than placing it
  const rows = async (sql) => (await pool.query(sql)).rows;
  const shop = { pool, catalogue: new Catalogue(JSON.parse(fs.readFileSync(process.env.CATALOGUE))),
    sessions: new Map((await rows("SELECT encode(token_hash, 'hex') AS hash, user_id FROM sessions"))
      .map((session) => [session.hash, session.user_id])) };
  const server = http.createServer(async (request, response) => {
    try {
      send(response, ...await answer(shop, request), "application/json");
    } catch (error) {
      const { status, code } = error instanceof Refusal ? error : new Refusal(500, "internal");
      if (status === 500) console.error(error);
      send(response, status, { status, code }, "application/problem+json");
    }
  });
  server.listen({ port: Number(process.env.PORT), host: "127.0.0.1", backlog: 4096 });
}

if (cluster.isPrimary) {
  for (const _ of os.cpus()) cluster.fork();
  let listening = 0;
  cluster.on("listening", (_, address) => {
    if (++listening === os.cpus().length) console.log(`http://127.0.0.1:${address.port}`);
  });
  cluster.on("exit", () => process.exit(1));
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill();
    process.exit(0);
  });
} else {
  serve();
}
