/** Prefixes of every kind of id; the rest is lower-case hexadecimal. */
export const idPrefixes = {
  request: "req_",
  job: "job_",
  run: "run_",
  response: "resp_",
  batch: "batch_",
  event: "evt_",
  key: "key_",
  gateway: "gw_",
} as const;
export type IdKind = keyof typeof idPrefixes;

/** Builds an id from random bytes the caller supplies (at least 12), e.g. `req_` + 24 hexadecimal digits. */
export function idFrom(kind: IdKind, randomBytes: Uint8Array): string {
  let hex = "";
  for (const byte of randomBytes) hex += byte.toString(16).padStart(2, "0");
  return idPrefixes[kind] + hex;
}
