import { TokenHubError } from "@tokenhub/contracts";
import {
  builtInTenantIds,
  createApiKeyRepository,
  createProjectRepository,
  createTenantRepository,
  type Database,
  type JobSchedule,
} from "@tokenhub/persistence";
import type { CreateSchedule } from "./schedule-form.ts";

/**
 * Whose schedule it is to be: that of a key, or of a tenant without one.
 * @throws TokenHubError `invalid_request` for a key, tenant or project that is not there, or is another's.
 */
export async function ownerOfSchedule(
  db: Database["db"],
  { key_id: keyId, tenant_id, project_id }: Pick<CreateSchedule, "key_id" | "tenant_id" | "project_id">,
): Promise<Pick<JobSchedule, "tenantId" | "projectId" | "keyId">> {
  if (keyId != null) {
    const key = (await createApiKeyRepository(db).get(keyId))?.entry;
    if (key === undefined || (tenant_id ?? key.tenantId) !== key.tenantId)
      throw missing("key_id", "There is no API key of this id, or it is another tenant's.");
    if ((project_id ?? key.projectId) !== key.projectId)
      throw missing("project_id", "The API key belongs to another project. Leave `project_id` out.");
    return { tenantId: key.tenantId, projectId: key.projectId, keyId };
  }
  const tenantId = tenant_id ?? builtInTenantIds.default;
  if ((await createTenantRepository(db).get(tenantId)) === null)
    throw missing("tenant_id", "There is no tenant of this id.");
  if (project_id == null) return { tenantId, projectId: null, keyId: null };
  const project = await createProjectRepository(db).get(project_id);
  if (project?.entry.tenantId !== tenantId)
    throw missing("project_id", "This tenant has no project of this id.");
  return { tenantId, projectId: project_id, keyId: null };
}

function missing(param: string, message: string): TokenHubError {
  return new TokenHubError("invalid_request", message, { param });
}
