/** Prefixes of every kind of id; the rest is lower-case hexadecimal. */
export const idPrefixes = {
  request: "req_",
  job: "job_",
  run: "run_",
  response: "resp_",
  batch: "batch_",
  messageBatch: "msgbatch_",
  file: "file-",
  webhookEndpoint: "we_",
  webhookDelivery: "whd_",
  schedule: "sch_",
  event: "evt_",
  key: "key_",
  adminToken: "adm_",
  tenant: "ten_",
  project: "prj_",
  gateway: "gw_",
} as const;
export type IdKind = keyof typeof idPrefixes;

/** Builds an id from a random UUID the caller supplies, e.g. `req_` + 32 hexadecimal digits. */
export function idFrom(kind: IdKind, uuid: string): string {
  return idPrefixes[kind] + uuid.replaceAll("-", "");
}
