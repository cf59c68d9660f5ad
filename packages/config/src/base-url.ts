import { ConfigError } from "./config-error.ts";

/**
 * One form for every way of writing a provider's address: absolute http(s), without trailing slashes and without a final
 * `/v1`, so that `http://host:8000`, `http://host:8000/` and `http://host:8000/v1/` reach the same upstream path.
 * @param name how the setting is called in the message of an error.
 * @throws ConfigError when it is not such a URL, or carries credentials, a query or a fragment.
 */
export function normaliseBaseUrl(
  text: string,
  { name = "base_url" }: { readonly name?: string } = {},
): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ConfigError(
      `${name} is not an absolute URL; write it like https://api.example.com or http://localhost:8000.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigError(
      `${name} contains a user name or password; remove it and give the key with api_key_env instead.`,
    );
  }
  if (url.search !== "" || url.hash !== "") {
    throw new ConfigError(`${name} contains a query or a fragment; keep only scheme, host, port and path.`);
  }
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "").replace(/\/+$/, "");
  return url.origin + path;
}
