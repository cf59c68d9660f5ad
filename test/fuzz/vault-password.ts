import type { SentRequest } from "./request-sender.ts";

/** The password the vault has after this request succeeded; null when it did not change it. */
export function passwordOf({ operation, method, path, body }: SentRequest): string | null {
  if (operation !== "POST /admin/v1/vault/rotate" || method !== "POST" || !path.includes("rotate"))
    return null;
  const { new_password: password } = JSON.parse(body?.toString() ?? "{}") as { new_password?: unknown };
  return typeof password === "string" ? password : null;
}
