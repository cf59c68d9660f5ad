import { loadConfigFile } from "@tokenhub/config";
import { compose as composeMockLlm, defaultConfig } from "@tokenhub/mock-llm";
import { freePort, startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");
/** What the documents write for the address that `npm start` prints. */
export const documentedUrl = "http://127.0.0.1:8080";
/** What they write for a receiver of webhooks; programs that are one listen at `PORT`. */
export const documentedReceiver = "https://example.com/webhooks";

export interface DocsNetwork extends AsyncDisposable {
  readonly network: TestNetwork;
  /** Variables that the documents' commands use. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the commands run: the data folder lies there as `data`, as it does for `npm start`. */
  readonly directory: string;
  /** A text of a document, with this network's address and its receiver's in it. */
  readonly localise: (text: string) => string;
}

/** The product as the documents assume it: the example configuration, providers that answer, secrets of its own making. */
export async function startDocsNetwork(redisUrl: string): Promise<DocsNetwork> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await composeMockLlm({ ...defaultConfig, port: 0 }));
  const file = await loadConfigFile(join(root, "config/config.example.yaml"), { required: true });
  if (file === null) throw new Error("The example configuration is missing.");
  const { listen_addr: _address, ...config } = file.raw as Record<string, unknown>;
  const network = stack.use(
    await startTestNetwork({
      redisUrl,
      config,
      env: {
        TOKENHUB_AUTH: "open",
        TOKENHUB_OPENAI_BASE_URL: upstream.url,
        TOKENHUB_ANTHROPIC_BASE_URL: upstream.url,
        OPENAI_API_KEY: "sk-of-the-documents-openai",
        ANTHROPIC_API_KEY: "sk-of-the-documents-anthropic",
      },
    }),
  );
  // What a model says to the example that asks for JSON.
  upstream.plan("gpt-4", { text: '{"city": "Paris"}' });
  const directory = await mkdtemp(join(tmpdir(), "tokenhub-documents-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  await symlink(network.dataDirectory, join(directory, "data"));
  const secret = async (name: string): Promise<string> =>
    (await readFile(join(network.dataDirectory, name), "utf8")).trim();
  const receiverPort = String(await freePort());
  const env = {
    PORT: receiverPort,
    TOKENHUB_KEY: network.apiKey,
    TOKENHUB_ADMIN_TOKEN: await secret("admin-token"),
    TOKENHUB_ADMIN_PASSWORD: await secret("vault-password"),
  };
  const resources = stack.move();
  return {
    network,
    env,
    directory,
    localise: (text) =>
      text
        .replaceAll(documentedUrl, network.url)
        .replaceAll(documentedReceiver, `http://127.0.0.1:${receiverPort}/webhooks`),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
