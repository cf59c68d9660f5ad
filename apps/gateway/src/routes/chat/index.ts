import { TokenHubError } from "@tokenhub/contracts";
import { setSurface } from "../../http/surface.ts";
import type { GenerationEndpoint } from "../../sync/generation-endpoint.ts";
import { readLegacyChat } from "./read-legacy-chat.ts";
import { readNativeChat } from "./read-native-chat.ts";

/**
 * The product's own chat door. It takes two bodies: `{"request": {…}, "policy": {…}}`, and the flat `{"messages": […]}` of
 * the first generation; each is answered in its own shape.
 */
export const chatEndpoint: GenerationEndpoint = {
  path: "/v1/chat",
  operation: "chat",
  scope: "chat",
  read(body, { response }) {
    const isFlat = body["messages"] !== undefined;
    if (isFlat === (body["request"] !== undefined)) {
      throw new TokenHubError(
        "invalid_request",
        `The body has ${isFlat ? "both" : "neither"} \`messages\` ${isFlat ? "and" : "nor"} \`request\`. Send either {"messages": [...]} or {"request": {"messages": [...]}, "policy": {...}}.`,
      );
    }
    if (!isFlat) return readNativeChat(body);
    setSurface(response, "legacy");
    return readLegacyChat(body);
  },
};
