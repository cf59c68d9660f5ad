import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { inject } from "vitest";
import { adminEnvironment, administer, type AdminAnswer, type AdminQuestion } from "../admin/admin-client.ts";
import { askerOf, type Ask } from "./job-client.ts";

/** The product with a client of its jobs and one of their administration. */
export interface JobAdmin extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly ask: Ask;
  /** Calls the administration below `/admin/v1`. */
  readonly admin: (method: string, path: string, question?: AdminQuestion) => Promise<AdminAnswer>;
  /** A new bearer of a role. */
  readonly tokenOf: (role: string) => Promise<string>;
}

export async function openJobAdmin(): Promise<JobAdmin> {
  const network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
  const admin: JobAdmin["admin"] = (method, path, question) =>
    administer(network, method, `/admin/v1${path}`, question);
  return {
    network,
    ask: askerOf(network),
    admin,
    async tokenOf(role) {
      const { json } = await admin("POST", "/admin-tokens", { body: { name: `a ${role}`, role } });
      return json.token;
    },
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}
