import { PostgresDialect } from "kysely";
import { DatabaseError, errorCodeOf, type DatabaseProblem } from "./database-error.ts";

const defaultMaxConnections = 10;
const defaultConnectTimeoutMs = 5_000;
/** A query that takes longer hangs on a lost connection. */
const queryTimeoutMs = 30_000;
const int8TypeId = 20;

/**
 * A pool of PostgreSQL connections, one of which has been made already.
 * @throws DatabaseError when the server cannot be reached or refuses.
 */
export async function connectPostgres({
  url,
  maxConnections = defaultMaxConnections,
  connectTimeoutMs = defaultConnectTimeoutMs,
}: {
  readonly url: string;
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
}): Promise<PostgresDialect> {
  const { default: postgres } = await import("pg");
  const server = serverOf(url, (connectionString) => new postgres.Client({ connectionString }));
  const pool = new postgres.Pool({
    connectionString: url,
    application_name: "tokenhub",
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    types: {
      // The one place where bigint becomes a number: times, tokens and nano-dollars all stay below 2^53.
      getTypeParser: (typeId, format) =>
        typeId === int8TypeId && format !== "binary" ? Number : postgres.types.getTypeParser(typeId, format),
    },
  });
  // Without a listener a broken idle connection would end the process; the pool replaces it, and queries report the rest.
  pool.on("error", () => undefined);
  // The same for one in use whose query has ended with the loss already.
  pool.on("connect", (client) => client.on("error", () => undefined));
  try {
    (await pool.connect()).release();
    return new PostgresDialect({ pool });
  } catch (error) {
    await pool.end();
    throw new DatabaseError(problemOf(error, server), { cause: error });
  }
}

/** Host, port and database of an address, without user, password and parameters. */
function serverOf(url: string, createClient: (url: string) => ServerAddress): string {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new TypeError("another scheme");
    const { host, port, database = "" } = createClient(url);
    return host.startsWith("/") ? `${host}/${database}` : `${host}:${port}/${database}`;
  } catch {
    // Without a cause: the error of the parser holds the text, and that may hold a password.
    throw new DatabaseError({
      what: "The database cannot be opened",
      why: "its address is not a postgres:// URL",
      next: "write DATABASE_URL like postgres://user:password@host:5432/database, with special characters percent-encoded",
    });
  }
}

interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly database?: string | undefined;
}

function problemOf(error: unknown, server: string): DatabaseProblem {
  const code = errorCodeOf(error);
  const what = `The PostgreSQL database ${server} cannot be opened`;
  switch (code) {
    case "28P01":
    case "28000":
      return { what, why: "it refuses user and password", next: "correct the credentials in DATABASE_URL" };
    case "3D000":
      return {
        what,
        why: "the server has no database of that name",
        next: "create it, or correct DATABASE_URL",
      };
    case "53300":
      return {
        what,
        why: "the server has no connection left",
        next: "raise max_connections, or run fewer gateways",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { what, why: "its host name is not known", next: "correct the host in DATABASE_URL" };
    case "ECONNREFUSED":
    case "ENOENT":
      return {
        what,
        why: "nothing listens there",
        next: "start PostgreSQL, or correct host and port in DATABASE_URL",
      };
    default:
      return {
        what,
        why: code === "" ? "it does not answer" : `it failed with ${code}`,
        next: "check that PostgreSQL runs and that this machine can reach it",
      };
  }
}
