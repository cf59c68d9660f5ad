import { expect, test } from "vitest";
import { resolveProductConfig } from "./resolve-product-config.ts";

test("a file for the cluster secret may be named before the gateway has made it", () => {
  const env = { TOKENHUB_CLUSTER_SECRET_FILE: "/nowhere/cluster-secret" };
  expect(resolveProductConfig({ file: null, env })).toMatchObject({
    clusterSecret: null,
    clusterSecretFile: "/nowhere/cluster-secret",
  });
});
