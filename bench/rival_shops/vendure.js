// A Vendure shop to compare with: `node vendure.js fill` makes its tables and demo products, `node vendure.js serve` its
// server, one process on each core. DATABASE has PostgreSQL's name of it; the modules are found in the working folder.
// Production settings as Vendure's guide has them; stock is not tracked, so that no run sells it out.
const cluster = require("node:cluster");
const fs = require("node:fs");
const os = require("node:os");
const { createRequire } = require("node:module");

const shop = createRequire(`${process.cwd()}/package.json`);
const { bootstrap, bootstrapWorker, DefaultJobQueuePlugin, DefaultLogger, DefaultSearchPlugin, dummyPaymentHandler,
  JobQueueService, LogLevel, SearchService, RequestContextService } = shop("@vendure/core");
const { populate } = shop("@vendure/core/cli");

const CATEGORIES = 20;
const WORDS = ["amber", "basket", "canvas", "dotted", "ember", "fabric", "garden", "harbor", "indigo", "jacket", "kettle",
  "linen", "marble", "nickel", "orchard", "pillow", "quartz", "ribbon", "saddle", "timber"];

const config = (filling) => ({
  apiOptions: { hostname: "127.0.0.1", port: Number(process.env.PORT ?? 0), adminApiPath: "admin-api",
    shopApiPath: "shop-api", cors: false },
  authOptions: { tokenMethod: ["cookie", "bearer"], superadminCredentials: { identifier: "admin", password: "admin" },
    cookieOptions: { secret: "a bench needs none" }, requireVerification: false },
  dbConnectionOptions: { type: "postgres", host: process.env.PGHOST, port: Number(process.env.PGPORT),
    username: process.env.PGUSER,
    database: process.env.DATABASE, synchronize: filling, logging: false, poolSize: 20 },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  plugins: [DefaultJobQueuePlugin, DefaultSearchPlugin.init({ bufferUpdates: false })],
  logger: new DefaultLogger({ level: LogLevel.Warn }),
});

const initial = {
  defaultLanguage: "en",
  defaultZone: "Europe",
  countries: [{ code: "DE", name: "Germany", zone: "Europe" }],
  taxRates: [{ name: "Standard Tax", percentage: 19 }],
  shippingMethods: [{ name: "Post", price: 500 }],
  paymentMethods: [{ name: "Invoice", handler: { code: "dummy-payment-handler", arguments: [
    { name: "automaticSettle", value: "true" }] } }],
  collections: Array.from({ length: CATEGORIES }, (_, i) => ({ name: `Category ${i}`, filters: [
    { code: "facet-value-filter", args: { facetValueNames: [`c${i}`], containsAny: false } }] })),
};

const csv = (products) => ["name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory," +
  "stockOnHand,trackInventory,variantAssets,variantFacets"].concat(Array.from({ length: products }, (_, i) => {
  const words = [0, 7, 13].map((step) => WORDS[(i * 3 + step + Math.floor(i / 20)) % WORDS.length]);
  const text = `${words.join(" ")} ${i}`;
  return `${text},product-${i},"${`A ${text} for every day. `.repeat(8).trim()}",,category:c${i % CATEGORIES},,,SKU-${i},` +
    `${(5 + (i * 37) % 200).toFixed(2)},standard,1000,false,,`;
})).join("\n");

async function fill(products) {
  fs.writeFileSync("products.csv", csv(products));
  const app = await populate(() => bootstrap(config(true)), initial, "products.csv");
  await app.close();
  // Collections and the index of the search are made by the worker.
  const { app: worker } = await bootstrapWorker(config(false));
  await worker.get(JobQueueService).start();
  const context = await worker.get(RequestContextService).create({ apiType: "admin", languageCode: "en" });
  await worker.get(SearchService).reindex(context);
  const { DataSource } = shop("typeorm");
  const database = worker.get(DataSource);
  for (let pending = 1; pending > 0;) {
    await new Promise((after) => setTimeout(after, 500));
    [{ count: pending }] = await database.query(
      "SELECT count(*)::int FROM job_record WHERE state IN ('PENDING', 'RUNNING', 'RETRYING')");
  }
  await worker.close();
  process.exit(0);
}

async function serve() {
  if (cluster.isPrimary) {
    for (let i = 0; i < os.availableParallelism(); i += 1) cluster.fork();
    cluster.on("exit", () => process.exit(1));
  } else {
    await bootstrap(config(false));
    console.log("serving");
  }
}

if (process.argv[2] === "fill") fill(Number(process.argv[3] ?? 500)); else serve();
