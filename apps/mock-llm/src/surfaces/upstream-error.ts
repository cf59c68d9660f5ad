/** An error as a provider reports it; null fields are filled in as the imitated provider would. */
export interface UpstreamError {
  readonly status: number;
  readonly code: string | null;
  readonly type: string | null;
  readonly message: string | null;
  readonly param: string | null;
}

/** Which provider's headers and error bodies a path speaks. */
export type ProviderFamily = "openai" | "anthropic";

const noDetails = { code: null, type: null, message: null, param: null };

/** An error with the status's usual words, except for those given. */
export function upstreamError(
  status: number,
  details: Partial<Omit<UpstreamError, "status">> = {},
): UpstreamError {
  return { ...noDetails, ...details, status };
}
