import { environmentAddressOf } from "@tokenhub/config";
import { loadProviderModules } from "@tokenhub/providers";
import { followCatalogue } from "@tokenhub/queue";
import { createCatalogueService } from "../catalogue/catalogue-service.ts";
import { createCatalogueStore } from "../catalogue/catalogue-store.ts";
import type { GatewayConfig } from "../config.ts";
import { createPriceCatalogue, noPriceCatalogue } from "../prices/price-catalogue.ts";
import { openRoutingSettings } from "../routing-settings/routing-settings-service.ts";
import type { Foundation } from "./open-foundation.ts";

const catalogueCheckMs = 5_000;

/** The catalogue, the prices that fill it, and what routing does by default; all kept in step with the other gateways. */
export type CatalogueParts = Awaited<ReturnType<typeof openCatalogue>>;

/** Stores and publishes the configuration's catalogue, and follows what others publish. */
export async function openCatalogue(
  stack: AsyncDisposableStack,
  { foundation, config }: { readonly foundation: Foundation; readonly config: GatewayConfig },
) {
  const { product, db, redis, subscriber, keyspace, events, now } = foundation;
  const onError = events.redisTrouble;
  const prices = product.priceCatalogue ? createPriceCatalogue({ now }) : noPriceCatalogue;
  const addressOf = (providerId: string): string | null =>
    environmentAddressOf(product.providerAddresses, providerId);
  const catalogue = createCatalogueService({
    store: createCatalogueStore(db, { now, prices, environmentAddressOf: addressOf }),
    redis,
    keyspace,
    environmentAddressOf: addressOf,
    onError,
  });
  await loadProviderModules(product.customProviders, { baseDirectory: "." });
  await catalogue.apply(product);
  // A Redis that lost its data, in a restart or while it ran, has no catalogue; new workers would wait for ever.
  redis.on("ready", () => void catalogue.republish().catch(onError));
  const check = setInterval(() => void catalogue.repair().catch(onError), catalogueCheckMs);
  stack.defer(() => clearInterval(check));
  stack.use(
    await followCatalogue({ subscriber, reader: redis, keyspace, onChange: catalogue.adopt, onError }),
  );
  const routingSettings = stack.use(
    await openRoutingSettings({
      db,
      configured: product.routing,
      fromEnvironment: config.routingFromEnvironment ?? new Set(),
      redis,
      subscriber,
      keyspace,
      now,
      onError,
    }),
  );
  return { prices, catalogue, routingSettings };
}
