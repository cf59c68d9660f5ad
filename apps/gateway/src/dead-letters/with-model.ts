import { TokenHubError } from "@tokenhub/contracts";
import { spliceTopLevel } from "@tokenhub/translation";

/** Endpoints whose bodies name several models, or none. */
const withoutModel: ReadonlySet<string> = new Set(["/v1/plan", "/v1/adversarial"]);

/**
 * A request's text with another model; every other byte stays as it was.
 * @throws TokenHubError `invalid_request` for an endpoint whose requests name no single model.
 */
export function withModel(
  bodyText: string,
  { endpoint, model }: { readonly endpoint: string; readonly model: string },
): string {
  if (withoutModel.has(endpoint))
    throw new TokenHubError(
      "invalid_request",
      `A request to ${endpoint} is for several models, so none can take the place of another. Send it again without \`model\`.`,
      { param: "model" },
    );
  const name = JSON.stringify(model);
  const native = endpoint === "/v1/chat" ? nativeRequestOf(bodyText) : null;
  if (native === null) return spliceTopLevel(bodyText, { model: name });
  return spliceTopLevel(bodyText, { request: spliceTopLevel(native, { model_hint: name }) });
}

/** The member `request` of the native body; null for the flat one. */
function nativeRequestOf(bodyText: string): string | null {
  const body: unknown = JSON.parse(bodyText);
  if (typeof body !== "object" || body === null || !("request" in body)) return null;
  const { request } = body;
  return typeof request === "object" && request !== null ? JSON.stringify(request) : null;
}
