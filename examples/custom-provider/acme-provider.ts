import type {
  AdapterSettings,
  ChatRequest,
  ChatResponse,
  ProviderAdapter,
  ProviderExtension,
} from "@tokenhub/providers/extend";

/**
 * A provider whose API is neither OpenAI's nor Anthropic's. Only types are imported, so this file runs from any folder:
 *
 * - `POST /generate` `{engine, turns: [{who, says}], longest?, warmth?}` -> `{engine, says, spent: {in, out}, ended}`
 * - `GET /engines` -> `{engines: [name]}`
 * - the key travels as `acme-key`
 */
export class AcmeProvider implements ProviderAdapter {
  readonly #settings: AdapterSettings;

  constructor(settings: AdapterSettings) {
    this.#settings = settings;
  }

  async chatCompletion(request: ChatRequest): Promise<ChatResponse> {
    const answer = await this.#ask("/generate", {
      signal: request.signal,
      body: {
        engine: request.model,
        turns: request.messages.map(({ role, content }) => ({ who: role, says: content })),
        ...(request.max_tokens === undefined ? {} : { longest: request.max_tokens }),
        ...(request.temperature === undefined ? {} : { warmth: request.temperature }),
      },
    });
    const { engine, says, spent, ended } = answer as AcmeAnswer;
    return {
      content: says,
      model: engine,
      tokens_used: spent.in + spent.out,
      prompt_tokens: spent.in,
      finish_reason: ended === "cut" ? "length" : "stop",
    };
  }

  async getAvailableModels(): Promise<string[]> {
    const { engines } = (await this.#ask("/engines")) as { engines: string[] };
    return engines;
  }

  async validateApiKey(): Promise<boolean> {
    try {
      await this.getAvailableModels();
      return true;
    } catch (error) {
      if (error instanceof AcmeError && error.status === 401) return false;
      throw error;
    }
  }

  async #ask(path: string, { body, signal }: { body?: object; signal?: AbortSignal } = {}): Promise<unknown> {
    const { apiKey, baseUrl, options } = this.#settings;
    const response = await fetch((baseUrl ?? "https://api.acme.example") + path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey === null ? {} : { "acme-key": apiKey }),
        ...(options["region"] === undefined ? {} : { "acme-region": options["region"] }),
      },
      redirect: "error",
      signal: signal ?? AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await AcmeError.of(response);
    return await response.json();
  }
}

interface AcmeAnswer {
  readonly engine: string;
  readonly says: string;
  readonly spent: { readonly in: number; readonly out: number };
  readonly ended: "done" | "cut";
}

/** TokenHub classifies an error by its `status`, like an HTTP answer, and honours `retryAfterMs`. */
class AcmeError extends Error {
  override readonly name = "AcmeError";
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { status, retryAfterMs }: { status: number; retryAfterMs?: number }) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  static async of(response: Response): Promise<AcmeError> {
    const words = (await response.text()).slice(0, 500);
    const waitSeconds = Number(response.headers.get("acme-wait-seconds") ?? Number.NaN);
    const retryAfterMs = Number.isFinite(waitSeconds) ? { retryAfterMs: waitSeconds * 1_000 } : {};
    return new AcmeError(words, { status: response.status, ...retryAfterMs });
  }
}

/** TokenHub calls this when the module is loaded. */
export function register(extension: ProviderExtension): void {
  extension.registerProviderClass("acme", AcmeProvider, { credential: "required" });
}
