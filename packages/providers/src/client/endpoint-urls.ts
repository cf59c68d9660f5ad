import type { CatalogueProvider } from "@tokenhub/contracts";

type Addressed = Pick<CatalogueProvider, "baseUrl" | "options">;

/**
 * Where a provider is reached: its base URL and those of the option `endpoints`; without any, the type's default. Empty
 * when there is none either.
 */
export function endpointsOf(
  provider: Addressed,
  { defaultBaseUrl }: { defaultBaseUrl: string | null },
): readonly string[] {
  const urls = endpointUrls(endpointSource(provider));
  if (urls.length > 0) return urls;
  return defaultBaseUrl === null ? [] : [defaultBaseUrl];
}

/** What the addresses are read from: it changes when they do. */
export function endpointSource({ baseUrl, options }: Addressed): string {
  return `${baseUrl ?? ""},${options["endpoints"] ?? ""}`;
}

/** The different URLs of a comma list, in order, without blanks and trailing slashes. */
export function endpointUrls(list: string): string[] {
  const urls = list.split(",").map((url) => url.trim().replace(/\/{1,8}$/, ""));
  return [...new Set(urls.filter((url) => url !== ""))];
}
