import type { JobRepository, WebhookDeliveryRepository } from "@tokenhub/persistence";
import type { LetterDeps } from "../../../dead-letters/replay-letters.ts";
import type { KeyNames } from "../../../insight/key-names.ts";

export interface LetterRouteDeps extends LetterDeps {
  readonly jobs: JobRepository;
  readonly deliveries: Pick<WebhookDeliveryRepository, "page">;
  readonly keyNames: KeyNames;
}
