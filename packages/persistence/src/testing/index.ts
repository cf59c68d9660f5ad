/** For tests of whoever keeps something in the database: the same cases on every engine, and facts to record. */
export * from "./build-fact.ts";
export * from "./build-job.ts";
export * from "./describe-databases.ts";
export * from "./build-run.ts";
