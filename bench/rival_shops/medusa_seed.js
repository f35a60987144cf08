// Fills a Medusa shop to compare with, by Medusa's own workflows: `medusa exec ./medusa_seed.js PRODUCTS`. Prints its
// publishable key. Stock is not managed, so that no run sells it out.
const { ContainerRegistrationKeys, Modules, ProductStatus } = require("@medusajs/framework/utils");
const flows = require("@medusajs/medusa/core-flows");

const CATEGORIES = 20;
const BATCH = 100;
const WORDS = ["amber", "basket", "canvas", "dotted", "ember", "fabric", "garden", "harbor", "indigo", "jacket", "kettle",
  "linen", "marble", "nickel", "orchard", "pillow", "quartz", "ribbon", "saddle", "timber"];

function product(i, categories, channel, profile) {
  const words = [0, 7, 13].map((step) => WORDS[(i * 3 + step + Math.floor(i / 20)) % WORDS.length]);
  const text = `${words.join(" ")} ${i}`;
  return { title: text, handle: `product-${i}`, description: `A ${text} for every day. `.repeat(8).trim(),
    status: ProductStatus.PUBLISHED, category_ids: [categories[i % CATEGORIES].id], shipping_profile_id: profile.id,
    sales_channels: [{ id: channel.id }], options: [{ title: "Kind", values: ["One"] }],
    variants: [{ title: "One", sku: `SKU-${i}`, manage_inventory: false, options: { Kind: "One" },
      prices: [{ amount: 5 + (i * 37) % 200, currency_code: "eur" }] }] };
}

module.exports.default = async function seed({ container, args }) {
  const run = async (flow, input) => (await flow(container).run({ input })).result;
  const link = container.resolve(ContainerRegistrationKeys.LINK);
  const [channel] = await run(flows.createSalesChannelsWorkflow, { salesChannelsData: [{ name: "Shop" }] });
  const [region] = await run(flows.createRegionsWorkflow, { regions: [{ name: "Europe", currency_code: "eur",
    countries: ["de"], payment_providers: ["pp_system_default"] }] });
  await run(flows.createTaxRegionsWorkflow, [{ country_code: "de", provider_id: "tp_system" }]);
  const [location] = await run(flows.createStockLocationsWorkflow, { locations: [{ name: "Store",
    address: { city: "Berlin", country_code: "DE", address_1: "" } }] });
  await link.create({ [Modules.STOCK_LOCATION]: { stock_location_id: location.id },
    [Modules.FULFILLMENT]: { fulfillment_provider_id: "manual_manual" } });
  const [profile] = await run(flows.createShippingProfilesWorkflow, { data: [{ name: "All", type: "default" }] });
  const set = await container.resolve(Modules.FULFILLMENT).createFulfillmentSets({ name: "Delivery", type: "shipping",
    service_zones: [{ name: "Europe", geo_zones: [{ country_code: "de", type: "country" }] }] });
  await link.create({ [Modules.STOCK_LOCATION]: { stock_location_id: location.id },
    [Modules.FULFILLMENT]: { fulfillment_set_id: set.id } });
  await run(flows.createShippingOptionsWorkflow, [{ name: "Post", price_type: "flat", provider_id: "manual_manual",
    service_zone_id: set.service_zones[0].id, shipping_profile_id: profile.id,
    type: { label: "Post", description: "Two days.", code: "post" }, prices: [{ currency_code: "eur", amount: 5 }],
    rules: [{ attribute: "enabled_in_store", value: "true", operator: "eq" },
      { attribute: "is_return", value: "false", operator: "eq" }] }]);
  await run(flows.linkSalesChannelsToStockLocationWorkflow, { id: location.id, add: [channel.id] });
  const [key] = await run(flows.createApiKeysWorkflow, { api_keys: [{ title: "Shop", type: "publishable", created_by: "" }] });
  await run(flows.linkSalesChannelsToApiKeyWorkflow, { id: key.id, add: [channel.id] });
  const categories = await run(flows.createProductCategoriesWorkflow, { product_categories:
    Array.from({ length: CATEGORIES }, (_, i) => ({ name: `Category ${i}`, is_active: true })) });
  const products = Number(args[0] ?? 500);
  for (let from = 0; from < products; from += BATCH) {
    await run(flows.createProductsWorkflow, { products: Array.from({ length: Math.min(BATCH, products - from) },
      (_, i) => product(from + i, categories, channel, profile)) });
  }
  console.log(`region ${region.id}\npublishable key ${key.token}`);
};
