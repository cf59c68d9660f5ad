import type { TestNetwork } from "@tokenhub/testkit";
import { administer } from "../admin/admin-client.ts";

/** Keeps what the run needs as it was, and the rest small. */
export interface CatalogueKeeper {
  /** @returns the body of a success. */
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** What exists now is needed until the end. */
  remember(): Promise<void>;
  isNeeded(id: string): boolean;
  /** Takes away all but `keep` entries of each kind that are not needed, puts back what is, and offers some to requests. */
  restore(options: { readonly keep: number }): Promise<void>;
  /** The Cookie header of a signed-in browser. */
  readonly sessionCookie: string;
}

/** In the order in which they can be removed; each with the member that identifies an entry. */
const kinds = [
  ["aliases", "name"],
  ["models", "id"],
  ["providers", "id"],
  ["apikeys", "id"],
  ["projects", "id"],
  ["tenants", "id"],
  ["admin-tokens", "id"],
] as const;
const readOnlyMembers = new Set([
  "version",
  "created_at",
  "updated_at",
  "warnings",
  "has_key",
  "source",
  "context_source",
]);
const address = { "x-forwarded-for": "10.200.0.1" };

/** Entries that requests may find, change and remove: `fz-p-0` and so on, as generated bodies name them. */
const offered: readonly (readonly [path: string, body: (number: number) => object])[] = [
  ["/tenants", (number) => ({ id: `fz-t-${number}`, name: "offered" })],
  ["/projects", (number) => ({ id: `fz-j-${number}`, name: "offered", tenant_id: `fz-t-${number}` })],
  [
    "/models",
    (number) => ({
      id: `fz-m-${number}`,
      provider_id: "spare",
      weight: 1,
      cost_per_1k: 1,
      context_size: 4_096,
    }),
  ],
  ["/aliases", (number) => ({ name: `fz-a-${number}`, variants: [{ model_id: `fz-m-${number}` }] })],
];
const offeredOfAKind = 4;

type Entry = Readonly<Record<string, unknown>>;

export async function openCatalogueKeeper(network: TestNetwork): Promise<CatalogueKeeper> {
  const needed = new Map<string, ReadonlyMap<string, Entry>>();
  let routing: Entry = {};
  let sessionCookie = await signIn(network);

  const call: CatalogueKeeper["call"] = async (method, path, body) => {
    const { status, json, text } = await administer(network, method, `/admin/v1${path}`, {
      body,
      headers: address,
    });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
    return json as Record<string, unknown>;
  };
  const entriesOf = async ([kind, idName]: (typeof kinds)[number]): Promise<Map<string, Entry>> => {
    const { items } = (await call("GET", `/${kind}?limit=1000`)) as { items: Entry[] };
    return new Map(items.map((entry) => [String(entry[idName]), entry]));
  };

  async function remember(): Promise<void> {
    for (const kind of kinds) needed.set(kind[0], await entriesOf(kind));
    routing = withoutMeta(await call("GET", "/routing-config"));
  }

  async function restore({ keep }: { readonly keep: number }): Promise<void> {
    for (const kind of kinds) {
      const [name] = kind;
      const present = await entriesOf(kind);
      const extra = [...present.keys()].filter((id) => needed.get(name)?.has(id) !== true);
      // Somebody else may have removed it, or hold it; then it is tried again the next time.
      for (const id of extra.slice(0, Math.max(0, extra.length - keep)))
        await administer(network, "DELETE", `/admin/v1/${name}/${encodeURIComponent(id)}`, {
          headers: address,
        });
    }
    for (const kind of ["providers", "models", "aliases"] as const) await putBack(kind);
    await call("PUT", "/routing-config", routing);
    if (keep > 0) await offer(network);
    const { status } = await administer(network, "GET", "/admin/v1/info", {
      bearer: null,
      headers: { ...address, cookie: sessionCookie },
    });
    if (status !== 200) sessionCookie = await signIn(network);
  }

  async function putBack(kind: "providers" | "models" | "aliases"): Promise<void> {
    for (const [id, entry] of needed.get(kind) ?? []) {
      const path = `/${kind}/${encodeURIComponent(id)}`;
      const { status, json } = await administer(network, "GET", `/admin/v1${path}`, { headers: address });
      const wanted = withoutMeta(entry);
      if (status === 404) await call("POST", `/${kind}`, wanted);
      else if (JSON.stringify(withoutMeta(json as Entry)) !== JSON.stringify(wanted))
        await call("PUT", path, wanted);
    }
  }

  return {
    call,
    remember,
    restore,
    isNeeded: (id) => [...needed.values()].some((entries) => entries.has(id)),
    get sessionCookie() {
      return sessionCookie;
    },
  };
}

/** What is there already stays as it is. */
async function offer(network: TestNetwork): Promise<void> {
  const numbers = Array.from({ length: offeredOfAKind }, (_, index) => index);
  const { url } = network.mock;
  const provider = (number: number): object => ({
    id: `fz-p-${number}`,
    type: "openai-compatible",
    base_url: url,
  });
  for (const [path, body] of [["/providers", provider] as const, ...offered])
    for (const number of numbers)
      await administer(network, "POST", `/admin/v1${path}`, { headers: address, body: body(number) });
}

async function signIn(network: TestNetwork): Promise<string> {
  const { headers } = await administer(network, "POST", "/admin/v1/session", { headers: address });
  return headers.get("set-cookie")?.split(";")[0] ?? "";
}

function withoutMeta(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !readOnlyMembers.has(name)));
}
