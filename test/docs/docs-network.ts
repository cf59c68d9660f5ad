import { loadConfigFile } from "@tokenhub/config";
import { compose as composeMockLlm, defaultConfig } from "@tokenhub/mock-llm";
import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");
/** What the documents write for the address that `npm start` prints. */
export const documentedUrl = "http://127.0.0.1:8080";
const adminToken = "documents-admin-token-0123456789";
const adminPassword = "documents-admin-password";

export interface DocsNetwork extends AsyncDisposable {
  readonly network: TestNetwork;
  /** Variables that the documents' commands use. */
  readonly env: Readonly<Record<string, string>>;
  /** A text of a document, with this network's address in it. */
  readonly localise: (text: string) => string;
}

/** The product as the documents assume it: the example configuration, providers that answer, secrets for everybody. */
export async function startDocsNetwork(redisUrl: string): Promise<DocsNetwork> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await composeMockLlm({ ...defaultConfig, port: 0 }));
  const file = await loadConfigFile(join(root, "config/config.example.yaml"), { required: true });
  const { listen_addr: _address, ...config } = file?.raw as Record<string, unknown>;
  const network = stack.use(
    await startTestNetwork({
      redisUrl,
      config,
      env: {
        TOKENHUB_AUTH: "open",
        TOKENHUB_ADMIN_TOKEN: adminToken,
        TOKENHUB_ADMIN_PASSWORD: adminPassword,
        TOKENHUB_OPENAI_BASE_URL: upstream.url,
        TOKENHUB_ANTHROPIC_BASE_URL: upstream.url,
        OPENAI_API_KEY: "sk-of-the-documents-openai",
        ANTHROPIC_API_KEY: "sk-of-the-documents-anthropic",
      },
    }),
  );
  // What a model says to the example that asks for JSON.
  upstream.plan("gpt-4", { text: '{"city": "Paris"}' });
  const resources = stack.move();
  return {
    network,
    env: {
      TOKENHUB_KEY: network.apiKey,
      TOKENHUB_ADMIN_TOKEN: adminToken,
      TOKENHUB_ADMIN_PASSWORD: adminPassword,
    },
    localise: (text) => text.replaceAll(documentedUrl, network.url),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
