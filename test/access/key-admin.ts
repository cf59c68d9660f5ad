import { adminEnvironment, administer } from "../admin/admin-client.ts";

export { adminEnvironment };

export interface CreatedKey {
  readonly id: string;
  /** The secret. */
  readonly key: string;
  readonly [field: string]: unknown;
}

/** The administration of keys, tenants and projects through one gateway. */
export interface KeyAdmin {
  /** @returns the body of a success. */
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Creates a key that may do everything unless told otherwise; it works on this gateway at once. */
  createKey(body?: Record<string, unknown>): Promise<CreatedKey>;
}

export function keyAdminOf(gateway: { readonly url: string }): KeyAdmin {
  const call: KeyAdmin["call"] = async (method, path, body) => {
    const { status, json, text } = await administer(gateway, method, `/admin/v1${path}`, { body });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return json as Record<string, unknown>;
  };
  return {
    call,
    createKey: async (body = {}) =>
      (await call("POST", "/apikeys", { name: "test", scopes: [], ...body })) as CreatedKey,
  };
}
