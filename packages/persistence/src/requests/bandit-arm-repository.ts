import { banditArmSchema, type BanditArm } from "@tokenhub/contracts";
import type { Kysely, Selectable } from "kysely";
import { insertRows } from "../insert-rows.ts";
import { parseContent } from "../read-row.ts";
import type { RequestTables } from "../schema/request-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { storableText } from "../storable-text.ts";
import { transaction } from "../transaction.ts";
import type { RewardEntry } from "./reward-repository.ts";

/** Gives the arm after more rewards, oldest first. */
export type ArmUpdate = (arm: BanditArm, rewards: readonly RewardEntry[]) => BanditArm;

export interface BanditArmRepository {
  /** By model and bucket; an arm that is missing stands at Beta(1, 1). */
  readonly list: () => Promise<BanditArm[]>;
  /** Makes the arms exactly these, e.g. after learning anew from the kept rewards. */
  readonly replaceAll: (arms: readonly BanditArm[]) => Promise<void>;
}

/** @param db a database, or a transaction to take part in. */
export function createBanditArmRepository(db: Kysely<Schema>): BanditArmRepository {
  return {
    async list() {
      const rows = await db
        .selectFrom("bandit_arms")
        .selectAll()
        .orderBy("model_id")
        .orderBy("token_bucket")
        .execute();
      return rows.map(fromRow);
    },
    replaceAll: (arms) =>
      transaction(db, async (begun) => {
        await begun.deleteFrom("bandit_arms").execute();
        await insertRows(begun, { table: "bandit_arms", rows: arms.map(toRow), clause: "" });
      }),
  };
}

/** Writing the same value locks the row in both databases and gives it back. */
const lock = `on conflict (model_id, token_bucket) do update set alpha = bandit_arms.alpha returning *`;
const put = `on conflict (model_id, token_bucket) do update set
  alpha = excluded.alpha, beta = excluded.beta, updated_at_ms = excluded.updated_at_ms`;

/** Lets every arm learn from its rewards. Must run in a transaction; two of them take turns, so that none is lost. */
export async function updateArms(
  begun: Kysely<Schema>,
  { rewards, update }: { readonly rewards: readonly RewardEntry[]; readonly update: ArmUpdate },
): Promise<void> {
  const byArm = new Map<string, RewardEntry[]>();
  for (const reward of rewards.toSorted((left, right) => left.timestampMs - right.timestampMs)) {
    const key = keyOf(reward);
    const known = byArm.get(key);
    if (known === undefined) byArm.set(key, [reward]);
    else known.push(reward);
  }
  const first = [...byArm].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const locked = await insertRows<"bandit_arms", ArmRow>(begun, {
    table: "bandit_arms",
    rows: first.flatMap(([, [reward]]) =>
      reward === undefined
        ? []
        : [
            toRow({
              modelId: reward.modelId,
              tokenBucket: reward.tokenBucket,
              alpha: 1,
              beta: 1,
              updatedAtMs: reward.timestampMs,
            }),
          ],
    ),
    clause: lock,
  });
  const updated = locked.map(fromRow).map((arm) => update(arm, byArm.get(keyOf(arm)) ?? []));
  await insertRows(begun, { table: "bandit_arms", rows: updated.map(toRow), clause: put });
}

type ArmRow = Selectable<RequestTables["bandit_arms"]>;

function keyOf({ modelId, tokenBucket }: Pick<BanditArm, "modelId" | "tokenBucket">): string {
  return `${tokenBucket} ${storableText(modelId)}`;
}

function toRow(arm: BanditArm): ArmRow {
  return {
    model_id: storableText(arm.modelId),
    token_bucket: arm.tokenBucket,
    alpha: arm.alpha,
    beta: arm.beta,
    updated_at_ms: Math.round(arm.updatedAtMs),
  };
}

function fromRow(row: ArmRow): BanditArm {
  return parseContent(banditArmSchema, {
    table: "bandit_arms",
    id: `${row.model_id} ${row.token_bucket}`,
    value: {
      modelId: row.model_id,
      tokenBucket: row.token_bucket,
      alpha: row.alpha,
      beta: row.beta,
      updatedAtMs: row.updated_at_ms,
    },
  });
}
