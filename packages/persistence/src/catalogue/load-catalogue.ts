import type { Catalogue } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { createAliasRepository } from "./alias-repository.ts";
import { createModelRepository } from "./model-repository.ts";
import { createProviderRepository } from "./provider-repository.ts";
import type { Schema } from "../schema/schema.ts";

/**
 * The whole catalogue at one moment, as workers receive it. Its version rises with every change that was ever made.
 * @throws DatabaseError when a row cannot be read.
 */
export async function loadCatalogue(db: Kysely<Schema>): Promise<Catalogue> {
  if (db.isTransaction) return read(db);
  return db.transaction().setIsolationLevel("repeatable read").execute(read);
}

async function read(db: Kysely<Schema>): Promise<Catalogue> {
  const { version } = await db.selectFrom("catalogue_version").select("version").executeTakeFirstOrThrow();
  const providers = await createProviderRepository(db).list();
  const models = await createModelRepository(db).list();
  const aliases = await createAliasRepository(db).list();
  return {
    v: 1,
    version,
    providers: providers.map(({ entry }) => entry),
    models: models.map(({ entry }) => entry),
    aliases: aliases.map(({ entry }) => entry),
  };
}
