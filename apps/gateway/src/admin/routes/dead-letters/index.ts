import { adminRoute, type AdminRoute } from "../../admin-route.ts";
import type { LetterRouteDeps } from "./letter-deps.ts";
import {
  deliveryQuerySchema,
  discardManySchema,
  discardSchema,
  letterQuerySchema,
  replayManySchema,
  replaySchema,
  tenantQuerySchema,
  type DeliveryQuery,
  type Discard,
  type DiscardMany,
  type LetterQuery,
  type Replay,
  type ReplayMany,
  type TenantQuery,
} from "./letter-form.ts";
import { countOpenLetters, listGivenUpDeliveries, listLetters, showLetter } from "./read-letters.ts";
import { discardMany, discardOne, replayMany, replayOne } from "./write-letters.ts";

const tag = "dead letters";

/** What failed for good, below `/admin/v1/dead-letters`: looked into, sent again, or discarded. */
export function deadLetterRoutes(deps: LetterRouteDeps): AdminRoute[] {
  return [...readRoutes(deps), ...writeRoutes(deps)];
}

/** Fixed paths come first: below them any word is an id. */
function readRoutes(deps: LetterRouteDeps): AdminRoute[] {
  const read = { method: "get", tag, role: "viewer", action: null } as const;
  return [
    adminRoute<undefined, LetterQuery>({
      ...read,
      path: "/dead-letters",
      summary: "Lists jobs that failed for good and nobody has dealt with, newest first.",
      querySchema: letterQuerySchema,
      handle: ({ query }) => listLetters(deps, query),
    }),
    adminRoute<undefined, TenantQuery>({
      ...read,
      path: "/dead-letters/counts",
      summary: "Counts open letters by class of failure, and webhook deliveries that were given up.",
      querySchema: tenantQuerySchema,
      handle: ({ query }) => countOpenLetters(deps, query),
    }),
    adminRoute<undefined, DeliveryQuery>({
      ...read,
      path: "/dead-letters/webhook-deliveries",
      summary: "Lists webhook deliveries that were given up, newest first.",
      querySchema: deliveryQuerySchema,
      handle: ({ query }) => listGivenUpDeliveries(deps, query),
    }),
  ];
}

function writeRoutes(deps: LetterRouteDeps): AdminRoute[] {
  const write = { method: "post", tag, role: "operator" } as const;
  const one = "/dead-letters/:id";
  return [
    adminRoute<ReplayMany>({
      ...write,
      path: "/dead-letters/replay",
      summary: "Sends letters again, by ids or by what they are like; each says what became of it.",
      bodySchema: replayManySchema,
      action: "dead_letter.replay",
      handle: (call) => replayMany(deps, call),
    }),
    adminRoute<DiscardMany>({
      ...write,
      path: "/dead-letters/discard",
      summary: "Discards letters, by ids or by what they are like.",
      bodySchema: discardManySchema,
      action: "dead_letter.discard",
      handle: (call) => discardMany(deps, call),
    }),
    adminRoute({
      method: "get",
      path: one,
      summary: "Shows a letter with its attempts, failures and decisions; texts to operators only.",
      tag,
      role: "viewer",
      action: null,
      handle: (call) => showLetter(deps, call),
    }),
    adminRoute<Replay>({
      ...write,
      path: `${one}/replay`,
      summary: "Sends a letter again as a new job, with another model if asked, within its owner's budgets.",
      bodySchema: replaySchema,
      action: "dead_letter.replay",
      handle: (call) => replayOne(deps, call),
    }),
    adminRoute<Discard>({
      ...write,
      path: `${one}/discard`,
      summary: "Discards a letter: nobody will send it again.",
      bodySchema: discardSchema,
      action: "dead_letter.discard",
      handle: (call) => discardOne(deps, call),
    }),
  ];
}
