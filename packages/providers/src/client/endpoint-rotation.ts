import type { CatalogueProvider } from "@tokenhub/contracts";

const avoidUnreachableForMs = 5_000;

interface ProviderEndpoints {
  readonly source: string;
  readonly urls: readonly string[];
  next: number;
}

/**
 * Spreads the calls of a provider over its endpoints (option `endpoints`, a comma list beside the base URL), one after
 * the other. An endpoint that could not be reached is left out for five seconds, unless all of them are.
 */
export class EndpointRotation {
  readonly #byProvider = new Map<string, ProviderEndpoints>();
  readonly #avoidUntilMs = new Map<string, number>();

  /** The base URL for the next call; null when none is configured and the type has no default. */
  next(
    provider: CatalogueProvider,
    { defaultBaseUrl, nowMs }: { defaultBaseUrl: string | null; nowMs: number },
  ): string | null {
    const list = provider.options["endpoints"];
    if (list === undefined || list === "") return provider.baseUrl ?? defaultBaseUrl;
    const endpoints = this.#endpointsOf(provider, { list });
    for (let tried = 0; tried < endpoints.urls.length; tried += 1) {
      const url = takeNext(endpoints);
      if (url !== null && (this.#avoidUntilMs.get(url) ?? 0) <= nowMs) return url;
    }
    return takeNext(endpoints) ?? defaultBaseUrl;
  }

  reportUnreachable(baseUrl: string, { nowMs }: { nowMs: number }): void {
    this.#avoidUntilMs.set(baseUrl, nowMs + avoidUnreachableForMs);
  }

  #endpointsOf(provider: CatalogueProvider, { list }: { list: string }): ProviderEndpoints {
    const source = `${provider.baseUrl ?? ""},${list}`;
    const known = this.#byProvider.get(provider.id);
    if (known?.source === source) return known;
    for (const url of known?.urls ?? []) this.#avoidUntilMs.delete(url);
    const read: ProviderEndpoints = { source, urls: endpointUrls(source), next: 0 };
    this.#byProvider.set(provider.id, read);
    return read;
  }
}

/** The different URLs of a comma list, in order, without blanks and trailing slashes. */
export function endpointUrls(list: string): string[] {
  const urls = list.split(",").map((url) => url.trim().replace(/\/{1,8}$/, ""));
  return [...new Set(urls.filter((url) => url !== ""))];
}

function takeNext(endpoints: ProviderEndpoints): string | null {
  const url = endpoints.urls[endpoints.next % endpoints.urls.length];
  endpoints.next = (endpoints.next + 1) % Math.max(1, endpoints.urls.length);
  return url ?? null;
}
