import type { ImportCredential } from "@tokenhub/vault";
import { z } from "zod";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { vaultCall } from "./vault-call.ts";
import type { VaultRouteDeps } from "./vault-route-deps.ts";

const tag = "vault";
const importSchema = z
  .object({
    /** An export as JSON, or as the text of one. */
    source: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
    password: z.string().min(1).max(1_024).optional(),
    key: z.string().min(1).max(1_024).optional(),
    existing: z.enum(["replace", "keep"]).default("replace"),
  })
  .refine(({ password, key }) => (password === undefined) !== (key === undefined), {
    message:
      "give either the password the export was made under, or key, the raw key of a generation B export",
    path: ["password"],
  });
type ImportBody = z.infer<typeof importSchema>;

/** Taking the whole vault out, sealed, and taking in that of another installation or an older generation. */
export function transferRoutes({ vault }: Pick<VaultRouteDeps, "vault">): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/vault/export",
      summary: "The whole vault, sealed; it opens with the password the vault has now.",
      tag,
      role: "admin",
      action: "vault.export",
      handle: async ({ audit }) => {
        const exported = await vaultCall(() => vault.vault.export());
        const detail = { entries: exported.entries.length };
        await audit.record({ resourceKind: tag, resourceId: null, detail });
        return reply(exported);
      },
    }),
    adminRoute<ImportBody>({
      method: "post",
      path: "/vault/import",
      summary: "Takes over all secrets of an export of this or an older generation, sealed anew, or none.",
      tag,
      role: "admin",
      bodySchema: importSchema as z.ZodType<ImportBody>,
      action: "vault.import",
      handle: (call) => importVault({ vault }, call),
    }),
  ];
}

async function importVault(
  { vault }: Pick<VaultRouteDeps, "vault">,
  { body, audit }: AdminCall<ImportBody>,
): Promise<AdminReply> {
  const { source, existing } = body;
  const result = await vaultCall(() =>
    vault.vault.import({ source, credential: credentialOf(body), existing }),
  );
  await vault.settled();
  const detail = { format: result.format, imported: result.imported.length, kept: result.kept.length };
  await audit.record({ resourceKind: tag, resourceId: null, detail });
  return reply({ ok: true, ...result });
}

function credentialOf({ password, key }: ImportBody): ImportCredential {
  return password === undefined ? { rawKeyHex: key ?? "" } : { password };
}
