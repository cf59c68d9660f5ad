import { readOrCreateClusterSecret } from "../admission/cluster-secret.ts";
import { createSecretHasher } from "../admission/secret-hasher.ts";
import type { GatewayOverrides } from "../compose.ts";
import { tellVaultEvent } from "../insight/tell-vault-event.ts";
import type { Insight } from "../insight/open-insight.ts";
import { openAdminSecrets } from "../vault/admin-secrets.ts";
import { createOwnPassword } from "../vault/own-password.ts";
import { createVaultService } from "../vault/vault-service.ts";
import type { Foundation } from "./open-foundation.ts";

/** The installation's secrets: what hashes keys, what administrators present, and the vault. */
export type Secrets = Awaited<ReturnType<typeof openSecrets>>;

/** @throws ConfigError when a secret file cannot be read or the configured secret does not open the vault. */
export async function openSecrets(
  stack: AsyncDisposableStack,
  {
    foundation,
    insight,
    derivation,
  }: {
    readonly foundation: Foundation;
    readonly insight: Insight;
    readonly derivation: GatewayOverrides["vaultDerivation"];
  },
) {
  const { product, database, redis, subscriber, keyspace, gatewayId, logger, now } = foundation;
  const clusterSecret = readOrCreateClusterSecret(product);
  const ownPassword = createOwnPassword(product.dataDirectory);
  const vault = stack.use(
    await createVaultService({
      product,
      ownPassword,
      database,
      redis,
      subscriber,
      keyspace,
      gatewayId,
      clusterSecret,
      logger,
      now,
      onEvent: (event) => tellVaultEvent((...told) => insight.tell(...told), { event, gatewayId }),
      derivation,
    }),
  );
  return {
    hasher: createSecretHasher(clusterSecret),
    adminSecrets: openAdminSecrets({ product, ownPassword }),
    vault,
  };
}
