import { TokenHubError } from "@tokenhub/contracts";
import { createRequestLogRepository, type Database, type RequestLogEntry } from "@tokenhub/persistence";

/** @throws TokenHubError `not_found` */
export async function foundRequest(db: Database["db"], requestId: string): Promise<RequestLogEntry> {
  const entry = await createRequestLogRepository(db).get(requestId);
  if (entry !== null) return entry;
  throw new TokenHubError(
    "not_found",
    "No finished request of this id is recorded. One that has just ended appears within a second or two.",
    { param: "id" },
  );
}
