/** A place in the path of a job at which a process is killed. */
export interface AsyncKillPoint {
  readonly name: string;
  readonly app: "gateway" | "webhook-worker";
  /** At a command that Redis is sent, or at a statement of the gateway's SQLite database. */
  readonly at: "redis" | "sql";
  /** Text that only this command or statement carries. */
  readonly text: string;
  /** `before` it is made; `after` it is carried out, and before its process goes on. */
  readonly when: "before" | "after";
  /** Whether the client may be left without an answer to its submission. */
  readonly isUnheard?: boolean;
}

/** What a death costs at each: no call at the provider beyond one per job, and no event under two ids. */
export const asyncKillPoints: readonly AsyncKillPoint[] = [
  {
    name: "gateway: before a job is in the database",
    app: "gateway",
    at: "sql",
    text: `insert into jobs (`,
    when: "before",
    isUnheard: true,
  },
  {
    name: "gateway: a job is in the database, and its client was not told",
    app: "gateway",
    at: "sql",
    text: `insert into jobs (`,
    when: "after",
    isUnheard: true,
  },
  {
    name: "gateway: a job is claimed, and its request was not sent",
    app: "gateway",
    at: "redis",
    text: ":body:req_",
    when: "before",
  },
  {
    name: "gateway: a job's request was sent, and nobody here knows",
    app: "gateway",
    at: "redis",
    text: ":body:req_",
    when: "after",
  },
  {
    name: "gateway: the result is in Redis, and the job has not ended",
    app: "gateway",
    at: "sql",
    text: `insert into job_answers (`,
    when: "before",
  },
  {
    name: "gateway: the job has ended, and its webhooks were not sent",
    app: "gateway",
    at: "sql",
    text: `insert into job_answers (`,
    when: "after",
  },
  {
    name: "gateway: a delivery is claimed, and no worker has it",
    app: "gateway",
    at: "redis",
    text: `"deliveryId"`,
    when: "before",
  },
  {
    name: "gateway: a worker has a delivery, and nobody here knows",
    app: "gateway",
    at: "redis",
    text: `"deliveryId"`,
    when: "after",
  },
  {
    name: "webhook worker: the receiver has the event, and nobody was told",
    app: "webhook-worker",
    at: "redis",
    text: "webhook-attempted",
    when: "before",
  },
  {
    name: "webhook worker: its report is in Redis, and its job is not done",
    app: "webhook-worker",
    at: "redis",
    text: "webhook-attempted",
    when: "after",
  },
];
