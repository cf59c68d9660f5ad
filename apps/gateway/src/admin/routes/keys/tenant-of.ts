import { TokenHubError } from "@tokenhub/contracts";
import { builtInTenantIds, createProjectRepository, createTenantRepository } from "@tokenhub/persistence";
import type { AccessDatabase } from "../../../access/access-store.ts";

/**
 * The tenant of a key: the stated one, else that of its project, else the default.
 * @throws TokenHubError `invalid_request` when tenant or project do not exist or do not belong together.
 */
export async function tenantOf(
  transaction: AccessDatabase,
  { stated, projectId }: { readonly stated: string | undefined; readonly projectId: string | null },
): Promise<string> {
  const project = projectId === null ? null : await createProjectRepository(transaction).get(projectId);
  if (projectId !== null && project === null)
    throw new TokenHubError("invalid_request", "There is no project of this id.", { param: "project_id" });
  const tenantId = stated ?? project?.entry.tenantId ?? builtInTenantIds.default;
  if ((await createTenantRepository(transaction).get(tenantId)) === null)
    throw new TokenHubError("invalid_request", "There is no tenant of this id.", { param: "tenant_id" });
  if (project !== null && project.entry.tenantId !== tenantId)
    throw new TokenHubError("invalid_request", "The project belongs to another tenant.", {
      param: "project_id",
    });
  return tenantId;
}
