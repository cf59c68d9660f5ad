import type { AdminAccess } from "./own-secrets.ts";

export interface BannerOptions {
  readonly url: string;
  readonly dataFolder: string;
  /** The key that the gateway made; null when the operator named the keys. */
  readonly apiKey: string | null;
  /** Null: not known. */
  readonly adminAccess: AdminAccess | null;
  /** Whether requests without a key are served. */
  readonly isOpen: boolean;
  /** Null: the server picks. */
  readonly trialModel: string | null;
}

/** What is printed once TokenHub answers: where it is, the key, and a line to try that works as it stands. */
export function banner({ url, dataFolder, apiKey, adminAccess, isOpen, trialModel }: BannerOptions): string {
  const model = trialModel === null ? {} : { model: trialModel };
  const body = JSON.stringify({ ...model, messages: [{ role: "user", content: "Hello" }] });
  const authorization = isOpen ? "" : ` -H "authorization: Bearer ${apiKey ?? "YOUR_KEY"}"`;
  const keyNote = isOpen ? "   (not needed here: requests without a key are served)" : "";
  return [
    "",
    `TokenHub is running at ${url}`,
    "",
    `  API docs  ${url}/docs`,
    `  API key   ${apiKey ?? "one of those you configured"}${keyNote}`,
    ...adminLines(adminAccess),
    `  Data      ${dataFolder}   (logs in its folder logs)`,
    "",
    "  Try it:",
    "",
    `  curl ${url}/v1/chat/completions -H "content-type: application/json"${authorization} -d '${body}'`,
    "",
    "Stop it with Ctrl-C.",
    "",
  ].join("\n");
}

/** The token itself is shown once; later the line says where it is. */
function adminLines(access: AdminAccess | null): string[] {
  if (access === null) return [];
  if (access.kind === "configured") return ["  Admin     with the token or password you configured"];
  const { file, newToken } = access;
  return newToken === null
    ? [`  Admin     token in ${file}`]
    : [`  Admin     token ${newToken}`, `            (shown only now; it is kept in ${file})`];
}

/** The address a person on this machine uses to reach a listener; an any-address listener is reached as localhost. */
export function reachableUrl({ host, port }: { host: string; port: number }): string {
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
