import { providerIdSchema } from "@tokenhub/contracts";
import { createProviderRepository } from "@tokenhub/persistence";
import { z } from "zod";
import { adminRoute, reply, type AdminRoute } from "../../admin/admin-route.ts";
import type { CatalogueAdminDeps } from "../../admin/routes/catalogue/catalogue-deps.ts";
import { plainProvider } from "../../admin/routes/catalogue/provider-from-body.ts";
import { createProvider, draftOf, updateProvider } from "../../admin/routes/catalogue/save-provider.ts";
import { legacyBodySchema, readLegacyForm, type LegacyBody } from "./legacy-form.ts";

const formSchema = z.object({
  name: providerIdSchema,
  provider_type: z.string().trim().min(1).max(64),
  api_key: z.string().trim().min(1).max(8_192),
  base_url: z.string().trim().max(2_000).optional(),
});
const required = ["name", "provider_type", "api_key"];

/** `/admin/providers` of the first generation. */
export function legacyProviderRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/providers",
      summary: "List the names of the providers",
      tag: "legacy",
      role: "viewer",
      action: null,
      async handle() {
        const providers = await createProviderRepository(deps.db).list();
        return reply({ providers: providers.map(({ entry }) => entry.id) });
      },
    }),
    adminRoute<LegacyBody>({
      method: "post",
      path: "/providers",
      summary: "Add a provider, or give one another key: `name`, `provider_type`, `api_key`",
      tag: "legacy",
      role: "operator",
      bodySchema: legacyBodySchema,
      action: "provider.add",
      async handle(call) {
        const {
          name,
          provider_type: type,
          ...given
        } = readLegacyForm(formSchema, { body: call.body, required });
        const form = { type, ...given };
        const isKnown = (await createProviderRepository(deps.db).get(name)) !== null;
        if (isKnown) await updateProvider(deps, { id: name, form, call, isReplacement: false });
        else {
          const entry = draftOf(deps, form, plainProvider(name, type));
          await createProvider(deps, { entry, key: { kind: "set", key: given.api_key }, call });
        }
        return reply({ message: "Provider added successfully" });
      },
    }),
  ];
}
